"""Rasa's own checks: their output is read, because their exit codes do not tell."""

import os
import re
import subprocess
import sys

from assistant.paths import ROOT

# What Rasa says of every bot that is built like this one: the corpus comes from an importer, the
# verdicts `faq_unsure` and `nlu_fallback` from components, TurnPolicy's actions from no story, and
# the renderer says by itself that an entry was withdrawn.
KNOWN_WARNINGS = [
    r"Auto-config for multiple importers is not supported",
    r"duplicated intents have been found across multiple domain files: faq More info",
    r"Found intent 'faq' in stories which is not part of the domain",
    r"The intent '(faq_unsure|nlu_fallback)' is listed in the domain file, but is not found",
    r"The utterance 'utter_(restart|withdrawn|red_flag|faq/[\w-]+)' is not used in any story",
    r"The utterance 'utter_(ask_contact|contact_\w+|handoff\w*)' is not used in any story",
    r"your NLU configuration does not include a response selector",
]
WARNING = re.compile(r"UserWarning: (.*(?:\n(?!\S*\d{4}-).*)?)")
SECONDS = 280


def rasa(*command):
    done = subprocess.run(
        [sys.executable, "-m", "rasa", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default::UserWarning"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    return done.returncode, done.stdout + done.stderr


def test_data_validate_finds_nothing_new():
    code, output = rasa("data", "validate")
    found = [" ".join(warning.split()) for warning in WARNING.findall(output)]
    unknown = [
        warning
        for warning in found
        if not any(re.search(known, warning) for known in KNOWN_WARNINGS)
    ]
    assert code == 0, output[-2000:]
    assert "No story structure conflicts found" in output
    assert unknown == []


def test_conversations_are_predicted_as_written(model, tmp_path):
    code, output = rasa(
        "test", "core", "--model", str(model), "--stories", "tests/conversations",
        "--out", str(tmp_path), "--endpoints", "endpoints.yml", "--fail-on-prediction-errors",
    )  # fmt: skip
    failed = (tmp_path / "failed_test_stories.yml").read_text()
    assert (code == 0 and "stories: []" in failed) or "None of the test stories failed" in failed, (
        failed + output[-2000:]
    )
