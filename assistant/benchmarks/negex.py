"""The NegEx kit: which of the concepts in hospital sentences are denied.

Only the screen's status component is asked, on the tokens of the concept: no rule and no model
has to find the concept first. What it calls past or asked counts as affirmed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from assistant.benchmarks.data import Annotated
from assistant.red_flags import load_lexicon
from assistant.red_flags.reading import Reader
from assistant.red_flags.status import StatusReader

COLUMNS = ("precision", "recall", "F1", "affirmed recall")


def predict(annotated: Sequence[Annotated]) -> np.ndarray:
    """Reads the status of each concept with the shipped lexicon.

    Returns:
        Whether it is read as denied, boolean, shape (sentences,).
    """
    lexicon = load_lexicon()
    reader, status = Reader(lexicon), StatusReader(lexicon)
    return np.array([_is_negated(reader, status, one) for one in annotated])


def _is_negated(reader: Reader, status: StatusReader, one: Annotated) -> bool:
    """Whether any place of the concept is denied, as negex.py counts it."""
    reading = reader.read(one.sentence)
    context = status.context(reading)
    for start, end in locate(one.sentence, one.concept):
        inside = [
            number
            for number, token in enumerate(reading.tokens)
            if token.start < end and start < token.end
        ]
        if inside and context.verdict(inside).status == "negated":
            return True
    return False


def locate(sentence: str, concept: str) -> list[tuple[int, int]]:
    """Where a concept stands: in capitals, or in any case, or else as much of it as there is.

    The kit cut some sentences inside a concept, and left some concepts as they were.

    >>> locate("no NAUSEA; nausea is a side effect", "nausea")
    [(3, 9)]
    >>> locate("Pharynx good.", "Pharynx good.  Moist mucous membranes")
    [(0, 13)]
    """
    for wanted, flags in ((concept.upper(), 0), (concept, re.IGNORECASE)):
        found = re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", sentence, flags)
        spans = [match.span() for match in found]
        if spans:
            return spans
    matcher = SequenceMatcher(None, sentence.lower(), concept.lower(), autojunk=False)
    part = matcher.find_longest_match(0, len(sentence), 0, len(concept))
    return [(part.a, part.a + part.size)]


def figures(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """The figures in the order of `COLUMNS`; nan where there is nothing to divide by.

    Args:
        truth: Whether the concept is denied, boolean, shape (sentences,).
        predicted: Whether it is read so, likewise.

    >>> figures(np.array([True, True, False, False]), np.array([True, False, False, True]))
    array([0.5, 0.5, 0.5, 0.5])
    """
    hits = float((truth & predicted).sum())
    affirmed = float((~truth).sum())
    return np.array(
        [
            _share(hits, float(predicted.sum())),
            _share(hits, float(truth.sum())),
            _share(2 * hits, float(predicted.sum() + truth.sum())),
            _share(float((~truth & ~predicted).sum()), affirmed),
        ]
    )


def _share(hits: float, of: float) -> float:
    return hits / of if of else float("nan")
