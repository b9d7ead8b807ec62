"""Evidence for the examples themselves, each gathered by a source that has not seen it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from assistant.encoder import Encoder
from assistant.faq.evidence import FAQ, LEAST, Evidence, EvidenceSource
from assistant.faq.index import AUTO

FOLDS = 5
FEWEST_CLASSES = 4  # below that nothing would be left to mistake a message for


def held_out_evidence(
    encoder: Encoder,
    examples: Sequence[tuple[str, str]],
    answers: Mapping[str, str],
    parts: Collection[str],
    search: str = AUTO,
) -> tuple[Evidence, np.ndarray]:
    """Holds out a fifth of each class in turn, then each fifth of the classes as a whole.

    The messages of a class that is held out as a whole stand for those that nothing covers:
    where none are known, they are the nearest thing to them. A class of one example is only
    held out as a whole.

    Returns:
        The evidence, and which entries are right (none for a class held out as a whole),
        shape (examples held out, entries).
    """
    ids = sorted({name[len(FAQ) + 1 :] for _, name in examples if name.startswith(f"{FAQ}/")})
    gathered, right = [], []
    for held, covered in [
        *((fold, True) for fold in _folds_of_examples(examples)),
        *((fold, False) for fold in _folds_of_classes(examples)),
    ]:
        out = set(held)
        rest = [example for number, example in enumerate(examples) if number not in out]
        source = EvidenceSource.train(encoder, rest, answers, parts, search)
        gathered.append(_aligned(source.gather([examples[n][0] for n in held]), source.ids, ids))
        right.append(
            np.array([[covered and examples[n][1] == f"{FAQ}/{id_}" for id_ in ids] for n in held])
        )
    if not gathered:
        nothing = Evidence(np.zeros((0, len(ids), 4)), np.zeros((0, 1)), np.zeros(0))
        return nothing, np.zeros((0, len(ids)), dtype=bool)
    evidence = Evidence(
        np.concatenate([one.features for one in gathered]),
        np.concatenate([one.services for one in gathered]),
        np.concatenate([one.uncovered for one in gathered]),
    )
    return evidence, np.concatenate(right)


def _folds_of_examples(examples: Sequence[tuple[str, str]]) -> list[list[int]]:
    of_class: dict[str, list[int]] = defaultdict(list)
    for number, (_, name) in enumerate(examples):
        of_class[name].append(number)
    several = [numbers for numbers in of_class.values() if len(numbers) > 1]
    folds = [[n for numbers in several for n in numbers[fold::FOLDS]] for fold in range(FOLDS)]
    return [fold for fold in folds if fold]


def _folds_of_classes(examples: Sequence[tuple[str, str]]) -> list[list[int]]:
    names = sorted({name for _, name in examples if name.startswith(f"{FAQ}/")})
    if len(names) < FEWEST_CLASSES or len(names) == len(examples):
        return []
    groups = [set(names[fold::FOLDS]) for fold in range(FOLDS)]
    return [
        [n for n, (_, name) in enumerate(examples) if name in group] for group in groups if group
    ]


def _aligned(evidence: Evidence, have: Sequence[str], want: Sequence[str]) -> Evidence:
    """Gives every entry a column; for one held out as a whole nothing speaks."""
    features = np.zeros((len(evidence.features), len(want), evidence.features.shape[2]))
    features[:, :, 0] = np.log(LEAST)
    features[:, [want.index(id_) for id_ in have]] = evidence.features
    return Evidence(features, evidence.services, evidence.uncovered)
