"""Which messages turn the answer before them down."""

from __future__ import annotations

import pytest

from assistant.faq.rejection import after_rejection, is_rejection


@pytest.mark.parametrize(
    "text",
    [
        "no, I meant the injection",
        "no that's not what I asked",
        "No. That is not what I was asking.",
        "nope thats not what i meant",
        "that's not what I asked",
        "that isn't the question",
        "that wasnt my question",
        "not what I meant",
        "no not that one",
        "no no i was asking about my dad's tablets",
        "sorry no, I want to know about the jab",
        "you misunderstood me",
        "you didnt answer my question",
        "that doesn't answer it",
        "I didn't ask about chemo",
        "wrong answer",
        "thanks but that's not what I was looking for",
        "no, i said radiotherapy",
        "um, no, the other one",
        "err that doesnt help",
    ],
)
def test_a_rejection(text: str):
    assert is_rejection(text)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "no thanks",
        "no pain today, can I swim?",
        "no one told me what denosumab is",
        "no, I don't have any numbness",
        "what did you mean by that?",
        "I meant to ask about radiotherapy",
        "is it wrong to be scared?",
        "that is good, thank you",
        "not sure what denosumab is",
        "the doctor said no, I meant nothing to him",
        "my scan is not right, is it?",
        "nobody asked what I wanted",
        "",
    ],
)
def test_no_rejection(text: str):
    assert not is_rejection(text)


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        ("no, I meant the tablets", "the tablets"),
        ("nope not that one. the drip", "the drip"),
        ("that's not what I asked", ""),
        ("thats not what i meant, i meant the jaw", "the jaw"),
        ("Wrong. I was asking about work", "work"),
        ("sorry i meant the scan", "the scan"),
        ("you misunderstood me, how long is it", "how long is it"),
    ],
)
def test_rejection_leaves_what_was_meant(message, rest):
    assert after_rejection(message) == rest


@pytest.mark.parametrize(
    "message",
    [
        "no pain today, is that normal?", "no", "wait, what is denosumab", "not sleeping well",
        "is it not what they call denosumab", "sorry to bother you what is a pet scan",
        "this is not my first scan, what will it show", "I can't feel my legs",
        "it doesn't help, is there anything stronger?", "it didnt help with the pain",
        "that's not what the doctor said, he said it was curable",
        "it's not what I wanted to hear but how long has she got",
        "this does not help my sleep, what does", "it is not the scan I was asking the nurse for",
    ],
)  # fmt: skip
def test_other_message_rejects_nothing(message):
    assert after_rejection(message) is None
