"""A message that may lean on the question before it: read alone, or with that."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.encoder import Encoder
from assistant.faq.choice import Choice, load_choice, save_choice
from assistant.faq.context import Leaning, join_turns
from assistant.faq.conversation import Before
from assistant.faq.reading import Scored
from assistant.faq.scorer import Scorer, TextScorer

LONGEST = 30  # words; a longer message says itself what it is about
MANY_WORDS = 15
JUDGE_FILE, THRESHOLD_FILE = "follow_up.json", "follow_up_from.json"
NEIGHBOURS_FILE = "neighbours.json"
CONSIDERED = 2  # of each way of reading
MOST_ANSWERED = 0.04  # of the turns that no entry answers
LOWEST_ANSWER, HIGHEST_ANSWER = 0.1, 0.4


@dataclass(frozen=True)
class Turn:
    """A labelled message with the conversation before it.

    Attributes:
        entries: Right answers to it; none where the corpus has none.
    """

    before: Before
    text: str
    entries: tuple[str, ...]


class FollowUps:
    """Reads a message with the question before it.

    Args:
        leaning: Tells which messages lean on the one before.
        judge: Fitted on validation; None where there was none: then `leaning` alone decides.
        questions: The entries' own questions by id.
        neighbours: By entry id, the entries that it names as the next questions.
        answer_from: From this probability on an entry is answered.
    """

    def __init__(
        self,
        leaning: Leaning,
        judge: Choice | None,
        questions: Mapping[str, str],
        neighbours: Mapping[str, Collection[str]],
        answer_from: float = HIGHEST_ANSWER,
    ) -> None:
        self._leaning = leaning
        self.judge = judge
        self.answer_from = answer_from
        self._questions = dict(questions)
        self._neighbours = {id_: tuple(own) for id_, own in neighbours.items()}

    def fit(self, scorer: Scorer, turns: Sequence[Turn]) -> FollowUps:
        """Returns a reader with a judge fitted on labelled turns."""
        cases: list[list[list[float]]] = []
        right: list[list[bool]] = []
        known = scorer.read_ahead(
            text
            for turn in turns
            for text in (turn.text, *self._with_question(turn.text, turn.before))
        )
        for turn in turns:
            (alone,) = known.score([turn.text])
            own = self._candidates(alone, turn.before, known)
            cases.append(list(own.values()))
            right.append([id_ in turn.entries for id_ in own])
        judge = Choice.fit(cases, right)
        if judge is None:
            return self
        best = sorted(
            max(judge.shares(case))
            for turn, case in zip(turns, cases, strict=True)
            if not turn.entries
        )
        above = best[len(best) - int(len(best) * MOST_ANSWERED) - 1] if best else HIGHEST_ANSWER
        answer_from = min(max(above, LOWEST_ANSWER), HIGHEST_ANSWER)
        return FollowUps(self._leaning, judge, self._questions, self._neighbours, answer_from)

    def read(self, alone: Scored, before: Before, scorer: Scorer) -> Scored:
        """Returns the message's scores in the light of the conversation.

        Args:
            alone: The message read by itself.
            before: The conversation; its `asked` is not None.
            scorer: Reads the message with the question before it.
        """
        if len(alone.text.split()) > LONGEST:
            return alone
        if self.judge is None:
            if not self._leaning.leans(alone.text):
                return alone
            (together,) = scorer.score([join_turns(before.asked or "", alone.text)])
            return together
        candidates = self._candidates(alone, before, scorer)
        judged = self.judge.shares(list(candidates.values()))
        shares = dict(zip(candidates, judged, strict=True))
        ranked = sorted(shares, key=shares.__getitem__, reverse=True)
        ranking = [replace(alone.best, id=id_, score=round(shares[id_], 3)) for id_ in ranked]
        return replace(
            alone,
            text=self._understood(alone.text, ranked[0], alone, before),
            ranking=tuple(ranking),
        )

    def _understood(self, text: str, entry: str, alone: Scored, before: Before) -> str:
        """What the next message may lean on: with the question before, unless it stood alone."""
        return text if entry == alone.best.id else join_turns(before.asked or "", text)

    def _with_question(self, text: str, before: Before) -> list[str]:
        """A message behind the question before it, and behind that of the entry before it."""
        asked = before.asked or ""
        return [
            join_turns(asked, text),
            join_turns(self._questions.get(_last_entry(before), asked), text),
        ]

    def _candidates(
        self, alone: Scored, before: Before, scorer: TextScorer
    ) -> dict[str, list[float]]:
        """Entries that any way of reading the message speaks for, with the clues for them."""
        last = _last_entry(before)
        together, by_entry = scorer.score(self._with_question(alone.text, before))
        ways = (alone, together, by_entry)
        leans = self._leaning.probability(alone.text)
        length = min(len(alone.text.split()), MANY_WORDS) / MANY_WORDS
        found = dict.fromkeys(one.id for way in ways for one in way.ranking[:CONSIDERED])
        clues = {}
        for id_ in found:
            by_itself, joined, joined_entry = (way.score_of(id_) for way in ways)
            same = float(id_ == last)
            # The talk moves on to what the last entry names as a next question, or comes from.
            next_, came_from = self._names(last, id_), self._names(id_, last)
            clues[id_] = [
                by_itself,
                joined,
                joined_entry,
                same,
                leans * by_itself,
                leans * same,
                (1 - leans) * by_itself,
                by_itself * (1 - same),
                by_itself * length,
                same * length,
                *(float(way.best.id == id_) for way in ways),
                alone.service_probability,
                together.service_probability,
                by_entry.service_probability,
                next_,
                came_from,
                next_ * leans,
                next_ * joined,
                *_own_words(alone, id_),
            ]
        return clues

    def _names(self, entry: str, other: str) -> float:
        return float(other in self._neighbours.get(entry, ()))

    def save(self, folder: Path) -> None:
        """Writes leaning and judge into an existing folder."""
        self._leaning.save(folder)
        save_choice(self.judge, folder / JUDGE_FILE)
        (folder / NEIGHBOURS_FILE).write_text(json.dumps(self._neighbours), encoding="utf-8")
        (folder / THRESHOLD_FILE).write_text(json.dumps(self.answer_from), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, questions: Mapping[str, str]) -> FollowUps:
        """Reads what `save` wrote."""
        return cls(
            Leaning.load(folder, encoder),
            load_choice(folder / JUDGE_FILE),
            questions,
            json.loads((folder / NEIGHBOURS_FILE).read_text(encoding="utf-8")),
            json.loads((folder / THRESHOLD_FILE).read_text(encoding="utf-8")),
        )


def _last_entry(before: Before) -> str:
    """The entry that the conversation was about, empty where there was none."""
    entries = (*before.entries, *before.ranking)
    return entries[0] if entries else ""


def _own_words(alone: Scored, entry: str) -> list[float]:
    """What the message's own letters and words say for an entry, and beyond any other entry."""
    letters, words = alone.likeness[entry]
    others = [own for id_, own in alone.likeness.items() if id_ != entry] or [(0.0, 0.0)]
    return [
        letters,
        letters - max(letters for letters, _ in others),
        words,
        words - max(words for _, words in others),
    ]
