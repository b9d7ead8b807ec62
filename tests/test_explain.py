"""`make explain`: the decision with all that led to it."""

from __future__ import annotations

import pytest

from assistant import explain
from assistant.evaluation.served import load_served_screen
from assistant.red_flags import RedFlagScreen, load_lexicon


@pytest.fixture(scope="module")
def screen(model):
    return load_served_screen(model)


def test_it_tells_rules_score_threshold_and_words(screen):
    said = "\n".join(explain.lines(screen.explain("since last night my legs are numb")))
    assert said.startswith("escalated: page")
    for part in ("cord-compression", "present", "'legs are numb'", "classifier: highest "):
        assert part in said


def test_it_tells_why_a_message_is_not_escalated(screen):
    said = explain.lines(screen.explain("what is a bone scan?"))
    assert said[0] == "not escalated"
    assert any(line.startswith("classifier: highest 0.") for line in said)


def test_it_names_a_layer_that_failed(monkeypatch):
    screen = RedFlagScreen(load_lexicon())
    monkeypatch.setattr(screen._reader, "read", lambda text: 1 / 0)
    said = explain.lines(screen.explain("what is a bone scan?"))
    assert said[:2] == [
        "escalated: page",
        "FAILED: rules (the message is escalated for that)",
    ]


def test_without_a_text_it_says_what_to_write(monkeypatch, capsys):
    monkeypatch.setenv(explain.TEXT, " ")
    assert explain.main() == 2
    assert "make explain TEXT=" in capsys.readouterr().err
