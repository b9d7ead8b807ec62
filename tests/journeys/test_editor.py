"""An editor's journey on a copy of the project: edit, import, publish under load, roll back."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from types import SimpleNamespace

import pytest
import requests
from openpyxl import load_workbook
from waiting import said_until_ready

from assistant.paths import ROOT

LEFT_BEHIND = (
    ".git",
    ".venv",
    ".uv",
    ".rasa",
    ".hypothesis",
    "var",
    "docs",
    "tests",
    "models",
    "trained",
    "*.log",
    "*_cache",
)
# Each so-manieth message is kept: it is the editor's way that is tried here, not the model.
THINNED = {"data/red_flags": 24, "data/validation": 8, "data/evaluation": 8}
THINNED_NLU = 4
WORDINGS = 25  # of each entry: fewer are refused
NEW_WORDS = "It is a jab that you have every four weeks."
EVERY = "3"  # each third message of the evaluation sets: the short form


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with fewer messages, a state folder of its own, and its commands."""
    folder = tmp_path_factory.mktemp("journey") / "project"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_BEHIND, "__pycache__"))
    for name, kept_each in THINNED.items():
        for file in (folder / name).glob("*.jsonl"):
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            file.write_text("".join(lines[::kept_each]), encoding="utf-8")
    for file in (folder / "data" / "nlu").glob("*.yml"):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        examples = [n for n, line in enumerate(lines) if line.startswith("    - ")]
        spare = set(examples) - set(examples[::THINNED_NLU])
        kept = [line for n, line in enumerate(lines) if n not in spare]
        file.write_text("".join(kept), encoding="utf-8")
    for file in (folder / "faq_corpus").glob("*/*.md"):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        wordings = [n for n, line in enumerate(lines) if line.startswith("  - ")][:-1]
        spare = {n for n in wordings[WORDINGS:] if lines[n].startswith('  - "')}
        kept = [line for n, line in enumerate(lines) if n not in spare]
        file.write_text("".join(kept), encoding="utf-8")
    state = folder / "var"
    state.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "ASSISTANT_STATE": str(state),
        "TRACKER_DB": str(state / "tracker.sqlite"),
    }

    def editorial(*arguments, said=""):
        return subprocess.run(
            [sys.executable, "-m", "assistant.editorial", *map(str, arguments)],
            cwd=folder,
            env=environment,
            input=said,
            capture_output=True,
            text=True,
            check=False,
        )

    return SimpleNamespace(folder=folder, environment=environment, editorial=editorial)


