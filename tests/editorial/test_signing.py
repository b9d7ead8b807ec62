"""Signing writes the file and the log, and refuses what nobody should sign."""

import datetime as dt
import json

import pytest

from assistant.editorial.signing import SigningError, find_text, sign

ON, DUE = dt.date(2026, 1, 1), dt.date(2027, 1, 1)
BY = "Dr A. Okoro, oncologist"


def signed(site, text_id, by=BY, on=ON, due=DUE):
    text = find_text(text_id, site.corpus, site.advice)
    return sign(text, by, on, due, site.corpus_folder, site.advice_folder)


def test_signed_entry_is_reviewed_and_logged_with_its_hash(site):
    digest = site.corpus.entries["denosumab"].digest
    signed(site, "denosumab")
    review = site.corpus.entries["denosumab"].review
    assert (review.state, review.by, review.on, review.due) == ("reviewed", BY, ON, DUE)
    (row,) = (site.corpus_folder / "signed_off.jsonl").read_text().splitlines()
    assert json.loads(row)["sha256"] == digest


def test_signed_advice_is_reviewed(site):
    signed(site, "advice/fracture")
    (fracture,) = (one for one in site.advice if one.category == "fracture")
    assert fracture.review.state == "reviewed"


def test_one_changed_word_makes_it_a_draft_that_says_why(site):
    signed(site, "denosumab")
    (file,) = site.corpus_folder.rglob("denosumab.md")
    file.write_text(file.read_text().replace("every four weeks", "every five weeks"))
    review = site.corpus.entries["denosumab"].review
    assert review.state == "draft" and f"changed since {BY} signed it" in review.note


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text_id": "denosumap"}, "there is no such text"),
        ({"by": "me"}, "needs name and role"),
        ({"by": "Dr A. Okoro"}, "needs name and role"),
        ({"due": dt.date(2029, 1, 2)}, "must be within 3 years"),
        ({"due": ON}, "must be after the day of the signature"),
    ],
)
def test_unsound_signature_is_refused(site, changes, said):
    before = site.files()
    with pytest.raises(SigningError, match=said):
        signed(site, **{"text_id": "denosumab"} | changes)
    assert site.files() == before


def test_text_that_fails_a_check_cannot_be_signed(site):
    (file,) = site.corpus_folder.rglob("denosumab.md")
    file.write_text(file.read_text().replace("Denosumab is a drug", "So. " * 80 + "Denosumab is"))
    with pytest.raises(SigningError, match="words; allowed are 60 to 160"):
        signed(site, "denosumab")
