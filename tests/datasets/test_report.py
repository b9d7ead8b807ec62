"""The report counts, its exit status tells of leaks, and it shows no evaluation message."""

import pytest

from assistant.datasets.__main__ import main
from assistant.datasets.messages import Message
from assistant.datasets.report import data_report, unbalanced
from assistant.datasets.twins import exact_twins, near_twins

SECRET = "wherever did I put those spectacles"  # the checkout's evaluation message


def report(capsys, checkout, *arguments):
    main(["--root", str(checkout.root), "--no-encoder", *arguments])
    return capsys.readouterr().out


def test_sets_without_faults_are_counted(capsys, checkout):
    printed = report(capsys, checkout, "--docs")
    for row in (
        "| faq_corpus | 78 | 1 | 3 |",
        "| data/follow_ups.jsonl | 4 | 3 | 4 |",
        "| faq | 78 | 1 | 1 |",  # of training, validation, evaluation
        "| 4 to 8 | 2 | 1 | 1 |",
        "| entries, wordings | 3 | 26 | 26 | 26 | - |",
        "| one | 26 | 2 | 1 | 0 |",
        "| data/evaluation/faq.jsonl | 1 | training | 0 | 0 | 0 | - |",
    ):
        assert row in printed.splitlines()
    written = (checkout.root / "docs" / "data.md").read_text()
    assert written in printed and "make data DOCS=yes" in written


def test_docs_are_written_only_when_asked(capsys, checkout):
    report(capsys, checkout)
    assert not (checkout.root / "docs" / "data.md").exists()


@pytest.mark.parametrize("set_", ["data/red_flags/harmless.jsonl", "data/validation/faq.jsonl"])
def test_an_evaluation_message_elsewhere_ends_with_1_and_is_shown_nowhere(capsys, checkout, set_):
    checkout(set_, {"text": f"{SECRET.upper()}?"}, {"text": f"oh {SECRET}"})
    with pytest.raises(SystemExit) as end:
        report(capsys, checkout, "--docs")
    said = f"{set_}: message 2 stands in data/evaluation/faq.jsonl too; drop it"
    assert end.value.code == said  # a text: Python prints it and ends with 1
    listed = (checkout.root / "build" / "data-report.txt").read_text()
    assert f"leak\texact 1.00\t{set_}: message 2\tdata/evaluation/faq.jsonl: message 1" in listed
    assert f"{set_}: message 3\tdata/evaluation/faq.jsonl: message 1" in listed
    shown = capsys.readouterr().out + listed + (checkout.root / "docs" / "data.md").read_text()
    assert "spectacles" not in shown.casefold()


def test_a_validation_message_in_training_ends_with_1_and_is_listed(capsys, checkout):
    checkout("data/red_flags/harmless.jsonl", {"text": "How far ahead are the tables booked?"})
    with pytest.raises(SystemExit, match=r"message 2 stands in data/validation/faq\.jsonl too"):
        report(capsys, checkout)
    listed = (checkout.root / "build" / "data-report.txt").read_text()
    assert "how far ahead are the tables booked" in listed


def test_a_training_text_under_two_labels_ends_with_1(capsys, checkout):
    checkout("data/red_flags/harmless.jsonl", {"text": "My arm snapped!"})
    with pytest.raises(SystemExit, match=r"has another label in data/red_flags/mentions\.jsonl"):
        report(capsys, checkout)


def test_a_faulty_file_ends_with_its_name_and_what_it_needs(capsys, checkout):
    checkout("data/validation/faq.jsonl", {"entry": "one"})
    with pytest.raises(SystemExit, match=r"^data/validation/faq\.jsonl: message 2 needs a `text`"):
        report(capsys, checkout)


def message(text, split, file):
    return Message(text, split, file, 1, "faq", ("faq/work",))


def test_a_held_out_message_is_counted_once_where_it_is_nearest():
    messages = [
        message("how long off work after the nail", "training", "data/a.yml"),
        message("how long off work after a nail", "training", "data/b.yml"),
        message("ta", "training", "data/b.yml"),
        message("How long off work after the nail?", "evaluation", "data/c.jsonl"),
        message("Ta!", "evaluation", "data/c.jsonl"),
    ]
    twins = [*near_twins(messages), *exact_twins(messages)]
    assert {pair.look for pair in twins} == {"letters", "exact"}
    rows = data_report(messages, twins, ("exact", "letters")).splitlines()
    assert "| data/c.jsonl | 2 | training | 1 | 1 | 0 | - |" in rows
    assert "| training | one label | 0 | 1 | - |" in rows


def test_labels_far_from_the_median_are_flagged():
    assert unbalanced({"a": 5, "b": 10, "c": 20, "d": 10, "e": 21, "f": 4}) == ["f", "e"]
    assert unbalanced({"a": 7}) == []
