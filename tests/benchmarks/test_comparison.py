"""On the real data, where the figure is known: the metrics are computed as published."""

import pytest

from assistant.benchmarks.comparison import compare_on_covid_faq, compare_on_hint3
from assistant.benchmarks.data import load_covid_faq, load_hint3
from assistant.benchmarks.systems import bm25, nearest_wording
from assistant.benchmarks.tables import TOLERANCE, check
from assistant.encoder.encoder import PACKAGED_MODEL

BM25 = "BM25 on questions"


@pytest.fixture(scope="module")
def covid_table():
    return compare_on_covid_faq(load_covid_faq(), [bm25("rerun", BM25)], resamples=200)


def test_bm25_comes_out_at_its_published_row(covid_table):
    assert covid_table.deviations()["rerun"] <= TOLERANCE
    assert check([covid_table])[0]


def test_intervals_hold_the_figure_and_are_as_narrow_as_a_thousand_queries_make_them(covid_table):
    row = covid_table.rows[-1]
    for figure, (low, high) in zip(row.figures, row.intervals, strict=True):
        assert low < figure < high
        assert 0.02 < high - low < 0.07


def test_one_bot_stands_without_the_averages_that_were_published():
    bots = load_hint3(bots=["sofmattress"])
    # BM25 has no probability, but needs no encoder to fill a row.
    table = compare_on_hint3(bots, [bm25("words", "Dialogflow")], resamples=0)
    assert [row.system for row in table.rows] == ["words"]
    assert "sofmattress alone" in table.title and check([table])[0]
    assert table.rows[0].figures[0] > 0.4


def test_nearest_wording_of_the_export_is_near_its_published_row():
    system = nearest_wording("rerun", PACKAGED_MODEL, "MiniLM on questions")
    table = compare_on_covid_faq(load_covid_faq(), [system], resamples=0)
    assert table.deviations()["rerun"] <= 2 * TOLERANCE  # the export is int8
