import pytest

from assistant.dialogue import last_resort
from assistant.dialogue.last_resort import last_resort_reply
from assistant.dialogue.screening import Screened
from assistant.red_flags import Screening
from assistant.red_flags.advice import CONSTANT_ADVICE


@pytest.mark.parametrize(
    ("text", "kind"),
    [("my legs are numb", "escalation"), ("what is denosumab", "fallback"), ("", "fallback")],
)
def test_failed_turn_has_an_object_and_advice(text, kind):
    first, second = last_resort_reply(text, "m-1")
    assert first["custom"]["kind"] == kind and first["custom"]["message_id"] == "m-1"
    assert CONSTANT_ADVICE in second["text"]


def test_failed_screen_counts_as_an_emergency(monkeypatch):
    broken = Screened(Screening((), complete=False), crashed=True)
    monkeypatch.setattr(last_resort, "screen_message", lambda _: broken)
    turn = last_resort_reply("anything")[0]["custom"]
    assert (turn["kind"], turn["urgency"], turn["priority"]) == ("escalation", "emergency", "page")
