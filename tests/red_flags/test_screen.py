"""The screen: what must fire, what must not, and that nothing stops it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.red_flags import RedFlagScreen, load_lexicon
from assistant.red_flags.context import Verdict
from assistant.red_flags.judgement import Judgement, Window
from assistant.red_flags.mention import Fired

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


class _Learned:
    """A learned layer that says what it is told to, or fails."""

    def __init__(self, judgement: Judgement | None) -> None:
        self._judgement = judgement

    def score(self, text: str, clauses: object, findings: object = ()) -> Judgement:
        if self._judgement is None:
            raise RuntimeError("no weights")
        return self._judgement


def judged(*windows: Window) -> RedFlagScreen:
    """A screen whose learned layer holds a message for harmless but for these windows."""
    whole = Window(0.1, 0, 100_000, ("jaw",))
    return RedFlagScreen(load_lexicon(), _Learned(Judgement((whole, *windows), 0.4, True)))


def test_the_classifier_fires_where_no_rule_does() -> None:
    (mention,) = judged(Window(0.9, 0, 11, ("jaw",))).screen("funny thing").mentions
    assert mention.category == "jaw"
    assert mention.fired == (Fired("classifier", "funny thing", 0.9, 0.4),)


def test_a_mention_lists_all_that_fired() -> None:
    text = "my legs are numb and I can't feel my feet"
    mention = judged(Window(0.97, 0, 130, ("cord-compression",))).screen(text).mentions[0]
    assert mention.category == "cord-compression"
    assert len(mention.fired) >= 2
    assert all(fired.words in text for fired in mention.fired)


def test_a_rule_fires_where_the_classifier_does_not() -> None:
    assert judged().screen("my legs are numb").flagged


def test_the_classifier_refuses_one_word_alone() -> None:
    assert not judged().screen("the pushchair collapsed").flagged


def test_the_classifier_never_refuses_a_firm_rule() -> None:
    assert judged().screen("my legs are numb").flagged


_JAW_OR_FIT = "my jaw is swollen, he laughed so much he nearly passed out"


def about(**shares: float) -> RedFlagScreen:
    """A screen whose learned layer holds a message for one that is about this."""
    window = Window(0.9, 0, 100, ("jaw", "collapse-or-seizure"), shares)
    return RedFlagScreen(load_lexicon(), _Learned(Judgement((window,), 0.4, True)))


def test_a_category_that_is_unlikely_beside_another_is_dropped() -> None:
    shares = {"jaw": 0.99, "collapse-or-seizure": 0.01}
    assert [m.category for m in about(**shares).screen(_JAW_OR_FIT).mentions] == ["jaw"]
    shares = {"jaw": 0.6, "collapse-or-seizure": 0.4}
    assert len(about(**shares).screen(_JAW_OR_FIT).mentions) == 2


def test_a_category_alone_is_never_dropped() -> None:
    (mention,) = about(jaw=0.01, infection=0.99).screen("my jaw is swollen").mentions
    assert mention.category == "jaw"


def test_a_failing_classifier_escalates_what_the_rules_do_not_see() -> None:
    screening = RedFlagScreen(load_lexicon(), _Learned(None)).screen("what is a bone scan")
    assert (screening.flagged, screening.failed) == (True, ("classifier",))
    assert (screening.urgency, screening.priority) == ("emergency", "page")


def test_a_failing_classifier_leaves_what_the_rules_saw() -> None:
    screening = RedFlagScreen(load_lexicon(), _Learned(None)).screen("my legs are numb")
    assert [mention.category for mention in screening.mentions] == ["cord-compression"]


PARTS = {
    "rules": ("_reader", "read"),
    "other languages": ("_foreign", "find"),
    "combinations": ("_combinations", "find"),
}


@pytest.mark.parametrize("layer", PARTS)
def test_a_failing_layer_escalates_and_leaves_the_others(
    layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = judged(Window(0.9, 0, 11, ("jaw",)))
    part, method = PARTS[layer]
    monkeypatch.setattr(getattr(screen, part), method, _fail)
    screening = screen.screen("funny thing")
    assert (screening.failed, screening.priority) == ((layer,), "page")
    assert [mention.category for mention in screening.mentions] == ["jaw"]


def test_a_failing_status_escalates_with_what_the_triggers_say() -> None:
    screen = RedFlagScreen(load_lexicon(), status=_Status())
    screening = screen.screen("no numbness in my legs")
    assert (screening.failed, screening.priority) == (("status",), "page")
    assert [mention.status for mention in screening.mentions] == ["negated"]


def test_a_text_that_nothing_could_read_is_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = RedFlagScreen(load_lexicon(), _Learned(None))
    monkeypatch.setattr(screen._reader, "read", _fail)
    screening = screen.screen("funny thing")
    assert (screening.mentions, screening.priority) == ((), "page")
    assert set(screening.failed) == {"rules", "classifier"}


class _Status:
    def verdicts(self, findings: object) -> list[Verdict]:
        raise RuntimeError("out of order")


def _fail(*_: object) -> None:
    raise RuntimeError("out of order")


def test_failures_log_no_word_of_the_patient(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    RedFlagScreen(load_lexicon(), _Learned(None)).screen("my knees are zanzibar")
    assert "zanzibar" not in caplog.text
