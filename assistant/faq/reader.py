"""What a message asks for: an entry, several, a choice, a service, or nothing we have."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from assistant.encoder import Encoder
from assistant.faq.calibration import fit_curve, fit_ranking
from assistant.faq.context import Leaning
from assistant.faq.conversation import Before, opens_with_no, picked, picks_none
from assistant.faq.cross_validation import held_out_evidence
from assistant.faq.evidence import FAQ, PARTS, EvidenceSource
from assistant.faq.follow_up import FollowUps
from assistant.faq.index import AUTO
from assistant.faq.judge import load_judge, save_judge
from assistant.faq.labelled_turns import labelled_turns
from assistant.faq.reading import (
    ADVICE,
    DENIES,
    NO_ANSWER,
    UNSURE,
    Candidate,
    Ranked,
    Reading,
    Scored,
)
from assistant.faq.rejection import after_rejection
from assistant.faq.scorer import Scorer
from assistant.faq.several import MOST_ANSWERS, SeveralQuestions
from assistant.faq.validation import Conversation, Labelled

MOST_OFFERED = 3
SURE_SERVICE = 0.5
# A personal decision is declined, however well an entry fits. On validation: 93% of them, and 1% of
# the questions that entries answer.
CLEAR_ADVICE = 0.4
# Two entries as probable as that apart are both offered. On validation this offers 0.4% of the
# questions that would get a wrong answer, and 0.2% of those that would get the right one.
LEAD = 0.1
SEVERAL_FILE, QUESTIONS_FILE = "several.json", "questions.json"


class QuestionReader:
    """Ranks entries and decides; one joint classifier, so intent and entry cannot disagree.

    Args:
        scorer: Ranks entries for a text.
        follow_ups: Reads a message with the question before it.
        several: Finds several questions in one message.
        questions: The entries' own questions by id.
    """

    def __init__(
        self,
        scorer: Scorer,
        follow_ups: FollowUps,
        several: SeveralQuestions,
        questions: Mapping[str, str],
    ) -> None:
        self._scorer = scorer
        self._follow_ups = follow_ups
        self._several = several
        self._entries = {question.casefold(): id_ for id_, question in questions.items()}
        self._questions = dict(questions)
        self.calibration = scorer.calibration

    @classmethod
    def train(
        cls,
        encoder: Encoder,
        examples: Sequence[tuple[str, str]],
        validation: Sequence[Labelled],
        answers: Mapping[str, str] | None = None,
        questions: Mapping[str, str] | None = None,
        neighbours: Mapping[str, Collection[str]] | None = None,
        follow_ups: Sequence[tuple[str, bool]] = (),
        several: Sequence[Labelled] = (),
        conversations: Sequence[Conversation] = (),
        parts: Collection[str] = PARTS,
        search: str = AUTO,
    ) -> QuestionReader:
        """Trains on (text, intent) pairs and calibrates on the validation split.

        Args:
            encoder: Embeds texts.
            examples: Intents are `faq/<id>` for wordings of entries, else other intents, with
                a topic where they have one: `out_of_scope/cooking`.
            validation: Messages that are not among the examples; where there are none, the
                examples are held out in turn.
            answers: The answers by entry id, for words that no wording has.
            questions: The entries' own questions by id.
            neighbours: By entry id, the entries that it names as the next questions.
            follow_ups: Second messages of conversations, and whether each leans on the first.
            several: Validation messages that ask several questions.
            conversations: Validation conversations.
            parts: What speaks: "classifier", "dense", "lexical" (for ablations).
            search: Among the wordings: "exact", "approximate", or "auto" by their number.
        """
        source = EvidenceSource.train(encoder, examples, answers or {}, parts, search)
        if validation:
            evidence = source.gather([message.text for message in validation])
            right = np.array([[id_ in row.entries for id_ in source.ids] for row in validation])
        else:
            evidence, right = held_out_evidence(encoder, examples, answers or {}, parts, search)
        covered = right.any(axis=1)
        ranking = fit_ranking(evidence.of(covered), right[covered])
        scorer = Scorer(source, fit_curve(evidence, ranking, right, covered.tolist()))
        unfitted = FollowUps(
            Leaning.train(encoder, follow_ups), None, questions or {}, neighbours or {}
        )
        return cls(
            scorer,
            unfitted.fit(scorer, labelled_turns(conversations, validation)),
            SeveralQuestions.fit(scorer, [*validation, *several] if several else []),
            questions or {},
        )

    def rank(self, texts: Sequence[str]) -> Ranked:
        """Ranks all entries for some texts, each read alone and as a whole."""
        return self._scorer.rank(texts)

    def read(self, text: str, before: Before | None = None) -> Reading:
        """Decides what a message asks for.

        Args:
            text: The message.
            before: The conversation before it.
        """
        before = before or Before()
        chosen = picked(text, before.choices, before.which_asked)
        if chosen and not before.which_asked and opens_with_no(text):
            return self._rejection("", before)  # "no, the first one": of those offered earlier
        if chosen:
            return self._choice(chosen, before)
        rest = after_rejection(text) if before.entries or before.choices else None
        if rest is not None or (before.which_asked and picks_none(text)):
            return self._rejection(rest or "", before)
        if text.strip().casefold() in self._entries:  # a button was tapped
            return self._choice([text.strip()], before)
        (whole,) = self._scorer.score([text])
        answers, services = self._several.read(text, whole, self._scorer)
        if answers and _declines(whole) and ADVICE not in services:
            services = (*services, ADVICE)  # no part says so by itself
        # One entry beside a decision of the patient's own is what that is about, no question.
        about_decision = len(answers) == 1 and _declines(whole) and set(services) == {ADVICE}
        if len(answers) > 1 or (answers and services and not about_decision):
            return replace(_answer(answers, whole), services=services)
        # One clear question inside a long story decides the turn, unless the whole is clear.
        if answers and whole.best.score < self.calibration.answer_from and not _declines(whole):
            return _answer(answers, whole)
        return self._decide(*self._in_context(whole, before))

    def read_whole(self, text: str, before: Before | None = None) -> Reading:
        """Decides without looking for several questions in the message (for ablations)."""
        (whole,) = self._scorer.score([text])
        return self._decide(*self._in_context(whole, before or Before()))

    def _in_context(self, whole: Scored, before: Before) -> tuple[Scored, float, float]:
        """The scores in the light of the conversation, from where on and with what lead to answer.

        Follow-ups need no lead: their judge sees all candidates of a turn at once.
        """
        if before.asked is not None and not _is_service(whole):
            read = self._follow_ups.read(whole, before, self._scorer)
            if read is not whole:
                return read, self._follow_ups.answer_from, 0.0
        return whole, self.calibration.answer_from, LEAD

    def _choice(self, questions: Sequence[str], before: Before) -> Reading:
        """Answers what was picked out of the questions shown; the others stay at hand."""
        scored = self._scorer.score(questions)
        answers = [
            Candidate(self._entries.get(question.casefold(), one.best.id), 1.0, question)
            for question, one in zip(questions, scored, strict=True)
        ]
        answers = answers[:MOST_ANSWERS]
        others = [
            Candidate(self._entries[question.casefold()], 0.0, question)
            for question in (before.choices if before.which_asked else ())
            if question not in questions and question.casefold() in self._entries
        ]
        ranking = {one.id: one for one in (*answers, *others, *scored[0].ranking)}
        best_first = {**ranking, **{one.id: one for one in answers}}
        return replace(
            _answer(answers, scored[0]), asked=questions[0], ranking=tuple(best_first.values())
        )

    def _rejection(self, rest: str, before: Before) -> Reading:
        """Reads what was meant instead; without words for that, offers what came next."""
        turned_down = set(before.entries)
        if rest:
            (alone,) = self._scorer.score([rest])
            meant, answer_from, lead = self._in_context(alone, replace(before, entries=()))
            left = [one for one in meant.ranking if one.id not in turned_down]
            meant = replace(meant, ranking=tuple(left or meant.ranking))
            return replace(self._decide(meant, answer_from, lead), rejects=True)
        others = [
            Candidate(id_, 0.0, before.asked or "")
            for id_ in before.ranking
            if id_ not in turned_down
        ][:MOST_OFFERED]
        offers = bool(others) and not before.which_asked
        return Reading(
            UNSURE if offers else DENIES,
            1.0,
            (),
            tuple(others) if offers else (),
            tuple(others),
            before.asked or "",
            rejects=True,
        )

    def _decide(self, scored: Scored, answer_from: float, lead: float) -> Reading:
        best, second = scored.best, max((one.score for one in scored.ranking[1:]), default=0.0)
        if _declines(scored):
            return _served(ADVICE, scored.advice_probability, scored)
        if best.score >= answer_from and best.score - second >= lead:
            return _answer([best], scored)
        if _is_service(scored) or best.score < self.calibration.offer_from:
            return _served(scored.service, scored.service_probability, scored)
        offered = scored.ranking[:MOST_OFFERED]
        return Reading(UNSURE, best.score, (), offered, scored.ranking, scored.text)

    def save(self, folder: Path) -> None:
        """Writes everything into an existing folder."""
        self._scorer.save(folder)
        self._follow_ups.save(folder)
        save_judge(self._several.judge, folder / SEVERAL_FILE)
        questions = json.dumps(self._questions, ensure_ascii=False)
        (folder / QUESTIONS_FILE).write_text(questions, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> QuestionReader:
        """Reads what `save` wrote."""
        questions = json.loads((folder / QUESTIONS_FILE).read_text(encoding="utf-8"))
        return cls(
            Scorer.load(folder, encoder),
            FollowUps.load(folder, encoder, questions),
            SeveralQuestions(load_judge(folder / SEVERAL_FILE)),
            questions,
        )


def _declines(scored: Scored) -> bool:
    return scored.advice_probability >= CLEAR_ADVICE


def _is_service(scored: Scored) -> bool:
    """Whether a service is clearly meant. Out of scope is none: context may mend that."""
    return scored.service_probability >= SURE_SERVICE and scored.service != NO_ANSWER


def _answer(answers: Sequence[Candidate], scored: Scored) -> Reading:
    return Reading(FAQ, answers[0].score, tuple(answers), (), scored.ranking, scored.text)


def _served(service: str, probability: float, scored: Scored) -> Reading:
    return Reading(service, probability, (), (), scored.ranking, scored.text)
