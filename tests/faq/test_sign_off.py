"""A signature holds for the very words that were signed, and only with the log's word for it."""

import datetime as dt

import pytest

from assistant.faq.document import ContentError, Review, Source
from assistant.faq.sign_off import (
    LOG,
    SignOff,
    append_sign_off,
    confirmed,
    digest_of_text,
    load_sign_offs,
)

ON, DUE = dt.date(2026, 1, 5), dt.date(2027, 1, 5)
REVIEW = Review("reviewed", "Dr Okoro, oncologist", ON, DUE)
SIGNED = SignOff("denosumab", "d1", "Dr Okoro, oncologist", ON, DUE)


def test_signed_words_are_reviewed():
    assert confirmed(REVIEW, "denosumab", "d1", [SIGNED]) == REVIEW


def test_changed_words_are_a_draft_again():
    review = confirmed(REVIEW, "denosumab", "d2", [SIGNED])
    assert review.state == "draft" and review.by is None and review.on is None
    assert review.note == "changed since Dr Okoro, oncologist signed it on 2026-01-05"


def test_state_without_a_signature_in_the_log_is_a_draft():
    assert confirmed(REVIEW, "denosumab", "d1", []).note == "the log holds no signature of it"


def test_signature_of_another_text_does_not_count():
    assert confirmed(REVIEW, "bone-scan", "d1", [SIGNED]).state == "draft"


def test_another_day_in_the_file_than_in_the_log_is_a_draft():
    later = Review("reviewed", SIGNED.by, ON, dt.date(2030, 1, 1))
    assert "another signature" in confirmed(later, "denosumab", "d1", [SIGNED]).note


def test_words_put_back_as_they_were_signed_are_reviewed_again():
    signed = [SIGNED, SignOff("denosumab", "d2", "Dr Lee, nurse consultant", ON, DUE)]
    assert confirmed(REVIEW, "denosumab", "d1", signed).state == "reviewed"


@pytest.mark.parametrize("changed", ["title", "body", "sources"])
def test_digest_covers_all_that_a_patient_reads(changed):
    parts = {"title": "t", "body": "b", "sources": [Source("k", "T", "P")]}
    other = parts | {changed: [Source("k", "T", "Q")] if changed == "sources" else "x"}
    assert digest_of_text(**parts) != digest_of_text(**other)


def test_log_grows_line_by_line(tmp_path):
    append_sign_off(tmp_path, SIGNED)
    append_sign_off(tmp_path, SIGNED)
    assert load_sign_offs(tmp_path) == [SIGNED, SIGNED]


def test_faulty_line_of_the_log_is_named(tmp_path):
    append_sign_off(tmp_path, SIGNED)
    with (tmp_path / LOG).open("a") as log:
        log.write('{"text": "x"}\n')
    with pytest.raises(ContentError, match=r"signed_off\.jsonl:2: is no signature .* needed are"):
        load_sign_offs(tmp_path)
