import pytest

from assistant.evaluation.shares import Share


def test_share_prints_the_exact_interval():
    # Clopper and Pearson's interval of 8 in 10, as tables give it.
    assert str(Share(8, 10)) == " 80.0% (8/10, 44.4%-97.5%)"


def test_share_of_nothing_is_a_dash_and_no_error():
    assert str(Share(0, 0)) == "-"
    assert Share(0, 0).value == 0.0


def test_share_counts_whatever_is_true():
    assert Share.among(["denosumab", (), {1} & {2}, {1}]) == Share(2, 4)
    assert Share(1, 4).value == pytest.approx(0.25)