@pytest.fixture(scope="module")
def server(project):
    """The assistant of that copy, started as `make run` starts it."""
    with socket.socket() as probe, socket.socket() as other:
        probe.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = {
            name: str(one.getsockname()[1])
            for name, one in (("PORT", probe), ("CONSOLE_PORT", other))
        }
    running = subprocess.Popen(
        [sys.executable, "-m", "assistant.serve", "run"],
        cwd=project.folder,
        env={**project.environment, **ports},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = said_until_ready(running)
    assert "Clinicians have signed 0 of its 72 answers." in said
    yield f"http://127.0.0.1:{ports['PORT']}"
    running.terminate()
    running.wait(timeout=30)


def ask(url, text, sender=None):
    body = {"sender": sender or uuid.uuid4().hex, "message": text}
    reply = requests.post(f"{url}/webhooks/rest/webhook", json=body, timeout=60)
    assert reply.status_code == 200
    return reply.json()


def words(reply):
    return "\n".join(message.get("text", "") for message in reply)


class Load:
    """Patients who go on asking, some questions each, while something else happens.

    They leave the processor to the training beside them: what counts is that no turn is lost.
    """

    QUESTIONS, SECONDS_BETWEEN = 10, 1.0

    def __init__(self, url, patients=2):
        self.url, self.going, self.replies, self.faults = url, True, [], []
        self.threads = [threading.Thread(target=self._talk) for _ in range(patients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        for thread in self.threads:
            thread.join(timeout=90)

    def _talk(self):
        asked = 0
        while self.going:
            if asked % self.QUESTIONS == 0:
                sender = uuid.uuid4().hex
            asked += 1
            try:
                reply = ask(self.url, "how often do I get the denosumab injection?", sender)
                self.replies.append(reply[0]["custom"]["kind"])
            except (requests.RequestException, AssertionError, LookupError) as error:
                self.faults.append(repr(error))
            time.sleep(self.SECONDS_BETWEEN)


@pytest.mark.timeout(1200)
def test_edit_publish_ask_and_roll_back(project, server):
    # Export.
    done = project.editorial("export", "corpus.xlsx")
    assert done.returncode == 0, done.stderr
    book = load_workbook(project.folder / "corpus.xlsx")
    assert book.sheetnames == ["read me", "answers", "variants", "advice"]
    # In the spreadsheet: one answer, two variants.
    (row,) = (row for row in book["answers"].iter_rows(min_row=2) if row[0].value == "denosumab")
    assert "It is given as an injection under the skin every four weeks." in row[3].value
    row[3].value = row[3].value.replace(
        "It is given as an injection under the skin every four weeks.", NEW_WORDS
    )
    book["variants"].append(["denosumab", "the zorblax needle, wots it for"])
    book["variants"].append(["denosumab", "why the zorblax every month nurse"])
    book.save(project.folder / "corpus.xlsx")
    # The diff, and a no: nothing changes.
    file = project.folder / "faq_corpus" / "treatment" / "denosumab.md"
    before = file.read_bytes()
    done = project.editorial("import", "corpus.xlsx", said="n\n")
    assert "{+jab+}" in done.stdout and '+ - "the zorblax needle' in done.stdout
    assert "Nothing was changed." in done.stdout and file.read_bytes() == before
    # A yes.
    done = project.editorial("import", "corpus.xlsx", said="y\n")
    assert done.returncode == 0 and NEW_WORDS in file.read_text(encoding="utf-8")
    # Not published yet.
    assert NEW_WORDS not in words(ask(server, "what is denosumab"))
    # Publish, while patients talk.
    with Load(server) as load:
        done = project.editorial("publish", "--every", EVERY)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Publication 2 is served (1 running)." in done.stdout
        assert re.search(r"right entry answered directly +\d+\.\d% +\d+\.\d%", done.stdout)
    assert load.faults == [] and set(load.replies) == {"answer"} and len(load.replies) > 10
    answer = ask(server, "what is denosumab")
    assert NEW_WORDS in words(answer) and answer[0]["custom"]["reviewed"] is None
    assert ask(server, "wots the zorblax needle for")[0]["custom"]["faq"][0]["id"] == "denosumab"
    assert ask(server, "I can't feel my legs")[0]["custom"]["priority"] == "page"
    # Advice that is edited and not published reaches nobody.
    advice = project.folder / "assistant" / "red_flags" / "advice" / "cord-compression.md"
    published = advice.read_text(encoding="utf-8")
    advice.write_text(published.replace("Do not wait until morning", "Do not dither"))
    assert "Do not wait until morning" in words(ask(server, "I can't feel my legs"))
    advice.write_text(published, encoding="utf-8")
    # Once more without a change.
    done = project.editorial("publish", "--every", EVERY)
    assert done.returncode == 1 and "Nothing has changed" in done.stderr
    # A text that fails a check is not published.
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace(NEW_WORDS, "It is a jab. " * 40), encoding="utf-8")
    done = project.editorial("publish", "--every", EVERY)
    assert done.returncode == 1 and "words; allowed are 60 to 160" in done.stderr
    assert NEW_WORDS in words(ask(server, "what is denosumab"))
    # Back: model and texts; the unpublished text is kept.
    with Load(server) as load:
        done = project.editorial("rollback")
        assert done.returncode == 0, done.stdout + done.stderr
    assert load.faults == [] and set(load.replies) == {"answer"}
    assert re.search(r"not published yet are kept in .*\.zip", done.stdout)
    assert file.read_bytes() == before
    assert NEW_WORDS not in words(ask(server, "what is denosumab"))
    done = project.editorial("rollback")
    assert done.returncode == 1 and "no publication before" in done.stderr
    listed = project.editorial("publications").stdout
    assert re.search(r"1 .*served", listed) and "   2 " in listed
    # And forward again, by its number.
    done = project.editorial("rollback", "--to", "2")
    assert done.returncode == 0 and "Training" not in done.stdout, done.stdout + done.stderr
    assert NEW_WORDS in words(ask(server, "what is denosumab"))


def test_model_that_cannot_be_loaded_leaves_the_one_before(project, server):
    broken = project.folder / "broken.tar.gz"
    broken.write_bytes(b"nothing")
    code = (
        "from assistant.publication import Published, write_published\n"
        "from assistant.editorial.publishing import wait_until_served\n"
        f"write_published(Published(99, {str(broken)!r}))\n"
        "wait_until_served(99, 30)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "could not load publication 99" in done.stderr and "corpus-rollback" in done.stderr
    assert ask(server, "what is denosumab")[0]["custom"]["kind"] == "answer"
    assert ask(server, "I can't feel my legs")[0]["custom"]["priority"] == "page"
