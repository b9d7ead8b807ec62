"""`make review`, `review-accept`, `review-dismiss` on a small corpus and a real queue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.editorial.checks import check_answer
from assistant.faq.corpus import load_corpus, read_entry
from assistant.faq.document import ContentError, Document, load_sources
from assistant.learning import __main__ as commands
from assistant.learning import accepting
from assistant.learning.near_misses import add_near_misses
from assistant.learning.queue import default_queue, review_table

FLYING = (
    "can I fly on a plane?",
    "is flying on an aeroplane safe for me",
    "is it ok to take a flight",
)


@pytest.fixture(autouse=True)
def small(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The commands work on the small corpus and on a drafts folder of the test."""
    monkeypatch.setattr(commands, "load_corpus", lambda: load_corpus(folder))
    monkeypatch.setattr(accepting.changes_for_entry, "__defaults__", (folder,))
    monkeypatch.setattr(accepting.write_draft, "__defaults__", (tmp_path / "drafts",))
    return folder


def ask(*texts: str) -> None:
    for text in texts:
        default_queue().add(text, "unanswered", [], "web")


def texts_of(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*.*")}


def decided() -> dict[str, tuple[str, str | None]]:
    with default_queue()._open().connect() as connection:
        rows = connection.execute(review_table.select()).mappings().all()
    return {row["text"]: (row["status"], row["resolution"]) for row in rows}


def test_the_list_shows_what_an_editor_needs(capsys: pytest.CaptureFixture[str]):
    ask(*FLYING, FLYING[0])
    commands.main(["list"])
    shown = capsys.readouterr().out
    assert "Group 1: 3 messages, asked 4 times" in shown and "3 unanswered" in shown
    assert "nearest: " in shown and all(text in shown for text in FLYING)
    assert "3 messages in 1 groups wait" in shown


def test_an_empty_queue_says_so(capsys: pytest.CaptureFixture[str]):
    commands.main(["list"])
    assert capsys.readouterr().out == "0 messages in 0 groups wait for review.\n"


def test_accepted_texts_become_variants(small: Path, capsys: pytest.CaptureFixture[str]):
    ask(*FLYING)
    commands.main(["accept", "1", "--entry", "exercise", "--yes"])
    assert load_corpus(small).entries["exercise"].variants[-3:] == FLYING
    assert set(decided().values()) == {("accepted", "exercise")}
    assert f"+ - {FLYING[0]!r}".replace("'", '"') in capsys.readouterr().out


def test_without_a_yes_nothing_changes(small: Path, monkeypatch: pytest.MonkeyPatch):
    ask(*FLYING)
    before = texts_of(small)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    commands.main(["accept", "1", "--entry", "exercise"])
    assert texts_of(small) == before and set(decided().values()) == {("open", None)}


def refused(small: Path, text: str, said: str) -> None:
    ask(text)
    before = texts_of(small)
    with pytest.raises(SystemExit, match=f"(?s)Nothing was changed:.*{said}.*WITHOUT="):
        commands.main(["accept", "1", "--entry", "exercise", "--yes"])
    assert texts_of(small) == before and set(decided().values()) == {("open", None)}


def test_a_text_that_reads_like_a_symptom_is_refused(small: Path):
    refused(small, "can I take a flight, I cannot feel my legs any more", "symptom")


def test_a_question_of_another_entry_is_refused(small: Path):
    other = load_corpus(small).entries["denosumab"]
    refused(small, f"{other.question.lower()}!", "of 'denosumab' asks; keep it in one entry")


def test_a_message_can_be_left_out_and_waits_on(small: Path):
    ask(*FLYING)
    commands.main(["accept", "1", "--entry", "exercise", "--yes", "--without", "2"])
    assert FLYING[1] not in load_corpus(small).entries["exercise"].variants
    assert decided()[FLYING[1]] == ("open", None)
    assert decided()[FLYING[2]] == ("accepted", "exercise")


def test_texts_with_something_taken_out_or_known_already_are_no_variants(small: Path):
    known = load_corpus(small).entries["exercise"].variants[0]
    ask("I'm Karen, can I fly on a plane?", "can I fly on a plane?", known)
    before = load_corpus(small).entries["exercise"].variants
    while ids := [message.id for message in default_queue().waiting()]:
        commands.main(["accept", str(ids[0]), "--entry", "exercise", "--yes"])
    after = load_corpus(small).entries["exercise"].variants
    assert after == (*before, "can I fly on a plane?")
    assert set(decided().values()) == {("accepted", "exercise")}


def test_a_dismissed_group_is_gone(capsys: pytest.CaptureFixture[str]):
    ask(*FLYING)
    commands.main(["dismiss", "1"])
    commands.main(["list"])
    assert "0 messages in 0 groups" in capsys.readouterr().out
    assert set(decided().values()) == {("dismissed", None)}


def test_a_draft_is_written_outside_the_corpus_and_cannot_be_published(small: Path, tmp_path: Path):
    ask(*FLYING, "I'm Karen, is flying in a plane ok")
    before = texts_of(small)
    commands.main(["accept", "1", "--new", "flying"])
    draft = tmp_path / "drafts" / "flying.md"
    assert texts_of(small) == before
    assert (
        'question: "can I fly on a plane?"' in draft.read_text()
        and "Karen" not in draft.read_text()
    )
    assert "state: draft" in draft.read_text() and "[name]" not in draft.read_text()
    assert set(decided().values()) == {("accepted", "drafts/flying.md")}
    # Moved into the corpus as it is, it is refused.
    topic = draft.read_text().split("topic: ")[1].split()[0]
    moved = small / topic / "flying.md"
    moved.write_bytes(draft.read_bytes())
    with pytest.raises(ContentError, match=r"flying\.md"):
        load_corpus(small)


def test_a_draft_whose_lists_are_full_still_lacks_an_answer(small: Path, tmp_path: Path):
    ask(*FLYING)
    commands.main(["accept", "1", "--new", "flying"])
    text = (tmp_path / "drafts" / "flying.md").read_text()
    variants = "".join(f'  - "is way {number} of flying safe"\n' for number in range(25))
    sources = load_sources(small / "sources.yml")
    text = text.replace("variants:\n", f"variants:\n{variants}")
    text = text.replace("sources: []", f"sources: [{next(iter(sources))}]")
    moved = small / text.split("topic: ")[1].split()[0] / "flying.md"
    moved.write_text(text)
    problems = check_answer(read_entry(Document(moved), sources))
    assert any("words; allowed are 60 to 160" in problem.said for problem in problems)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["accept", "1", "--new", "Flying!"], "is no id"),
        (["accept", "1", "--new", "exercise"], "entry of the corpus already"),
        (["accept", "1", "--entry", "flying"], "no entry of the corpus; near"),
        (["accept", "1"], "either ENTRY=<id> or NEW=<id>"),
        (["accept", "1", "--entry", "exercise", "--new", "x"], "either"),
        (["accept", "2", "--entry", "exercise"], "message 2 is in group 1 now"),
        (["dismiss", "77"], "it is not there; groups are 1"),
        (["dismiss", "1", "--without", "77"], "allowed are some, not all"),
        (["dismiss", "1", "--without", "1", "2", "3"], "allowed are some, not all"),
    ],
)
def test_what_makes_no_sense_is_refused(small: Path, arguments: list[str], said: str):
    ask(*FLYING)
    before = texts_of(small)
    with pytest.raises(SystemExit, match=said):
        commands.main(arguments)
    assert texts_of(small) == before and set(decided().values()) == {("open", None)}


