"""Patients' words stay out of logs: seeded phrases are sent through real code, then looked for."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.channels.privacy import WITHHELD, drop_words, scrub, withhold

SEEDS = ("crimson teapot", "velvet giraffe", "marble accordion")

# A process of its own, at the loudest level, with the structlog and logging of `rasa run`.
SCRIPT = r"""
import asyncio, logging, sys, traceback, warnings
from rasa.utils.log_utils import configure_structlog
warnings.simplefilter("always")
logging.basicConfig(level=logging.DEBUG)
import structlog
before = structlog.get_logger("used before")
before.info("first use")
configure_structlog(logging.DEBUG)
early = structlog.get_logger()
early.debug("cached.on.first.use", text="harmless")
if sys.argv[1] == "guarded":
    from assistant.channels.incoming import Incoming
    from assistant.channels.patient import PatientDoor
    from assistant.channels import patient
    patient.last_resort = lambda text: 1 / 0
    configure_structlog(logging.DEBUG)

from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import SQLTrackerStore, FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.training_data.message import Message

WORDS = "the crimson teapot sings. Then a velvet giraffe said \"no\"! And a marble accordion"
late = structlog.get_logger()

async def handle(message):
    text = message.text
    logging.getLogger("rasa.core.anything").info(f"Received message '{text}'.")
    logging.getLogger("rasa.core.anything").debug("Tracker: %s", {"text": text})
    late.debug("processor.message.parse", parse_data_text=text, parse_data_entities=[text])
    early.error("rest.message.received.failure", text=text)
    late.warning("message.parsing.failed", user_text=text)
    late.info("some.event", event_info=f"the user said {text}")
    domain = Domain.from_dict({"intents": ["greet"]})
    YAMLStoryReader.unpack_regex_message(Message({"text": "/greet " + text}), domain)
    YAMLStoryReader.unpack_regex_message(Message({"text": "/unknown@1.0 " + text}), domain)
    YAMLStoryReader.unpack_regex_message(Message({"text": "/" + text}), domain)
    store = SQLTrackerStore(Domain.empty(), db=sys.argv[2])
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE events")
    tracker = DialogueStateTracker.from_events("anna", [UserUttered(text)])
    await FailSafeTrackerStore(store).save(tracker)
    try:
        raise ValueError(f"cannot read {text}")
    except ValueError:
        late.exception("structured.exception")
        logging.getLogger("plain").exception("plain exception")
    raise RuntimeError(f"broken by {text}")

if sys.argv[1] == "guarded":
    door = PatientDoor("rest", handle)
    print(len(asyncio.run(door.answer("anna", Incoming(WORDS, "m1")))), "messages")
else:
    try:
        asyncio.run(handle(UserMessage(WORDS)))
    except RuntimeError:
        pass
"""


def run(mode: str, folder: Path, json_logs: bool = False) -> str:
    environment = {**os.environ, "ASSISTANT_STATE": str(folder / mode)}
    if json_logs:
        environment["FORCE_JSON_LOGGING"] = "1"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, mode, str(folder / f"{mode}.sqlite")],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=True,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("json_logs", [False, True])
def test_seeded_phrases_are_in_no_log_warning_or_traceback(tmp_path: Path, json_logs: bool):
    output = run("guarded", tmp_path, json_logs)
    assert "2 messages" in output and "structured.exception" in output
    assert "Failed to parse arguments" in output and "message.parsing.failed" in output
    for seed in SEEDS:
        assert seed not in output, [line for line in output.splitlines() if seed in line]


def test_without_the_guard_the_same_code_prints_them(tmp_path: Path):
    output = run("bare", tmp_path)
    assert all(seed in output for seed in SEEDS)


def test_fields_that_hold_words_are_withheld():
    event = drop_words(None, "debug", {"event": "x", "parse_data_text": "hello", "count": 3})
    assert event == {"event": "x", "parse_data_text": WITHHELD, "count": 3}


def test_a_recent_text_is_found_as_json_and_as_python():
    text = 'my "naïve" knee\nglows at night'
    withhold(text)
    assert "knee" not in scrub(json.dumps({"text": text}))
    assert "knee" not in scrub(repr([text]))


def test_very_short_texts_are_not_hunted_for():
    withhold("yes")
    assert scrub("yes, the model is loaded") == "yes, the model is loaded"


def test_a_record_keeps_its_own_words(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    logging.getLogger("anything").info("turn %s took %d ms", "m1", 7)
    assert "turn m1 took 7 ms" in caplog.text


def test_a_broken_log_call_prints_nothing_of_its_arguments(caplog: pytest.LogCaptureFixture):
    logging.getLogger("anything").warning("count %d", "crimson teapot")
    assert "crimson" not in caplog.text


def test_scrubbing_a_record_is_fast_with_many_long_texts():
    for number in range(70):
        withhold("A sentence with words. " * 800 + str(number))
    started = asyncio.new_event_loop().time()
    for _ in range(100):
        scrub("a usual line of the log, with an id 0123456789 and nothing else")
    assert asyncio.new_event_loop().time() - started < 1
