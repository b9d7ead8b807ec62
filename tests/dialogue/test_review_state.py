"""What is overdue says so, and what the site withdraws no patient reads."""

import asyncio
import copy
import datetime as dt

import pytest
from rasa.shared.core.events import SlotSet

from assistant.dialogue import renderer as renderer_module
from assistant.dialogue.renderer import Renderer
from assistant.dialogue.review_state import is_overdue, is_withdrawn, review_fields
from assistant.dialogue.screening import screen_message
from assistant.dialogue.turn import TURN_SLOT, evidence
from assistant.paths import ROOT
from assistant.site import load_site

TODAY = dt.date(2026, 6, 1)
SIGNED = {"metadata": {"reviewed": "2026-01-01", "review_due": "2027-01-01"}}
OVERDUE = {"metadata": {"reviewed": "2025-01-01", "review_due": "2026-05-31"}}
DRAFT = {"metadata": {"reviewed": None, "review_due": None}}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Sets `withdraw` of the site that the renderer reads."""

    def withdraw(what):
        file = tmp_path / "site.yml"
        shipped = (ROOT / "site.yml").read_text(encoding="utf-8")
        file.write_text(shipped.replace("withdraw: nothing", f"withdraw: {what}"))
        monkeypatch.setenv("ASSISTANT_SITE", str(file))
        return load_site(file)

    return withdraw


@pytest.fixture
def reply(agent, monkeypatch):
    """Renders an answer whose review state is given."""
    renderer = Renderer(domain=agent.domain)
    renderer.responses = copy.deepcopy(renderer.responses)
    monkeypatch.setattr(renderer_module, "_today", lambda: TODAY)

    def render(action, tracker, **states):
        for entry_id, state in states.items():
            key = f"utter_faq/{entry_id.replace('_', '-')}"
            renderer.responses[key][0]["metadata"] |= state["metadata"]
        return asyncio.run(renderer.generate(action, tracker, "collector"))

    return render


def test_due_day_itself_is_not_overdue():
    due_today = {"metadata": {"reviewed": "2025-06-01", "review_due": TODAY.isoformat()}}
    assert not is_overdue(due_today, TODAY) and is_overdue(OVERDUE, TODAY)


def test_object_tells_overdue_only_of_what_is():
    assert review_fields(OVERDUE, TODAY) == {"reviewed": "2025-01-01", "review_overdue": True}
    assert review_fields(SIGNED, TODAY) == {"reviewed": "2026-01-01"}


@pytest.mark.parametrize(
    ("setting", "withdrawn"),
    [("nothing", []), ("overdue", ["overdue"]), ("unreviewed", ["draft", "overdue"])],
)
def test_site_setting_decides_what_is_withdrawn(site, setting, withdrawn):
    responses = {"draft": DRAFT, "overdue": OVERDUE, "signed": SIGNED}
    found = [n for n, one in responses.items() if is_withdrawn(one, site(setting), TODAY)]
    assert found == withdrawn


def test_overdue_answer_says_so_on_other_channels(site, reply, conversation):
    site("nothing")
    tracker = conversation("x", answers=[("denosumab", "x")], channel="twilio")
    text = reply("utter_faq/denosumab", tracker, denosumab=OVERDUE)["text"]
    assert "Reviewed 2025-01-01; it is due to be checked again." in text


def test_withdrawn_answer_is_a_fallback_that_says_where_to_turn(site, reply, conversation):
    site("overdue")
    tracker = conversation("x", answers=[("denosumab", "x")])
    message = reply("utter_faq/denosumab", tracker, denosumab=OVERDUE)
    assert message["custom"]["kind"] == "fallback" and message["custom"]["faq"] == []
    assert "waiting to be checked" in message["text"] and "RANKL" not in message["text"]
    assert "your cancer team's number" in message["text"] and not message.get("buttons")


def test_withdrawn_answer_is_on_no_button(site, reply, conversation):
    site("overdue")
    tracker = conversation("x", answers=[("denosumab", "x")])
    titles = [b["title"] for b in reply("utter_faq/denosumab", tracker)["buttons"]]
    left = reply("utter_faq/denosumab", tracker, bisphosphonates=OVERDUE)["buttons"]
    gone = set(titles) - {button["title"] for button in left}
    assert len(gone) == 1 and "bisphosphonates" in gone.pop()


def test_clarification_of_withdrawn_answers_only_is_none(site, reply, conversation):
    site("unreviewed")
    tracker = conversation("x")
    tracker.latest_message.parse_data["reading"]["offered"] = [{"id": "denosumab", "score": 0.4}]
    assert reply("utter_clarify", tracker)["custom"]["kind"] == "fallback"


def test_red_flag_advice_is_never_withdrawn(site, reply, conversation):
    site("unreviewed")
    tracker = conversation("my legs have gone numb since last night")
    turn = evidence(tracker, screen_message(tracker.latest_message.text))
    tracker.update(SlotSet(TURN_SLOT, turn))
    message = reply("utter_red_flag", tracker)
    assert message["custom"]["kind"] == "escalation" and message["custom"]["reviewed"] is None
    assert "spinal cord" in message["text"]


def test_answer_next_to_red_flags_has_the_emergency_advice_as_first_button(reply, conversation):
    tracker = conversation("x", answers=[("denosumab", "x")])
    first, *others = reply("utter_faq/denosumab", tracker)["buttons"]
    assert first["title"].startswith("When should I call") and len(others) == 2
