"""Windows: the stretches of a message that the learned layer reads, each with its context."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# A short text took 1.3 to 2.7 ms to encode. 3,000 characters must be done in 80 ms, 20,000 in 300,
# and of these the rules take 50.
MOST_WINDOWS = 32
MOST_PASSAGES = 16  # of them; the rest are clauses
VERY_LONG = 6_000  # characters; of a longer message twice as many are read
SHORTEST = 12  # characters; shorter clauses are read with their neighbour
LONGEST = 700  # characters; a message up to here is read whole, the encoder reads no further
LINE = 450  # characters; a line of a long message up to here is a passage
PASSAGE = 200  # characters from which on a passage of a longer line ends with its sentence
SHORTEST_LINE = 30  # characters; shorter lines are one passage with the next
SEEN = 3.0  # log odds: what a rule's finding adds to the first look

Span = tuple[int, int]  # begin and end in the original text
Look = Callable[[list[str]], Iterable[float]]  # how much each text looks like a mention


@dataclass(frozen=True)
class Windows:
    """What is read of a message.

    Attributes:
        spans: stretches of the original text; first the whole message, or passages of a long one.
        contexts: for each the number of the span it stands in; its own for message and passages.
        passages: how many passages the message has, read or not; 1 where it is read whole.
        complete: whether that is all of it.
    """

    spans: tuple[Span, ...]
    contexts: tuple[int, ...]
    passages: int
    complete: bool


def windows_of(
    text: str, clauses: Sequence[Span], seen: Sequence[Span] = (), look: Look | None = None
) -> Windows:
    """The whole message and its clauses; of a long one the passages that look most like mentions.

    Args:
        text: the original message.
        clauses: its clauses in the original text.
        seen: where rules fired.
        look: the first look at passages and clauses; without one those where rules fired come
            first, in the order of the text.
    """
    if not text.strip():
        return Windows((), (), 0, True)
    joined = _joined(clauses) if len(clauses) > 1 else []
    passages = _passages(text, clauses) if len(text) > LONGEST else [(0, len(text))]
    all_read = len(passages) == 1 and len(joined) < MOST_WINDOWS
    looks = _looks(text, [*passages, *joined], seen, None if all_read else look)
    within = _within(passages, joined)
    times = 2 if len(text) > VERY_LONG else 1
    in_order = sorted(passages, key=lambda one: -max(looks[w] for w in (one, *within[one])))
    kept = sorted(in_order[: times * MOST_PASSAGES])
    inside = [(w, number) for number, one in enumerate(kept) for w in within[one]]
    room = times * MOST_WINDOWS - len(kept)
    chosen = sorted(sorted(inside, key=lambda one: -looks[one[0]])[:room])
    spans = (*kept, *(span for span, _ in chosen))
    contexts = (*range(len(kept)), *(number for _, number in chosen))
    complete = len(kept) == len(passages) and all(end - start <= LONGEST for start, end in kept)
    return Windows(spans, contexts, len(passages), complete)


def _joined(clauses: Sequence[Span]) -> list[Span]:
    """The clauses, short ones with their neighbours."""
    windows: list[Span] = []
    start = -1
    for first, last in clauses:
        if start >= 0 and last - first >= SHORTEST:
            # Read with the short one before it, and alone: "no blood" must not colour what follows.
            windows.append((first, last))
        start = first if start < 0 else start
        if last - start >= SHORTEST:
            windows.append((start, last))
            start = -1
    if start >= 0:
        windows.append((windows[-1][0] if windows else start, clauses[-1][1]))
    return list(dict.fromkeys(windows))


def _passages(text: str, clauses: Sequence[Span]) -> list[Span]:
    """Lines, and of longer lines a few sentences each; what has no clauses is cut where it must be.

    A mention dilutes in what is said around it, so a passage is about as long as the messages that
    the classifier was trained on.
    """
    cuts = [0]
    for (_, before), (start, _) in pairwise(clauses):
        border = text[before:start]
        size = start - cuts[-1]
        ends_line = "\n" in border and size >= SHORTEST_LINE
        ends_sentence = size >= PASSAGE and any(mark in border for mark in ".!?\n")
        if ends_line or size > LINE or (ends_sentence and _rest(text, cuts[-1]) > LINE):
            cuts.append(start)
    passages: list[Span] = []
    for start, end in pairwise([*cuts, len(text)]):
        pieces = range(start, end, LINE) if end - start > LONGEST else [start]
        passages += [
            (piece, min(piece + LINE, end) if len(pieces) > 1 else end) for piece in pieces
        ]
    return [(start, end) for start, end in passages if text[start:end].strip()]


def _rest(text: str, start: int) -> int:
    """How many characters are left of the line."""
    end = text.find("\n", start + SHORTEST_LINE)
    return (end if end >= 0 else len(text)) - start


def _looks(
    text: str, windows: Sequence[Span], seen: Sequence[Span], look: Look | None
) -> dict[Span, float]:
    """How much each window looks like a mention at first."""
    scores = look([text[slice(*one)] for one in windows]) if look else [0.0] * len(windows)
    return {
        one: score + SEEN * any(one[0] <= end and start <= one[1] for start, end in seen)
        for one, score in zip(windows, scores, strict=True)
    }


def _within(passages: Sequence[Span], clauses: Sequence[Span]) -> dict[Span, list[Span]]:
    """The clauses of each passage, but for those that are all of it."""
    starts = [start for start, _ in passages]
    found: dict[Span, list[Span]] = {passage: [] for passage in passages}
    for clause in clauses:
        passage = passages[max(0, bisect_right(starts, clause[0]) - 1)]
        if clause != passage and clause[1] <= passage[1]:
            found[passage].append(clause)
    return found
