"""Windows: the stretches of a message that the learned layer reads, each with its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# One short text took 2.7 ms to encode on a shared core; 3,000 characters 37 to 62 ms in all.
MOST_WINDOWS = 25
SHORTEST = 12  # characters; shorter clauses are read with their neighbour
LONGEST = 700  # characters; the encoder reads no further
BLOCK = 450  # characters of a long message that are read as a message of their own

Span = tuple[int, int]  # begin and end in the original text


@dataclass(frozen=True)
class Windows:
    """What is read of a message.

    Attributes:
        spans: stretches of the original text; first the whole message, or the blocks of a long one.
        contexts: for each the number of the span it stands in; its own for message and blocks.
        complete: whether that is all of it.
    """

    spans: tuple[Span, ...]
    contexts: tuple[int, ...]
    complete: bool


def windows_of(text: str, clauses: Sequence[Span], seen: Sequence[Span] = ()) -> Windows:
    """The whole message and its clauses; of a long one blocks, and clauses as the budget allows.

    Args:
        text: the original message.
        clauses: its clauses in the original text.
        seen: where rules fired: what is around them is read first, then the message's two ends.
    """
    if not text.strip():
        return Windows((), (), True)
    joined = _joined(clauses)
    long = len(text) > LONGEST
    blocks = _blocks(text, clauses) if long else [(0, len(text))]
    kept = sorted(_most_telling(blocks, seen)[:MOST_WINDOWS])
    inside = [w for w in joined if w not in kept and any(_holds(b, w) for b in kept)]
    room = MOST_WINDOWS - len(kept)
    chosen = sorted(_most_telling(inside, seen)[:room]) if len(joined) > 1 else []
    spans = (*kept, *chosen)
    contexts = [
        *range(len(kept)),
        *(next(n for n, block in enumerate(kept) if _holds(block, span)) for span in chosen),
    ]
    complete = len(kept) == len(blocks) and all(end - start <= LONGEST for start, end in kept)
    return Windows(spans, tuple(contexts), complete)


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


def _blocks(text: str, clauses: Sequence[Span]) -> list[Span]:
    """The message cut between clauses; what has no clauses is cut where it must be."""
    cuts = [0]
    for first, _ in clauses:
        if first - cuts[-1] >= BLOCK:
            cuts.append(first)
    cuts.append(len(text))
    blocks: list[Span] = []
    for start, end in pairwise(cuts):
        pieces = range(start, end, LONGEST) if end - start > LONGEST else [start]
        blocks += [(piece, min(piece + LONGEST, end)) for piece in pieces]
    return [(start, end) for start, end in blocks if text[start:end].strip()]


def _most_telling(windows: Sequence[Span], seen: Sequence[Span]) -> list[Span]:
    """Windows in the order in which they are to be read."""
    holding = [w for w in windows if any(w[0] <= end and start <= w[1] for start, end in seen)]
    ends = [
        windows[number // 2 if number % 2 == 0 else -1 - number // 2]
        for number in range(len(windows))
    ]
    return list(dict.fromkeys([*holding, *ends]))


def _holds(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]
