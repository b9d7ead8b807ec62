"""The report on the message sets as Markdown: numbers and names of sets, never a message."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from assistant.datasets.messages import ENTRY, SPLITS, Message, Split
from assistant.datasets.twins import LOOKS, RELATIONS, Look, Twins

LONGEST = (3, 8, 15, 30, 60)  # words, of each class of lengths; one more class lies beyond
FEW, MANY = 0.5, 2.0  # times the median: what is flagged
# Kinds whose labels are all of one sort; those of the others have topics or none.
ALL_LABELS = {
    "faq": "entries, wordings",
    "service": "services",
    "red_flags": "red flags, categories",
    "harmless": "red flags, none",
}

HEAD = """# The message sets

What `make data` prints; `make data DOCS=yes` writes it here. How the sets were composed, and what
each is for: [messages.md](messages.md)."""
BALANCE = f"""## Balance of what is trained on

Messages a label; flagged is what has under {FEW:g} or over {MANY:g} times its group's median."""
WITHIN = """## Twins within a split

Pairs of messages. *exact*: the same words, case and punctuation aside; *letters*: nearly the same
spelling; *meaning*: what the encoder alone takes for the same."""
LEAKS = """## Leaks

Held-out messages that have a twin in another split, each counted once, where it is nearest.
*exact, short*: so few words that anybody would write them."""


def data_report(messages: Sequence[Message], twins: Sequence[Twins], looks: Sequence[Look]) -> str:
    """Returns the report.

    Args:
        messages: Of all sets.
        twins: All that were found among them.
        looks: The looks that were taken; columns of the others hold a dash.
    """
    classes = [_length(words) for words in (*LONGEST, LONGEST[-1] + 1)]
    parts = [
        HEAD,
        "## Sets",
        _sets(messages),
        "## Kinds",
        _by_split("kind", sorted({m.kind for m in messages}), messages, lambda m: m.kind),
        "## Lengths",
        _by_split("words", classes, messages, lambda m: _length(len(m.text.split()))),
        BALANCE,
        _balance([message for message in messages if message.split == "training"]),
        "## Entries",
        _entries(messages),
        WITHIN,
        _within(twins, looks),
        LEAKS,
        _leaks(messages, twins, looks),
    ]
    return "\n\n".join(parts) + "\n"


def set_of(message: Message) -> str:
    """The set that a message stands in: its file, or the whole corpus.

    >>> set_of(Message("?", "training", "faq_corpus/living/work.md", 2, "faq", ()))
    'faq_corpus'
    """
    folder = message.file.split("/")[0]
    return message.file if folder == "data" else folder


def unbalanced(counts: Mapping[str, int]) -> list[str]:
    """Returns the labels with far fewer or far more messages than most, the fewest first.

    >>> unbalanced({"a": 4, "b": 10, "c": 10, "d": 21})
    ['a', 'd']
    """
    middle = median(counts.values())
    return sorted(
        (label for label, count in counts.items() if not FEW * middle <= count <= MANY * middle),
        key=lambda label: (counts[label], label),
    )


def _sets(messages: Iterable[Message]) -> str:
    lengths: dict[str, list[int]] = {}
    for message in messages:
        lengths.setdefault(set_of(message), []).append(len(message.text.split()))
    rows = [(name, len(words), f"{median(words):g}", max(words)) for name, words in lengths.items()]
    return _table(("set", "messages", "words, median", "words, most"), rows)


def _by_split(
    head: str, names: Iterable[str], messages: Iterable[Message], name_of: Callable[[Message], str]
) -> str:
    counts = Counter((name_of(message), message.split) for message in messages)
    rows = [(name, *(counts[name, split] for split in SPLITS)) for name in names]
    return _table((head, *SPLITS), rows)


def _length(words: int) -> str:
    place = bisect_left(LONGEST, words)
    if place == len(LONGEST):
        return f"over {LONGEST[-1]}"
    return f"{LONGEST[place - 1] + 1 if place else 1} to {LONGEST[place]}"


def _balance(training: Iterable[Message]) -> str:
    groups: dict[str, Counter[str]] = {}
    for message in training:
        for label in message.labels:
            groups.setdefault(_group(message, label), Counter())[label] += 1
    rows = []
    for group, counts in groups.items():
        each = counts.values()
        flagged = ", ".join(
            f"{label.split('/', 1)[-1]} ({counts[label]})" for label in unbalanced(counts)
        )
        rows.append((group, len(counts), min(each), f"{median(each):g}", max(each), flagged or "-"))
    return _table(("group", "labels", "fewest", "median", "most", "flagged"), rows)


def _group(message: Message, label: str) -> str:
    """What a label is one of many of: entries, topics of an intent, intents, categories."""
    if message.kind == "follow_up":
        return "entries, follow-ups" if label.startswith(ENTRY) else "follow-ups not covered"
    if message.kind in ALL_LABELS:
        return ALL_LABELS[message.kind]
    return f"{message.kind}, {'topics' if '/' in label else 'without topic'}"


def _entries(messages: Sequence[Message]) -> str:
    names = ("wordings", "follow-ups", "validation", "evaluation")
    counts: Counter[tuple[str, str]] = Counter()
    for message in messages:
        trained = "wordings" if message.kind == "faq" else "follow-ups"
        column = trained if message.split == "training" else message.split
        counts.update((entry, column) for entry in message.entries)
    entries = dict.fromkeys(entry for message in messages for entry in message.entries)
    rows = [(entry, *(counts[entry, name] for name in names)) for entry in entries]
    return _table(("entry", *names), rows)


def _within(twins: Iterable[Twins], looks: Sequence[Look]) -> str:
    counts = Counter(
        (pair.first.split, pair.relation, pair.look) for pair in twins if not pair.across_splits
    )
    rows = [
        (split, relation, *_seen({look: counts[split, relation, look] for look in LOOKS}, looks))
        for split in SPLITS
        for relation in RELATIONS
        if any(counts[split, relation, look] for look in LOOKS)
    ]
    return _table(("split", "twins have", *LOOKS), rows)


def _leaks(messages: Iterable[Message], twins: Iterable[Twins], looks: Sequence[Look]) -> str:
    columns = ("exact", "exact, short", "letters", "meaning")
    nearest: dict[tuple[Message, Split], str] = {}
    for pair in twins:
        if pair.across_splits:
            column = "exact, short" if pair.look == "exact" and pair.short else pair.look
            key = (pair.second, pair.first.split)
            nearest[key] = min(column, nearest.get(key, column), key=columns.index)
    found = Counter((set_of(message), split, seen) for (message, split), seen in nearest.items())
    sizes = Counter((set_of(message), message.split) for message in messages)
    rows = []
    for (name, split), size in sizes.items():
        for other in SPLITS[: SPLITS.index(split)]:
            counts = {column: found[name, other, column] for column in columns}
            rows.append((name, size, other, *_seen(counts, ("exact, short", *looks))))
    return _table(("set", "messages", "twins in", *columns), rows)


def _seen(counts: Mapping[str, int], looks: Sequence[str]) -> list[str]:
    return [str(count) if look in looks else "-" for look, count in counts.items()]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    ruler = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, ruler, *rows))
