"""Which of the entries that a message's parts speak for are answered, and in what order."""

import pytest

from assistant.faq.judge import Judge
from assistant.faq.reading import NO_ANSWER, Candidate, Scored
from assistant.faq.several import SeveralQuestions

SHARES = {"a": 0.3, "b": 0.9, "c": 0.2, "d": 0.8, "e": 0.01}
MESSAGE = "what is a? what is e? what is b? what is c? what is d?"


class LetterScorer:
    """Finds the entry that a text names last."""

    def score(self, texts):
        return [
            Scored(text, (Candidate(next(c for c in reversed(text) if c in SHARES), 0.5, text),),
                   NO_ANSWER, 0.1, 0.0)
            for text in texts
        ]  # fmt: skip


@pytest.fixture
def several(monkeypatch):
    monkeypatch.setattr("assistant.faq.several._clues", lambda entry, whole, parts: [SHARES[entry]])
    monkeypatch.setattr(Judge, "probability", lambda self, clues: clues[0])
    return SeveralQuestions(Judge((1.0,), 0.0))


def test_surest_three_are_answered_in_the_order_in_which_they_were_asked_for(several):
    scorer = LetterScorer()
    (whole,) = scorer.score([MESSAGE])
    answers, _ = several.read(MESSAGE, whole, scorer)
    assert [answer.id for answer in answers] == ["a", "b", "d"]


def test_without_a_judge_nothing_is_split():
    scorer = LetterScorer()
    (whole,) = scorer.score([MESSAGE])
    assert SeveralQuestions(None).read(MESSAGE, whole, scorer) == ((), ())
