import numpy as np

from assistant.evaluation.confusion import count_confusions, draw_confusions
from assistant.evaluation.leave_one_out import Recovery, leave_each_out, leave_folds_out
from assistant.evaluation.peers import Bm25
from assistant.evaluation.shares import Share

SWIMS = [(f"can I swim {number}", "exercise") for number in range(10)]
SCANS = [(f"what is the scan {number}", "bone-scan") for number in range(10)]


def test_each_wording_is_ranked_once_by_a_ranker_that_never_saw_it():
    trained_on = []

    def train(kept):
        trained_on.append(set(kept))
        return Bm25(kept)

    recovery = leave_folds_out([*SWIMS, *SCANS], train, folds=5)
    assert recovery.right == ("exercise",) * 10 + ("bone-scan",) * 10
    assert recovery.overall == Share(20, 20)
    left_out = [{*SWIMS, *SCANS} - kept for kept in trained_on]
    assert sorted(wording for fold in left_out for wording in fold) == sorted([*SWIMS, *SCANS])
    assert all(len(fold & set(SWIMS)) == len(fold & set(SCANS)) == 2 for fold in left_out)


def test_a_wording_like_no_other_is_lost():
    odd = ("zebra", "bone-scan")
    recovery = leave_folds_out([*SWIMS, *SCANS[:9], odd], Bm25)
    assert recovery.by_entry() == {"bone-scan": Share(9, 10), "exercise": Share(10, 10)}
    assert recovery.mistaken("bone-scan") == [("exercise", 1)]


def test_nearest_other_wording_is_never_the_wording_itself():
    vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0]])
    recovery = leave_each_out(vectors, ["a", "b", "b", "b"])
    assert recovery.found == ("b", "b", "b", "b")
    assert recovery.overall == Share(3, 4)


def test_blocks_do_not_shift_the_wordings(monkeypatch):
    vectors = np.random.default_rng(5).normal(size=(23, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    entries = [f"entry-{number}" for number in range(23)]
    whole = leave_each_out(vectors, entries)
    monkeypatch.setattr("assistant.evaluation.leave_one_out.ROWS_AT_ONCE", 4)
    assert leave_each_out(vectors, entries) == whole
    assert whole.overall == Share(0, 23)


def test_entries_are_listed_worst_first_with_what_they_found():
    recovery = Recovery(("a", "a", "a", "b", "b", "b"), ("a", "a", "a", "a", "c", "a"))
    assert list(recovery.by_entry().items()) == [("b", Share(0, 3)), ("a", Share(3, 3))]
    assert recovery.mistaken("b") == [("a", 2), ("c", 1)]
    assert recovery.mistaken("a") == []


def test_confusions_have_the_right_entry_in_rows_and_the_given_order():
    counts = count_confusions(["b", "a", "c"], ["a", "a", "b"], ["a", "b", "b"])
    assert counts.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_heat_map_is_drawn(tmp_path):
    topics = {"exercise": "living", "work": "living", "bone-scan": "diagnosis"}
    counts = np.array([[9, 1, 0], [0, 10, 0], [0, 0, 10]])
    draw_confusions(topics, counts, "Left out", tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
