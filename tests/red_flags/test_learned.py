"""The learned layer: each window scored by classifier and rules, kept and read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_classifier import MESSAGES, READER

from assistant.faq.judge import Judge
from assistant.red_flags.classifier import NONE, RedFlagClassifier
from assistant.red_flags.findings import Finding
from assistant.red_flags.glance import Glance
from assistant.red_flags.judgement import Judgement, Window
from assistant.red_flags.learned import LearnedLayer, among, most_telling
from assistant.red_flags.mention import Fired, categories

_TEXT = "what is a bone scan? legs have gone numb"
_CLAUSES = [(0, 19), (21, 40)]


@pytest.fixture(scope="module")
def learned() -> LearnedLayer:
    classifier = RedFlagClassifier.train(MESSAGES, READER)
    glance = Glance.train([text for text, _ in MESSAGES], [name != "none" for _, name in MESSAGES])
    judge = Judge((1.0, 0, 0, 0, 1.0, 0), 0.0)
    return LearnedLayer(classifier, {"numb-rule": 3.0}, judge, 0.5, glance)


def finding(start: int, end: int) -> Finding:
    return Finding(
        "jaw", _TEXT, (), _TEXT[start:end], (Fired("numb-rule", "numb"),), start=start, end=end
    )


def test_it_finds_the_clause(learned: LearnedLayer) -> None:
    fired = learned.score(_TEXT, _CLAUSES).fired
    assert [_TEXT[window.start : window.end] for window in fired] == ["legs have gone numb"]
    assert fired[0].category == "cord-compression"


class UnsureReader:
    """Sure that there is a mention, and between two categories of what."""

    classes = (*categories(), NONE)

    def __init__(self, emergency: float) -> None:
        self.emergency = emergency

    def shares(self, texts: list[str]) -> np.ndarray:
        row = dict.fromkeys(self.classes, 0.0)
        row |= {"infection": 1 - self.emergency, "cord-compression": self.emergency}
        return np.array([list(row.values())] * len(texts), dtype=np.float32)


@pytest.mark.parametrize(
    ("emergency", "said"),
    [(0.2, "infection"), (0.4, "cord-compression"), (0.9, "cord-compression")],
)
def test_between_two_the_more_urgent_is_taken(emergency: float, said: str) -> None:
    classifier = RedFlagClassifier.train(MESSAGES, UnsureReader(emergency))
    fired = LearnedLayer(classifier, {}).score("thing has gone odd", [(0, 18)]).fired
    assert {window.category for window in fired} == {said}


def test_a_harmless_message_does_not_fire(learned: LearnedLayer) -> None:
    assert learned.score("what is a bone scan", [(0, 19)]).fired == ()


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_blank_message_does_not_fire(learned: LearnedLayer, text: str) -> None:
    judgement = learned.score(text, [])
    assert (judgement.windows, judgement.highest, judgement.complete) == ((), 0.0, True)


def test_a_rule_speaks_for_the_windows_that_hold_it(learned: LearnedLayer) -> None:
    before = learned.score(_TEXT, _CLAUSES).windows
    after = learned.score(_TEXT, _CLAUSES, [finding(0, 19)]).windows
    raised = {(w.start, w.end) for w, v in zip(after, before, strict=True) if w.score > v.score}
    assert raised == {(0, 40), (0, 19)}


def test_only_what_was_read_is_refused() -> None:
    harmless = Window(0.1, 0, 20, ("jaw",))
    fires = Window(0.3, 5, 15, ("jaw", "infection"))
    judgement = Judgement((harmless, fires), 0.2, True)
    assert judgement.refuses("jaw", 0, 4)
    assert not judgement.refuses("jaw", 6, 9)  # one of its windows does not look harmless
    assert not judgement.refuses("infection", 6, 9)
    assert judgement.refuses("self-harm", 6, 9)  # it is about something else
    assert not judgement.refuses("jaw", 30, 40)  # nobody has read it


def test_among_many_passages_each_must_be_surer() -> None:
    assert among(0.4, 1) == 0.4
    assert 0.4 > among(0.4, 5) > among(0.4, 50) > 0.0


def test_a_mention_amid_a_long_harmless_message_is_found(learned: LearnedLayer) -> None:
    lines = ["what is a bone scan"] * 60
    lines[41] = "legs have gone numb"
    text = "\n".join(lines)
    spans = [(n * 20, n * 20 + 19) for n in range(60)]
    judgement = learned.score(text, spans)
    assert not judgement.complete
    best = max(judgement.windows, key=lambda window: window.score)
    assert text[best.start : best.end].strip().endswith("legs have gone numb")


def test_the_window_that_speaks_most_clearly_is_taken() -> None:
    weak, clear = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0], [2.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert most_telling([weak, clear]) == clear


def test_saved_and_loaded_it_says_the_same(learned: LearnedLayer, tmp_path: Path) -> None:
    learned.save(tmp_path)
    loaded = LearnedLayer.load(tmp_path, READER)
    before, after = learned.score(_TEXT, _CLAUSES), loaded.score(_TEXT, _CLAUSES)
    assert np.allclose(
        [w.score for w in after.windows], [w.score for w in before.windows], atol=0.05
    )
    assert after.threshold == before.threshold