def test_a_draft_is_not_overwritten(tmp_path: Path):
    ask(*FLYING)
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts" / "flying.md").write_text("my work")
    with pytest.raises(SystemExit, match="is a draft"):
        commands.main(["accept", "1", "--new", "flying"])
    assert (tmp_path / "drafts" / "flying.md").read_text() == "my work"


def test_a_broken_queue_is_a_clear_failure(state: Path):
    (state / "review.sqlite").write_bytes(b"no database" * 200)
    with pytest.raises(SystemExit, match="review queue"):
        commands.main(["list"])


RULES = [{"id": "breathing/gasping", "score": 1.0, "category": "breathing-or-chest"}]
GASPING = "I'm gasping for a cuppa"


@pytest.fixture
def near_misses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Training data of the screen, of this test alone."""
    file, mentions = tmp_path / "harmless.jsonl", tmp_path / "mentions.jsonl"
    file.write_text('{"text": "the parking is killing me", "kind": "lexical-trap"}\n')
    mentions.write_text('{"text": "I am gasping for air"}\n')
    monkeypatch.setattr(add_near_misses, "__defaults__", (file, mentions))
    return file


def test_false_alarms_stand_apart_with_what_fired(capsys: pytest.CaptureFixture[str]):
    ask(*FLYING)
    default_queue().add(GASPING, "false-alarm", RULES, "web")
    commands.main(["list"])
    shown = capsys.readouterr().out
    questions, alarms = shown.split("False alarms of the red-flag screen")
    assert "3 messages" in questions and GASPING not in questions
    assert GASPING in alarms and "breathing/gasping" in alarms and "Group 4" in alarms


def test_an_accepted_false_alarm_becomes_a_near_miss(near_misses: Path):
    default_queue().add(GASPING, "false-alarm", RULES, "web")
    commands.main(["accept", "1", "--near-miss", "lexical-trap"])
    rows = [json.loads(line) for line in near_misses.read_text().splitlines()]
    assert rows[1] == {"text": GASPING, "kind": "lexical-trap"} and len(rows) == 2
    assert decided() == {GASPING: ("accepted", "near miss: lexical-trap")}


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (GASPING, ["--entry", "exercise"], "NEAR_MISS= is for false alarms"),
        (GASPING, ["--near-miss", "nonsense"], "allowed are lexical-trap"),
        ("I am gasping for air", ["--near-miss", "lexical-trap"], "stands among the red flags"),
        ("The parking is killing me", ["--near-miss", "lexical-trap"], "already"),
        ("Karen gasps, ring 07700 900123", ["--near-miss", "lexical-trap"], "taken out"),
    ],
)
def test_what_is_no_near_miss_is_refused(near_misses: Path, text, arguments, said):
    before = near_misses.read_bytes()
    default_queue().add(text, "false-alarm", RULES, "web")
    with pytest.raises(SystemExit, match=said):
        commands.main(["accept", "1", *arguments])
    assert near_misses.read_bytes() == before
    assert {status for status, _ in decided().values()} == {"open"}
