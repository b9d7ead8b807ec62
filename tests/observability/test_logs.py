"""JSON logs: whatever a process says is one object a line, without patients' words."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest

from assistant.observability.logs import FIELDS, JsonFormatter, LogError, is_json, note_ids
from assistant.observability.privacy import WITHHELD, withhold

SECRET = "the velvet giraffe sings at night"

# A process of its own: it takes over its streams.
SCRIPT = f"""
import logging, sys, threading, warnings
from assistant.observability.logs import configure_logs, note_ids
from assistant.observability.privacy import withhold
configure_logs()
secret = {SECRET!r}
withhold(secret)
note_ids(conversation="c-1", message_id="m-1")
logging.getLogger("ours").warning("turn %s took %d ms", "m1", 7)
logging.getLogger("ours").info("too quiet")
try:
    raise ValueError(f"cannot read {{secret}}")
except ValueError:
    logging.getLogger("ours").exception("a fault with %s", secret)
print("a line\\nand another with", secret, "in it")
print("an error", file=sys.stderr)
warnings.simplefilter("always")
warnings.warn(f"a warning about {{secret}}")
lonely = logging.getLogger("lonely")
lonely.propagate = False
lonely.error("handed on to nobody")
logging.getLogger("ours").error("a call that is %d wrong", "quite")
def fail():
    raise RuntimeError(f"in a thread: {{secret}}")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise KeyError(secret)
"""


def say(form: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "ASSISTANT_LOG": form},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and not (form == "json" and done.stdout)
    return done.stderr


def test_all_that_a_process_says_is_one_object_a_line_and_has_no_words():
    lines = [json.loads(line) for line in say("json").splitlines()]
    said = {line["message"]: line for line in lines}
    assert set(said) == {
        "turn m1 took 7 ms",
        f"a fault with {WITHHELD}",
        "a line",
        f"and another with {WITHHELD} in it",
        "an error",
        next(text for text in said if f"UserWarning: a warning about {WITHHELD}" in text),
        "handed on to nobody",
        "a log line could not be scrubbed and is withheld",
        "The process failed: RuntimeError",
        "The process failed: KeyError",
    }
    assert said["turn m1 took 7 ms"] == {
        "time": said["turn m1 took 7 ms"]["time"],
        "level": "WARNING",
        "logger": "ours",
        "message": "turn m1 took 7 ms",
        "conversation": "c-1",
        "message_id": "m-1",
    }
    assert f"ValueError: cannot read {WITHHELD}" in said[f"a fault with {WITHHELD}"]["exception"]
    assert said["a line"]["logger"] == "stdout" and said["an error"]["logger"] == "stderr"
    assert "Traceback" in said["The process failed: KeyError"]["exception"]
    assert all(SECRET not in json.dumps(line) for line in lines)


def test_text_logs_are_scrubbed_as_well():
    lines = say("text").splitlines()
    assert any(line.endswith("WARNING turn m1 took 7 ms") for line in lines)
    (fault,) = [line for line in lines if "a fault with" in line]
    assert WITHHELD in fault and SECRET not in fault


def formatted(said: str, **fields: object) -> dict:
    record = logging.LogRecord("test", logging.INFO, "file", 1, said, (), None)
    setattr(record, FIELDS, fields)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_fields_keep_their_types_and_lose_words_at_any_depth():
    withhold(SECRET)
    line = formatted("event", count=3, share=0.5, ok=True, none=None, nested=[{SECRET: [SECRET]}])
    assert (line["count"], line["share"], line["ok"], line["none"]) == (3, 0.5, True, None)
    assert line["nested"] == [{WITHHELD: [WITHHELD]}]


def test_a_field_does_not_replace_what_each_line_has():
    line = formatted("event", time="never", message="other", level=1)
    assert line["message"] == "event" and line["level"] == "INFO" and line["time"] != "never"


def test_lines_and_quotes_in_a_message_stay_one_line():
    assert formatted('first\nsecond "quoted" é')["message"] == 'first\nsecond "quoted" é'


def test_a_field_that_cannot_be_written_costs_the_line_its_words_not_the_process():
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert formatted("event", what=Broken())["message"] == (
        "a log line could not be written: RuntimeError"
    )


def test_ids_are_those_of_the_task():
    import asyncio

    async def turn(name: str) -> str:
        note_ids(conversation=name)
        await asyncio.sleep(0)
        return formatted("event")["conversation"]

    async def both() -> list[str]:
        return list(await asyncio.gather(turn("anna"), turn("ben")))

    assert asyncio.run(both()) == ["anna", "ben"]
    assert "conversation" not in formatted("event")


@pytest.mark.parametrize(("given", "wanted"), [(None, False), ("text", False), ("json", True)])
def test_text_is_the_default(monkeypatch: pytest.MonkeyPatch, given: str | None, wanted: bool):
    monkeypatch.delenv("ASSISTANT_LOG", raising=False)
    if given:
        monkeypatch.setenv("ASSISTANT_LOG", given)
    assert is_json() is wanted


def test_another_form_is_refused_with_those_that_are_allowed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ASSISTANT_LOG", "yaml")
    with pytest.raises(LogError, match="ASSISTANT_LOG=yaml: allowed are text, json"):
        is_json()
