"""The corpus of this repository: the planned ids, all checks, the table that stands in docs/."""

import datetime as dt

import pytest

from assistant.dialogue.screening import screen_message
from assistant.editorial import checks
from assistant.editorial.checks import (
    check_advice,
    check_all,
    check_answer,
    check_buttons,
    check_median_grade,
    twins,
)
from assistant.editorial.files import advice_file, entry_file
from assistant.editorial.readability import readability
from assistant.editorial.table import corpus_table, state_of
from assistant.faq.corpus import load_corpus
from assistant.faq.document import Review
from assistant.paths import ADVICE, CORPUS, ROOT
from assistant.red_flags.advice import load_advice

IDS = [
    "what-are-bone-metastases",
    "metastases-vs-primary-bone-cancer",
    "how-cancer-spreads-to-bone",
    "which-cancers-spread-to-bone",
    "which-bones-are-affected",
    "how-common",
    "lytic-and-blastic",
    "prevention",
    "hereditary",
    "what-bone-does",
    "common-symptoms",
    "what-bone-pain-feels-like",
    "no-symptoms",
    "fracture-risk",
    "high-calcium",
    "spinal-cord-compression",
    "low-blood-counts",
    "fatigue",
    "when-to-call-the-team",
    "how-diagnosed",
    "bone-scan",
    "ct-scan",
    "mri-scan",
    "x-ray",
    "pet-scan",
    "blood-tests",
    "biopsy",
    "other-causes",
    "staging",
    "monitoring",
    "treatment-options",
    "treatment-goals",
    "best-treatment",
    "care-team",
    "radiotherapy",
    "radiotherapy-sessions",
    "stereotactic-radiotherapy",
    "repeat-radiotherapy",
    "bone-strengthening-drugs",
    "bisphosphonates",
    "denosumab",
    "denosumab-vs-bisphosphonates",
    "alendronate",
    "bone-drug-side-effects",
    "jaw-and-dental-care",
    "vertebroplasty-kyphoplasty",
    "cementoplasty",
    "ablation",
    "surgery-when",
    "surgery-types-and-recovery",
    "spinal-cord-compression-treatment",
    "radiopharmaceuticals",
    "chemotherapy",
    "hormone-therapy",
    "targeted-and-immunotherapy",
    "pain-medicines",
    "steroids",
    "exercise",
    "food-and-diet",
    "calcium-and-vitamin-d",
    "work",
    "sleep-and-night-pain",
    "feelings-and-anxiety",
    "quality-of-life",
    "carers",
    "home-safety",
    "preventing-fractures",
    "palliative-care",
    "terminal",
    "curable",
    "life-expectancy",
    "prognosis-factors",
]


def test_every_planned_entry_is_written_and_no_other():
    assert sorted(load_corpus().entries) == sorted(IDS) and len(IDS) == 72


def test_corpus_and_advice_pass_every_check(encode):
    assert check_all(load_corpus(), load_advice().values(), encode) == []


def test_table_in_the_documentation_is_the_present_one():
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    table = corpus_table(load_corpus(), load_advice().values(), today)
    written = (ROOT / "docs" / "corpus.md").read_text(encoding="utf-8")
    assert written == table, "run: make corpus DOCS=yes"


def test_files_are_in_the_form_that_an_import_writes():
    for entry in load_corpus().entries.values():
        file = CORPUS / entry.topic / f"{entry.id}.md"
        assert file.read_text(encoding="utf-8") == entry_file(entry)
    for advice in load_advice().values():
        file = ADVICE / f"{advice.category}.md"
        assert file.read_text(encoding="utf-8") == advice_file(advice)


def test_no_question_on_a_button_escalates_with_the_trained_screen(agent):
    flagged = {e.id for e in load_corpus().entries.values() if screen_message(e.question).flagged}
    assert flagged == set()


def edited(site, entry_id, old, new):
    (file,) = site.corpus_folder.rglob(f"{entry_id}.md")
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return site.corpus


def test_long_answer_is_a_problem(site):
    corpus = edited(
        site, "denosumab", "Denosumab is a drug", "It is so. " * 60 + "Denosumab is a drug"
    )
    (problem,) = check_answer(corpus.entries["denosumab"])
    assert "words; allowed are 60 to 160" in problem.said


def test_hard_answer_is_a_problem(site):
    hard = "Pharmacologically considered, osteoclastogenesis necessitates multidisciplinary " * 3
    corpus = edited(site, "denosumab", "It blocks a substance called RANKL.", hard + ".")
    (problem,) = check_answer(corpus.entries["denosumab"])
    assert "reading grade" in problem.said and "allowed are 8.0" in problem.said


def test_median_of_grades_has_its_own_bar(site, monkeypatch):
    entries = list(site.corpus.entries.values())
    middle = sorted(readability(one.answer).grade for one in entries)[len(entries) // 2]
    monkeypatch.setattr(checks, "HIGHEST_MEDIAN_GRADE", middle - 0.3)
    (problem,) = check_median_grade(entries)
    assert problem.text_id == "corpus" and "median reading grade" in problem.said


@pytest.mark.parametrize(
    "twin",
    [
        "how long do people stay on denosumab??",
        "How long do people stay on denosuamb?",
        "how long do poeple stay on denosumab",
    ],
)
def test_variant_that_another_entry_has_is_a_problem(site, encode, twin):
    corpus = edited(site, "bone-scan", "variants:\n", f'variants:\n  - "{twin}"\n')
    (found,) = twins(list(corpus.entries.values()), encode, {"bone-scan"})
    assert {found.id, found.other_id} == {"bone-scan", "denosumab"}
    assert {found.wording, found.other} == {"How long do people stay on denosumab?", twin}
    assert "keep it in one entry" in found.problem.said


def test_symptom_on_a_button_is_a_problem(site):
    corpus = edited(
        site, "bone-scan", f'question: "{site.corpus.entries["bone-scan"].question}"',
        'question: "My legs are numb, do I need a bone scan?"',
    )  # fmt: skip
    (problem,) = check_buttons(corpus.entries.values())
    assert problem.text_id == "bone-scan" and "reads like a symptom" in problem.said


def test_long_advice_is_a_problem(site):
    file = site.advice_folder / "jaw.md"
    file.write_text(file.read_text().replace("## review\n", "## review\n" + "Call now. " * 40))
    (jaw,) = (one for one in site.advice if one.category == "jaw")
    assert "advice/jaw: review has 101 words; allowed are 40" in map(str, check_advice(jaw))


def test_table_shows_what_is_overdue():
    review = Review("reviewed", "Dr Okoro", dt.date(2025, 1, 1), dt.date(2026, 1, 1))
    assert "**overdue** since 2026-01-01" in state_of(review, dt.date(2026, 1, 2))
    assert "next due 2026-01-01" in state_of(review, dt.date(2026, 1, 1))
