"""Plan and evidence to messages: text, buttons, the site's numbers, and the turn's object."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from assistant.dialogue.capabilities import has_buttons, is_shell, understands_objects
from assistant.dialogue.other_languages import language_field, with_line
from assistant.dialogue.plan import PASSED_TO_STAFF
from assistant.dialogue.review_state import is_withdrawn, review_fields, review_sentence
from assistant.dialogue.turn import (
    ANSWER_PREFIX,
    actions_run,
    kind_of,
    message_id,
    reading_of,
    red_flag_fields,
    staff_of,
    turn_object,
    turn_of,
)
from assistant.faq.importer import response_key
from assistant.observability.stages import stage
from assistant.paths import ROOT
from assistant.red_flags.advice import CONSTANT_ADVICE, compose, current_advice
from assistant.red_flags.mention import Mention
from assistant.site import Site, SiteError, fill, load_site

logger = logging.getLogger(__name__)

Message = dict[str, Any]


class Renderer(TemplatedNaturalLanguageGenerator):
    """Rasa's NLG class of this assistant, named in `endpoints.yml`.

    It never raises: an exception here would be silence.
    """

    def __init__(
        self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None
    ) -> None:
        super().__init__(domain.responses if domain else {})
        self._shipped = load_site(ROOT / "site.yml")

    @stage("render")
    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **_: Any,
    ) -> Message | None:
        """Returns the message of one response, None for a response that the domain lacks."""
        channel = tracker.get_latest_input_channel()
        try:
            if utter_action not in self.responses:
                return None
            return self._render(utter_action, tracker, channel)
        except Exception as error:  # noqa: BLE001 - safety boundary: silence would be worse
            logger.error("Rendering %s failed: %s", utter_action, type(error).__name__)
            return _unrendered(tracker, channel)

    def _render(
        self, utter_action: str, tracker: DialogueStateTracker, channel: str | None
    ) -> Message:
        site = self._site()
        if self._has_only_withdrawn(utter_action, tracker, site):
            utter_action = "utter_withdrawn"
        response = self.responses[utter_action][0]
        turn = turn_of(tracker)
        text, buttons = response["text"], []
        known: dict[str, Any] = {}
        if utter_action == "utter_red_flag":
            text, known = _advice(turn), {**red_flag_fields(turn), **_advice_sources(turn)}
        elif utter_action.startswith(ANSWER_PREFIX):
            known = self._answer_fields(utter_action, tracker, turn, site)
            if not turn:
                related = self._shown(response["metadata"]["related"], site)
                buttons = [_button(one["question"]) for one in related]
        elif utter_action == "utter_clarify":
            offered = self._shown(reading_of(tracker)["offered"], site)
            known = {"faq": [_scored(candidate) for candidate in offered]}
            buttons = [_button(self._question(candidate["id"])) for candidate in offered]
        elif utter_action == PASSED_TO_STAFF:
            text = text.replace("{staff}", staff_of(tracker) or "{care_team}")
        asked = _words_of(tracker)
        content = turn_object(
            kind_of(utter_action), message_id(tracker), **known, **language_field(asked)
        )
        text = with_line(text, content["kind"], asked)
        return _for_channel(channel, fill(text, site), buttons, content)

    def _answer_fields(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        turn: dict[str, Any],
        site: Site,
    ) -> dict[str, Any]:
        response = self.responses[utter_action][0]
        answers = turn["answers"] if turn else reading_of(tracker).get("answers") or []
        own = [answer for answer in answers if response_key(answer["id"]) == utter_action]
        # Without a red flag the first object of the turn names all that was answered.
        first = not turn.get("flagged") and not actions_run(tracker)
        shown = self._shown(answers, site) if first else own
        return {
            "faq": [_scored(answer) for answer in shown]
            or [{"id": utter_action.removeprefix(ANSWER_PREFIX), "score": None}],
            "sources": response["metadata"]["sources"],
            **review_fields(response, _today()),
        }

    def _has_only_withdrawn(
        self, utter_action: str, tracker: DialogueStateTracker, site: Site
    ) -> bool:
        if utter_action.startswith(ANSWER_PREFIX):
            return is_withdrawn(self.responses[utter_action][0], site, _today())
        return utter_action == "utter_clarify" and not self._shown(
            reading_of(tracker)["offered"], site
        )

    def _shown(self, entries: list[dict[str, Any]], site: Site) -> list[dict[str, Any]]:
        """Those of some entries (each with its `id`) whose answers the site shows."""
        return [
            entry
            for entry in entries
            if not is_withdrawn(self.responses[response_key(entry["id"])][0], site, _today())
        ]

    def _question(self, entry_id: str) -> str:
        return str(self.responses[response_key(entry_id)][0]["metadata"]["question"])

    def _site(self) -> Site:
        try:
            self._shipped = load_site()
        except SiteError as error:
            # An edit that went wrong: the numbers that were good before stay.
            logger.error("The site's settings cannot be read, the last good ones stay: %s", error)
        return self._shipped


def _words_of(tracker: DialogueStateTracker) -> str:
    message = tracker.latest_message
    return (message.text or "") if message is not None else ""


def _advice(turn: dict[str, Any]) -> str:
    if not turn or turn["failed"] or not turn["mentions"]:
        return CONSTANT_ADVICE
    return compose([Mention(**mention) for mention in turn["mentions"]], current_advice())


def _advice_sources(turn: dict[str, Any]) -> dict[str, Any]:
    if turn["failed"] or not turn["mentions"]:
        return {}
    advice = current_advice()[turn["mentions"][0]["category"]]
    return {
        "sources": [source.shown for source in advice.sources],
        "reviewed": advice.review.on.isoformat() if advice.review.on else None,
        **({"review_overdue": True} if advice.review.overdue(_today()) else {}),
    }


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.timezone.utc).date()


def _scored(candidate: dict[str, Any]) -> dict[str, Any]:
    return {"id": candidate["id"], "score": candidate["score"]}


def _button(question: str) -> dict[str, str]:
    return {"title": question, "payload": question}


def _for_channel(
    channel: str | None, text: str, buttons: list[dict[str, str]], content: dict[str, Any]
) -> Message:
    message: Message = {"text": text}
    if understands_objects(channel):
        message["custom"] = content
    elif content["kind"] == "answer":
        message["text"] += (
            f"\n\nSource: {'; '.join(content['sources'])}. {review_sentence(content)}"
        )
    if is_shell(channel):
        message["text"] = f"{_shell_line(content)}\n{message['text']}"
    if buttons and has_buttons(channel):
        message["buttons"] = buttons
    elif buttons:
        lines = [f"{number}. {button['title']}" for number, button in enumerate(buttons, start=1)]
        message["text"] += "\n\n" + "\n".join(lines)
    return message


def _shell_line(content: dict[str, Any]) -> str:
    """One line for the object, for testers: `[answer denosumab 0.81]`."""
    entries = [f"{entry['id']} {entry['score']}" for entry in content["faq"]]
    flags = [f"{flag['category']} {flag['status']}" for flag in content["red_flags"]]
    priority = [content["priority"]] if content["priority"] else []
    return f"[{' '.join([content['kind'], *priority, ', '.join(entries + flags)]).strip()}]"


def _unrendered(tracker: DialogueStateTracker, channel: str | None) -> Message:
    """What is shown when rendering failed: it uses next to nothing that can fail."""
    message: Message = {"text": CONSTANT_ADVICE}
    if understands_objects(channel):
        turn = turn_of(tracker)
        flagged = bool(turn.get("flagged"))
        known = red_flag_fields(turn) if flagged else {}
        kind = "escalation" if flagged else "fallback"
        message["custom"] = turn_object(kind, message_id(tracker), **known)
    return message
