"""Clauses: where a message's thoughts begin and end, and how far apart they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What a border costs, in words, when a rule's parts lie on its two sides.
COMMA, TURN, SENTENCE = 1, 2, 4

_BORDER = re.compile(
    r"(?P<sentence>(?:(?<!\d)[.]|[.](?!\d)|[!?])[.!?]*|\n+|\s[-*•]\s(?=\S))"
    r"|(?P<comma>[,;:()\[\]{}|&=\"]+|\s(?:--?|–|—)+\s|(?:–|—)|::+|/{2,})"
    r"|(?P<turn>\b(?:but|and now|now|although|though|however|except|because|cos|coz|only thing is"
    r"|apart from that|other than that|anyway|whereas|and then|since then)\b)"
)
_ABBREVIATION = re.compile(r"\b(?:dr|mr|mrs|ms|st|e\.?g|i\.?e|approx|vs|tel)\.$")


@dataclass(frozen=True)
class Clause:
    """A stretch of folded text.

    Attributes:
        start, end: its span in the folded text.
        cost: what the border before it costs.
        sentence: number of its sentence.
        asks: whether its sentence ends with a question mark.
    """

    start: int
    end: int
    cost: int
    sentence: int
    asks: bool = False


def split_clauses(text: str) -> list[Clause]:
    """Splits a folded text at sentence ends, commas, and words that turn a thought.

    Args:
        text: folded text; splitting words such as "but" stay with the clause they open.

    Returns:
        The clauses in order; none is blank.

    Example:
        >>> [text[c.start:c.end].strip() for text in ["my back aches, but legs fine. ok?"]
        ...  for c in split_clauses(text)]
        ['my back aches', 'but legs fine', 'ok']
    """
    pieces: list[tuple[int, int, int, int]] = []
    asking = set()
    start, cost, sentence = 0, 0, 0
    for border in _BORDER.finditer(text):
        kind = border.lastgroup
        if kind == "sentence" and _ABBREVIATION.search(text, max(0, start), border.end()):
            continue
        if text[start : border.start()].strip():
            pieces.append((start, border.start(), cost, sentence))
            cost = 0
        if kind == "sentence":
            if "?" in border.group():
                asking.add(sentence)
            sentence += 1
            cost = max(cost, SENTENCE)
        else:
            cost = max(cost, COMMA if kind == "comma" else TURN)
        start = border.start() if kind == "turn" else border.end()
    if text[start:].strip():
        pieces.append((start, len(text), cost, sentence))
    return [Clause(s, e, c, n, n in asking) for s, e, c, n in pieces]
