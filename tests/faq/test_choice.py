"""A conditional logit over candidates, with none of them as one more."""

import pytest

from assistant.faq.choice import Choice, load_choice, save_choice

# One clue: how well a candidate fits. Right is the better one, and none where both fit badly.
CASES = [[[0.9], [0.6]], [[0.3], [0.8]], [[0.7], [0.2]], [[0.1], [0.2]], [[0.3], [0.1]]]
RIGHT = [[True, False], [False, True], [True, False], [False, False], [False, False]]


@pytest.fixture(scope="module")
def choice():
    return Choice.fit(CASES * 10, RIGHT * 10)


def test_better_candidate_gets_the_larger_share(choice):
    first, second = choice.shares([[0.9], [0.6]])
    assert first > 0.5 > second


def test_candidate_counts_less_beside_a_better_one(choice):
    (alone,) = choice.shares([[0.7]])
    assert choice.shares([[0.7], [1.0]])[0] < alone


def test_none_gets_most_where_nothing_fits(choice):
    assert sum(choice.shares([[0.1], [0.15]])) < 0.5


def test_several_right_candidates_of_a_turn_share_it():
    choice = Choice.fit([[[1.0], [1.0], [0.0]], [[0.0], [0.1]]] * 10,
                        [[True, True, False], [False, False]] * 10)  # fmt: skip
    first, second, third = choice.shares([[1.0], [1.0], [0.0]])
    assert first == pytest.approx(second)
    assert first > third


def test_clue_that_never_varies_does_no_harm():
    cases = [[[*row, 3.0] for row in case] for case in CASES]
    first, second = Choice.fit(cases * 10, RIGHT * 10).shares([[0.9, 3.0], [0.6, 3.0]])
    assert first > second


@pytest.mark.parametrize("right", [[], [[False, False]], [[True, True]]])
def test_nothing_is_fitted_where_there_is_nothing_to_tell_apart(right):
    assert Choice.fit([[[0.9], [0.6]]] * len(right), right) is None


def test_choice_is_kept(choice, tmp_path):
    save_choice(choice, tmp_path / "choice.json")
    assert load_choice(tmp_path / "choice.json") == choice
    save_choice(None, tmp_path / "none.json")
    assert load_choice(tmp_path / "none.json") is None
