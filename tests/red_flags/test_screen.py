"""The screen: what must fire, what must not, and that nothing stops it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.red_flags import RedFlagScreen, ScreenError, load_lexicon
from assistant.red_flags.judgement import Judgement, Scored

_SCREEN = RedFlagScreen(load_lexicon())

_MUST_FIRE = [
    ("tingeling in my hans and feet wont go of its gettin wors", "cord-compression"),
    ("Hola, mi papá no puede mover las piernas since last night", "cord-compression"),
    ("💦🛏️ third night running and I don't even feel it happening 😳", "cord-compression"),
    ("my legs won't hold me", "cord-compression"),
    ("Me legs are banjaxed since yesterday", "cord-compression"),
    ("l3gs n u m b", "cord-compression"),
    ("arm bent wrong way", "fracture"),
    ("I heard a crunch in my collarbone when I reached for the seat belt", "fracture"),
    ("thinkin of kiling myslef tonigt", "self-harm"),
    ("Da's astray in the head since yesterday", "severe-hypercalcaemia"),
    ("cofed up blud this mornin abuot a teespoon", "breathing-or-chest"),
    ("chets is so tite i cant get my breth at all", "breathing-or-chest"),
    ("I make the blood from behind, much blood", "severe-bleeding"),
    ("dad collapsed in the kitchen", "collapse-or-seizure"),
    ("WIFE TOOK WHOLE STRIP OF CO-CODAMOL", "overdose-or-opioid-toxicity"),
    ("38.1 too high?", "infection"),
    ("she's keeping nothing down, not even water", "high-calcium-signs"),
    ("bruises all over dont know why", "anaemia-or-platelets"),
    ("new pain in hip", "new-or-worse-pain"),
    ("she went from walking to a wheelchair within a few weeks", "mobility-change"),
    ("%6A%61%77 pain :: jaw=swollen&mouth=sore", "jaw"),
]

_MUST_NOT_FIRE = [
    "cant stand the new consultant, can I ask for someone else",
    "cars on its last legs so how else can I get to radiotherapy",
    "Walk me thru bone strengthning drugs like im 5",
    "connection's a bit unsteady up here in the hills",
    "HER2 came back weakly positive",
    "I snapped at my wife over the washing up",
    "Me and the lad watched Suicide Squad last night",
    "how is cord compression treated",
    "whats kyphoplasty",
    "the dog's legs have gone numb",
    "Good morning to you, dear",
    "",
    "?!...",
]


@pytest.mark.parametrize(("text", "category"), _MUST_FIRE)
def test_must_fire(text: str, category: str) -> None:
    assert category in {mention.category for mention in _SCREEN.screen(text).mentions}


@pytest.mark.parametrize("text", _MUST_NOT_FIRE)
def test_must_not_fire(text: str) -> None:
    assert _SCREEN.screen(text).mentions == ()


def test_a_person_knocked_over_by_a_dog_counts() -> None:
    assert _SCREEN.screen("the dog knocked me over and I heard a crack in my hip").flagged


def test_the_words_are_the_patients_own() -> None:
    assert _SCREEN.screen("Hello. My L3GS are numb!").mentions[0].words == "L3GS are numb"


def test_a_category_has_one_mention() -> None:
    mentions = _SCREEN.screen("my legs are numb. my feet tingle. I can't walk").mentions
    assert [m.category for m in mentions].count("cord-compression") == 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    _SCREEN.screen(text)


_HARMLESS = st.lists(
    st.sampled_from(
        [
            "thank you for your help",
            "what is a bone scan",
            "the parking was dreadful",
            "my appointment is on Tuesday",
            "my car is old",
            "no problem at all",
            "is denosumab free",
            "I had a lovely holiday last year",
            "if it rains we stay in",
            "the dog is fine now",
        ]
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(_HARMLESS, _HARMLESS)
def test_harmless_text_around_a_mention_never_silences_it(
    before: list[str], after: list[str]
) -> None:
    text = ". ".join([*before, "Since last night my legs are numb", *after])
    assert "cord-compression" in {m.category for m in _SCREEN.screen(text).mentions}


class _Classifier:
    """A learned layer that says what it is told to, or fails."""

    def __init__(self, judgement: Judgement | None) -> None:
        self._judgement = judgement

    def score(self, text: str, spans: object) -> Judgement:
        if self._judgement is None:
            raise RuntimeError("no weights")
        return self._judgement


def judged(*scored: Scored, refuses: bool = False) -> RedFlagScreen:
    judgement = Judgement(scored, 0.9, refuses, True)
    return RedFlagScreen(load_lexicon(), _Classifier(judgement))


def test_the_classifier_fires_where_no_rule_does() -> None:
    mention = judged(Scored("jaw", 0.9, 0, 11)).screen("funny thing").mentions[0]
    assert (mention.category, mention.source, mention.score) == ("jaw", "classifier", 0.9)


def test_a_rule_fires_where_the_classifier_does_not() -> None:
    assert judged().screen("my legs are numb").flagged


def test_the_classifier_refuses_one_word_alone() -> None:
    assert not judged(refuses=True).screen("the pushchair collapsed").flagged


def test_the_classifier_never_refuses_a_firm_rule() -> None:
    assert judged(refuses=True).screen("my legs are numb").flagged


def test_a_failing_classifier_leaves_the_rules() -> None:
    screening = RedFlagScreen(load_lexicon(), _Classifier(None)).screen("my legs are numb")
    assert (screening.flagged, screening.complete) == (True, False)


def test_failing_rules_leave_the_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = judged(Scored("jaw", 0.9, 0, 11))
    monkeypatch.setattr(screen._reader, "read", lambda text: 1 / 0)
    screening = screen.screen("funny thing")
    assert (screening.flagged, screening.complete) == (True, False)


def test_a_text_that_nothing_could_read_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = RedFlagScreen(load_lexicon(), _Classifier(None))
    monkeypatch.setattr(screen._reader, "read", lambda text: 1 / 0)
    with pytest.raises(ScreenError):
        screen.screen("my legs are numb")


def test_failures_log_no_word_of_the_patient(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    RedFlagScreen(load_lexicon(), _Classifier(None)).screen("my knees are zanzibar")
    assert "zanzibar" not in caplog.text


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("my legs are fine and the nurse was kind today", 0.005),
        ("My legs were numb last year, but the nurse was kind. " * 57, 0.08),
        ("My legs were numb last year, but the nurse was kind. " * 378, 0.3),
        ("qzxv wqkj zzrt " * 1300, 0.3),
        ("<" * 20_000, 0.3),
    ],
    ids=["clause", "3000", "20000", "unknown words", "brackets"],
)
def test_rules_stay_within_their_time(text: str, limit: float) -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        _SCREEN.screen(text)
        times.append(time.perf_counter() - start)
    assert min(times) <= limit
