"""The review queue's commands; the Makefile's `review...` targets call them.

Run as `python -m assistant.learning COMMAND --help`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from assistant.editorial.diff import describe
from assistant.editorial.importing import apply
from assistant.encoder import EncoderError, get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.faq.corpus import Corpus, load_corpus
from assistant.faq.document import ContentError
from assistant.learning.accepting import (
    AcceptError,
    changes_for_entry,
    variants_of,
    write_draft,
)
from assistant.learning.grouping import Group, groups_of
from assistant.learning.near_misses import KINDS, NearMissError, add_near_misses
from assistant.learning.queue import FALSE_ALARM, ReviewQueueError, Status, default_queue
from assistant.snapshot import keep_texts

# Plain MiniLM: our own encoder was taught to draw every question towards an entry, and what is
# looked for here are questions that have none. The check for twins was set on it as well.
MODEL = PACKAGED_MODEL
EXAMPLES = 5
REFUSED = (AcceptError, ContentError, EncoderError, NearMissError, OSError, ReviewQueueError)


def show(_: argparse.Namespace) -> None:
    """Lists the groups of messages that wait, those asked most first."""
    groups = _groups(load_corpus())
    false_alarms = _false_alarms()
    for group in groups:
        print(_described(group))
    if false_alarms:
        print("False alarms of the red-flag screen, as those say who closed the cases:\n")
        for alarm in false_alarms:
            print(_described_alarm(alarm))
        print(
            f"{len(false_alarms)} false alarms wait: make review-accept GROUP=<number> "
            f"NEAR_MISS=<{'|'.join(KINDS)}>, or make review-dismiss GROUP=<number>"
        )
    waiting = sum(len(group.messages) for group in groups)
    print(f"{waiting} messages in {len(groups)} groups wait for review.")
    if groups:
        print(
            "make review-accept GROUP=<number> ENTRY=<id> (or NEW=<id>), "
            "make review-dismiss GROUP=<number>; WITHOUT=<message> leaves one out"
        )


def accept(options: argparse.Namespace) -> None:
    """Takes a group into an entry, or begins a new entry with it."""
    if sum(map(bool, (options.entry, options.new, options.near_miss))) != 1:
        raise AcceptError(
            "Say where the group belongs: either ENTRY=<id> or NEW=<id>; of a false alarm, "
            "NEAR_MISS=<kind>."
        )
    corpus = load_corpus()
    group = _chosen(options, corpus)
    if bool(options.near_miss) != _is_false_alarm(group):
        raise AcceptError(
            f"GROUP={options.group}: NEAR_MISS= is for false alarms, and they for it alone."
        )
    if options.near_miss:
        add_near_misses([message.text for message in group.messages], options.near_miss)
        _resolve(group, "accepted", f"near miss: {options.near_miss}")
        print("The screen learns of it with the next training: make train, then make red-flags")
        return
    if options.new:
        file = write_draft(group, options.new, corpus)
        print(f"Draft written: {file}. No patient sees it: write the answer, then move it.")
        _resolve(group, "accepted", f"drafts/{file.name}")
        return
    changes = changes_for_entry(group, options.entry, corpus, get_encoder(MODEL).encode)
    print("\n\n".join(map(describe, changes)) or f"{options.entry} has these variants already.")
    if changes and not (options.yes or _agreed()):
        print("Nothing was changed.")
        return
    if changes:
        print(f"The texts before are in {keep_texts()}.")
        apply(changes)
    left = len(group.messages) - len(variants_of(group))
    if left:
        print(f"{left} messages are no variants: something was taken out of them.")
    _resolve(group, "accepted", options.entry)
    print("Patients profit after: make corpus-publish")


def dismiss(options: argparse.Namespace) -> None:
    """Takes a group out of the queue; when its words are asked again they are only counted."""
    _resolve(_chosen(options, load_corpus()), "dismissed", None)


def _agreed() -> bool:
    return input("Change the file? [y/N] ").strip().casefold() in ("y", "yes")


def _groups(corpus: Corpus) -> list[Group]:
    entries = list(corpus.entries.values())
    waiting = [one for one in default_queue().waiting() if one.reason != FALSE_ALARM]
    return groups_of(waiting, entries, get_encoder(MODEL).encode)


def _false_alarms() -> list[Group]:
    """Each by itself: what is alike for questions is not for signs."""
    waiting = default_queue().waiting()
    return [Group((one,), ()) for one in waiting if one.reason == FALSE_ALARM]


def _is_false_alarm(group: Group) -> bool:
    return group.messages[0].reason == FALSE_ALARM


def _chosen(options: argparse.Namespace, corpus: Corpus) -> Group:
    groups = [*_groups(corpus), *_false_alarms()]
    group = next((one for one in groups if one.id == options.group), None)
    if group is None:
        home = [one.id for one in groups if options.group in [each.id for each in one.messages]]
        ids = ", ".join(str(one.id) for one in groups) or "none: the queue is empty"
        where = f"message {options.group} is in group {home[0]} now" if home else "it is not there"
        raise AcceptError(f"GROUP={options.group}: {where}; groups are {ids}. See: make review")
    members = {message.id for message in group.messages}
    if not set(options.without) <= members or set(options.without) == members:
        raise AcceptError(
            f"WITHOUT={' '.join(map(str, options.without))}: allowed are some, not all, of the "
            f"messages {', '.join(map(str, sorted(members)))}"
        )
    kept = tuple(message for message in group.messages if message.id not in options.without)
    return replace(group, messages=kept)


def _resolve(group: Group, status: Status, resolution: str | None) -> None:
    ids = [message.id for message in group.messages]
    default_queue().resolve(ids, status, resolution)
    print(f"{len(ids)} messages {status}.")


def _described(group: Group) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in group.reasons.items())
    near = ", ".join(f"{nearest.id} {nearest.score:.2f}" for nearest in group.nearest)
    lines = [
        f"Group {group.id}: {len(group.messages)} messages, asked {group.times} times "
        f"({group.first_at:%Y-%m-%d} to {group.last_at:%Y-%m-%d}); {reasons}",
        f"  nearest: {near}",
    ]
    examples = sorted(group.messages, key=lambda message: -message.times)[:EXAMPLES]
    lines += [f"  {message.id:>5}  {message.text}" for message in examples]
    if len(group.messages) > EXAMPLES:
        others = ", ".join(str(one.id) for one in group.messages if one not in examples)
        lines.append(f"         and {others}")
    return "\n".join(lines) + "\n"


def _described_alarm(group: Group) -> str:
    (message,) = group.messages
    rules = ", ".join(str(rule["id"]) for rule in message.entries)
    return (
        f"Group {group.id}: closed as a false alarm {message.times} times, last on "
        f"{message.at:%Y-%m-%d}\n  fired: {rules or 'not kept'}\n"
        f"  {message.id:>5}  {message.text}\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="assistant.learning")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list", help=show.__doc__).set_defaults(work=show)
    for name, work in (("accept", accept), ("dismiss", dismiss)):
        command = commands.add_parser(name, help=work.__doc__)
        command.set_defaults(work=work)
        command.add_argument("group", type=int, help="the group's number")
        command.add_argument("--without", type=int, nargs="*", default=[], help="messages left out")
        if work is accept:
            command.add_argument("--entry", help="the entry that answers the group")
            command.add_argument("--new", help="the id of a new entry")
            command.add_argument("--near-miss", help="for a false alarm: its kind")
            command.add_argument("--yes", action="store_true", help="change without asking")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Runs one command."""
    options = _parser().parse_args(arguments)
    try:
        options.work(options)
    except REFUSED as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
