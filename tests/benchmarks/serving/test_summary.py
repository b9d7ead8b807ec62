import pytest

from assistant.benchmarks.serving.summary import percentile, summarise

HUNDRED = [float(number) for number in range(1, 101)]


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1, 100), (0, 1)])
def test_percentile_is_the_nearest_rank(share, value):
    assert percentile(HUNDRED[::-1], share) == value


def test_one_value_is_every_percentile():
    assert percentile([7.0], 0.01) == percentile([7.0], 0.99) == 7.0


def test_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no value"):
        percentile([], 0.5)


def test_summary_is_in_milliseconds():
    summary = summarise([number / 1000 for number in HUNDRED])
    assert summary.turns == 100
    assert (summary.p50, summary.p95, summary.p99) == pytest.approx((50, 95, 99))
