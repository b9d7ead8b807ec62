"""A message that may lean on the question before it: read alone, or with that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.encoder import Encoder
from assistant.faq.context import Leaning, join_turns
from assistant.faq.conversation import Before
from assistant.faq.judge import Judge, load_judge, save_judge
from assistant.faq.reading import Scored
from assistant.faq.scorer import Scorer

LONGEST = 30  # words; a longer message says itself what it is about
MANY_WORDS = 15
JUDGE_FILE, THRESHOLD_FILE = "follow_up.json", "follow_up_from.json"
CONSIDERED = 2  # of each way of reading
MOST_ANSWERED = 0.05  # of the turns that no entry answers
LOWEST_ANSWER, HIGHEST_ANSWER = 0.1, 0.3


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
        answer_from: From this probability on an entry is answered.
    """

    def __init__(
        self,
        leaning: Leaning,
        judge: Judge | None,
        questions: Mapping[str, str],
        answer_from: float = HIGHEST_ANSWER,
    ) -> None:
        self._leaning = leaning
        self.judge = judge
        self.answer_from = answer_from
        self._questions = dict(questions)

    def fit(self, scorer: Scorer, turns: Sequence[Turn]) -> FollowUps:
        """Returns a reader with a judge fitted on labelled turns."""
        clues: list[list[float]] = []
        right: list[bool] = []
        uncovered: list[list[list[float]]] = []
        for turn in turns:
            (alone,) = scorer.score([turn.text])
            own = self._candidates(alone, turn.before, scorer)
            clues += own.values()
            right += [id_ in turn.entries for id_ in own]
            if not turn.entries:
                uncovered.append(list(own.values()))
        judge = Judge.fit(clues, right)
        if judge is None:
            return self
        best = sorted(max(map(judge.probability, own)) for own in uncovered)
        above = best[len(best) - int(len(best) * MOST_ANSWERED) - 1] if best else HIGHEST_ANSWER
        answer_from = min(max(above, LOWEST_ANSWER), HIGHEST_ANSWER)
        return FollowUps(self._leaning, judge, self._questions, answer_from)

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
        shares = {id_: self.judge.probability(clues) for id_, clues in candidates.items()}
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

    def _candidates(self, alone: Scored, before: Before, scorer: Scorer) -> dict[str, list[float]]:
        """Entries that any way of reading the message speaks for, with the clues for them."""
        last = (*before.entries, *before.ranking)[0] if before.entries or before.ranking else ""
        together, by_entry = scorer.score(
            [
                join_turns(before.asked or "", alone.text),
                join_turns(self._questions.get(last, before.asked or ""), alone.text),
            ]
        )
        ways = (alone, together, by_entry)
        leans = self._leaning.probability(alone.text)
        length = min(len(alone.text.split()), MANY_WORDS) / MANY_WORDS
        found = dict.fromkeys(one.id for way in ways for one in way.ranking[:CONSIDERED])
        clues = {}
        for id_ in found:
            by_itself, joined, joined_entry = (way.score_of(id_) for way in ways)
            same = float(id_ == last)
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
            ]
        return clues

    def save(self, folder: Path) -> None:
        """Writes leaning and judge into an existing folder."""
        self._leaning.save(folder)
        save_judge(self.judge, folder / JUDGE_FILE)
        (folder / THRESHOLD_FILE).write_text(json.dumps(self.answer_from), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, questions: Mapping[str, str]) -> FollowUps:
        """Reads what `save` wrote."""
        return cls(
            Leaning.load(folder, encoder),
            load_judge(folder / JUDGE_FILE),
            questions,
            json.loads((folder / THRESHOLD_FILE).read_text(encoding="utf-8")),
        )
