"""The learned layer: what the classifier reads and what rules see, weighed against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from assistant.faq.judge import Judge, load_judge, save_judge
from assistant.red_flags.classifier import Read, Reader, RedFlagClassifier
from assistant.red_flags.findings import Finding
from assistant.red_flags.glance import WEIGHTS_FILE as GLANCE_FILE
from assistant.red_flags.glance import Glance
from assistant.red_flags.judgement import Judgement, Window
from assistant.red_flags.mention import categories
from assistant.red_flags.windows import Span, Windows, windows_of

# In a message of many passages one looks like a mention by chance: the odds of each are divided by
# the number of passages to this power. Whole odds (1.0) would lose 11 points of the mentions.
CROWD = 0.5

# "When unsure between two, the higher" (faq_entries.md): a window is about an emergency unless it
# is more than so many times as likely about a same-day sign.
UNSURE = 2.0
POSSIBLE = 0.1  # share of a category among all, from which on a window may be about it
OWN = 0.3  # weight of a window's own words beside what is said around it, in telling its category
_NONE = np.zeros(0, np.float32)
NOTHING_READ = Read((), np.zeros((0, 0), np.float32), _NONE, _NONE)
JUDGE_FILE, CARD_FILE = "red_flag_judge.json", "red_flag_rules.json"


class LearnedLayer:
    """Scores the windows of a message.

    Args:
        classifier: reads each window.
        strengths: rule id -> log odds of a mention where the rule fires, from training messages.
        judge: weighs the clues of a window; None takes the classifier's mean.
        threshold: the score from which on a window fires.
        glance: says which parts of a long message are read; None takes where rules fired.
    """

    def __init__(
        self,
        classifier: RedFlagClassifier,
        strengths: Mapping[str, float],
        judge: Judge | None = None,
        threshold: float = 0.5,
        glance: Glance | None = None,
    ) -> None:
        self._classifier = classifier
        self._strengths = strengths
        self.judge = judge
        self.threshold = threshold
        self._glance = glance

    def score(
        self, text: str, clauses: Sequence[Span], findings: Sequence[Finding] = ()
    ) -> Judgement:
        """Reads the whole message and each clause; what is said in any of them counts.

        Args:
            text: the original message.
            clauses: its clauses in the original text.
            findings: of the rules.
        """
        read_windows, clues, read = self.clues(text, clauses, findings)
        scores = self.probabilities(read_windows, clues)
        clearest = max(range(len(scores)), key=scores.__getitem__, default=None)
        windows = []
        for number, (span, score) in enumerate(zip(read_windows.spans, scores, strict=True)):
            shares = _shares(read, number, read_windows.contexts[number])
            least = min(POSSIBLE, max(shares.values()))
            possible = _pressing_first(
                tuple(name for name, share in shares.items() if share >= least), shares
            )
            if not _speaks_for_itself(clues[number]):
                # What is said around it tells nothing of this window's category. Only the clearest
                # one keeps it, and a rule in it knows better.
                by_rules = [
                    finding.category
                    for finding in findings
                    if span[0] <= finding.start and finding.end <= span[1]
                ]
                own = possible if number == clearest else ()
                possible = tuple(dict.fromkeys([*by_rules, *own]))
            windows.append(Window(score, *span, possible, shares))
        return Judgement(tuple(windows), self.threshold, read_windows.complete)

    def probabilities(self, windows: Windows, clues: Sequence[Sequence[float]]) -> list[float]:
        """What the clues of each window come to."""
        judge = self.judge or Judge((0.5, 0.5, 0.0, 0.0, 0.0, 0.0), 0.0)
        return [round(among(judge.probability(clue), windows.passages), 4) for clue in clues]

    def clues(
        self, text: str, clauses: Sequence[Span], findings: Sequence[Finding] = ()
    ) -> tuple[Windows, list[list[float]], Read]:
        """The windows of a message, and for each what speaks for a mention in it."""
        look = self._glance.scores if self._glance is not None else None
        windows = windows_of(text, clauses, [(f.start, f.end) for f in findings], look)
        if not windows.spans:
            return windows, [], NOTHING_READ
        read = self._classifier.read([text[start:end] for start, end in windows.spans])
        clues = []
        for number, (start, end) in enumerate(windows.spans):
            context = windows.contexts[number]
            inside = [f for f in findings if start <= f.start and f.end <= end]
            strengths = [
                self._strengths.get(fired.by, 0.0) for finding in inside for fired in finding.fired
            ]
            clues.append(
                [
                    float(read.letters[number]),
                    float(read.reader[number]),
                    float(read.letters[context]),
                    float(read.reader[context]),
                    max(strengths, default=0.0),
                    float(bool(inside)),
                ]
            )
        return windows, clues, read

    def save(self, folder: Path) -> None:
        """Writes everything into an existing folder."""
        self._classifier.save(folder)
        if self._glance is not None:
            self._glance.save(folder)
        save_judge(self.judge, folder / JUDGE_FILE)
        card = {"threshold": self.threshold, "strengths": self._strengths}
        (folder / CARD_FILE).write_text(json.dumps(card, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, reader: Reader) -> LearnedLayer:
        """Reads what `save` wrote.

        Raises:
            FileNotFoundError: nothing was saved there.
        """
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        return cls(
            RedFlagClassifier.load(folder, reader),
            card["strengths"],
            load_judge(folder / JUDGE_FILE),
            card["threshold"],
            Glance.load(folder) if (folder / GLANCE_FILE).is_file() else None,
        )


def most_telling(clues: Sequence[Sequence[float]]) -> Sequence[float]:
    """The clues of the window that speaks most clearly for a mention."""
    return max(clues, key=lambda clue: clue[0] + clue[1] + clue[4])


def among(probability: float, passages: int) -> float:
    """The probability of a mention in one of many passages, from what it says by itself.

    >>> among(0.5, 1), round(among(0.5, 40), 2)
    (0.5, 0.14)
    """
    against = (1 - probability) * float(max(1, passages) ** CROWD)
    return probability / (probability + against)


def _shares(read: Read, number: int, context: int) -> dict[str, float]:
    """What a window may be about, the likeliest category first."""
    mixed = read.shares[number] ** OWN * read.shares[context] ** (1 - OWN)
    mixed /= mixed.sum()
    return {
        read.categories[place]: round(float(mixed[place]), 4) for place in mixed.argsort()[::-1]
    }


def _pressing_first(names: Sequence[str], shares: Mapping[str, float]) -> tuple[str, ...]:
    """Categories, the likeliest first; emergencies before the others where that is unsure."""
    emergencies = [name for name in names if categories()[name] == "emergency"]
    urgent = sum(share for name, share in shares.items() if categories()[name] == "emergency")
    if not emergencies or urgent * UNSURE < sum(shares.values()) - urgent:
        return tuple(names)
    return (*emergencies, *(name for name in names if name not in emergencies))


def _speaks_for_itself(clues: Sequence[float]) -> bool:
    """Whether the reader sees a mention in a window without the rest of the message."""
    return clues[1] > 0.0
