import numpy as np
import pytest

from assistant.benchmarks.comparison import compare_on_negex
from assistant.benchmarks.data import Annotated, BenchmarkDataError, load_negex
from assistant.benchmarks.negex import figures, locate, predict

HEAD = "Report No.\tConcept\tSentence\tNegation\n"


@pytest.fixture(scope="module")
def table():
    return compare_on_negex(load_negex(), resamples=0)


def test_kit_has_the_published_sizes():
    kit = load_negex()
    assert (len(kit), sum(one.negated for one in kit)) == (2376, 491)
    assert kit[2].concept == "infection" and kit[2].sentence.endswith("by the   INFECTION.")


@pytest.mark.parametrize(
    ("sentence", "concept", "negated"),
    [
        ("He denies any headaches or DIZZINESS.", "dizziness", True),
        ("No rales, rhonchi or WHEEZES.", "wheezes", True),
        ("There is no evidence of FRACTURE.", "fracture", True),
        ("A PULMONARY EMBOLUS has been ruled out.", "pulmonary embolus", True),
        ("The biopsy was negative for MALIGNANCY.", "malignancy", True),
        ("She did not notice any WEAKNESS.", "weakness", True),
        ("He is without signs of INFECTION.", "infection", True),
        ("He complains of CHEST PAIN.", "chest pain", False),
        ("A FRACTURE cannot be ruled out.", "fracture", False),
        ("Not only NAUSEA but vomiting.", "nausea", False),
        ("No fever and positive for COUGH.", "cough", False),
        ("Cultures grew gram negative RODS.", "rods", False),
        # Over and done with, but it was there.
        ("His NAUSEA resolved last year.", "nausea", False),
    ],
)
def test_what_is_denied_and_what_is_not(sentence, concept, negated):
    assert predict([Annotated(sentence, concept, negated)]).tolist() == [negated]


def test_concept_is_taken_where_it_stands_in_capitals():
    assert locate("a PE, then PE's, PET and pe", "PE") == [(2, 4), (11, 13)]
    assert locate("no Nausea today", "nausea") == [(3, 9)]


def test_a_concept_that_was_cut_is_taken_as_far_as_it_goes():
    assert locate("Pharynx good.", "Pharynx good.  Moist") == [(0, 13)]


def test_one_denied_place_is_enough_as_in_negex_py():
    sentence = "History of PE in the past, but now there is no evidence of PE."
    assert predict([Annotated(sentence, "PE", True)]).tolist() == [True]


def test_figures_by_hand():
    truth = np.array([True] * 3 + [False] * 5)
    predicted = np.array([True, True, False, True, False, False, False, False])
    assert figures(truth, predicted) == pytest.approx([2 / 3, 2 / 3, 2 / 3, 4 / 5])


def test_figures_without_any_denial_are_undefined_not_an_error():
    nothing = np.zeros(3, dtype=bool)
    assert np.isnan(figures(nothing, nothing)[:3]).all()
    assert figures(nothing, nothing)[3] == 1.0


def test_status_reaches_the_aim_on_either_half(table):
    for row in table.rows[1:]:
        precision, recall, f1, affirmed = row.figures
        assert affirmed >= 0.99 and f1 >= 0.90, row.system
        assert min(precision, recall) <= f1 <= max(precision, recall)


def test_published_row_stands_first_and_the_halves_make_up_the_whole(table):
    assert table.rows[0].system == "negex.py"
    whole, looked, unseen = (row.figures[1] for row in table.rows[1:])
    assert min(looked, unseen) <= whole <= max(looked, unseen)


@pytest.mark.parametrize("row", ["1\tnausea\tNAUSEA.\tPossible\n", "1\t\tNAUSEA.\tNegated\n"])
def test_a_file_in_another_form_is_refused(row, tmp_path):
    file = tmp_path / "negex" / "Annotations-1-120.txt"
    file.parent.mkdir()
    file.write_text(HEAD + row)
    with pytest.raises(BenchmarkDataError, match=r"sentence 1: .*Affirmed, Negated"):
        load_negex(tmp_path)


def test_missing_kit_says_where_it_goes(tmp_path):
    with pytest.raises(BenchmarkDataError, match=f"{tmp_path}.*negex/.*--data"):
        load_negex(tmp_path)
