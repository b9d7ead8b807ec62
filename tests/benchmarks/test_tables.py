import numpy as np
import pytest

from assistant.benchmarks.tables import PUBLISHED, Row, Table, check

KNOWN = Row("words", (0.750, None, 0.809), source=PUBLISHED)
COLUMNS = ("MAP", "P@1", "nDCG@10")


def table(*figures):
    return Table("Bank", COLUMNS, (KNOWN, Row("words (rerun)", figures, rerun_of="words")))


def test_markdown_has_published_and_measured_rows_with_intervals():
    intervals = np.array([[0.7, 0.8], [0.6, 0.7], [0.75, 1.0]])
    lines = Table("Bank", COLUMNS, (KNOWN, Row("ours", (0.75, 0.6543, 0.8), intervals))).markdown()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines.splitlines()]
    assert rows[0] == ["## Bank"]
    assert rows[2][1:-1] == ["system", "source", *COLUMNS]
    assert rows[4][1:-1] == ["words", "published", ".750", "-", ".809"]
    assert rows[5][1:-1] == [
        "ours",
        "measured here",
        ".750 (.700-.800)",
        ".654 (.600-.700)",
        ".800 (.750-1.000)",
    ]


def test_rerun_within_the_tolerance_passes_the_check():
    good, line = check([table(0.744, 0.1, 0.815)])
    assert good and "words (rerun) 0.006" in line


def test_rerun_beyond_the_tolerance_fails_the_check():
    good, line = check([table(0.750, 0.682, 0.790)])
    assert not good and "words (rerun) 0.019" in line


def test_rerun_of_a_row_that_is_not_there_is_refused():
    strange = Table("Bank", COLUMNS, (KNOWN, Row("rerun", (1.0, 1.0, 1.0), rerun_of="wrods")))
    with pytest.raises(ValueError, match=r"'wrods'.*\['words'\]"):
        strange.deviations()
