"""The context of a mention: which triggers of a message reach it, and what they make of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.red_flags.lexicon import Trigger
from assistant.red_flags.mention import Status
from assistant.red_flags.reading import Reading

# A list after "no" goes on over commas ("no numbness, weakness or tingling") while its items are
# this short.
LONGEST_LIST_ITEM = 4
# Pronouns that begin a new statement: a "no" before them is not about what follows.
SUBJECTS = ("i", "he", "she", "we", "they", "everyone", "everybody")
NEGATORS = ("cant", "cannot", "couldnt", "wont", "dont", "doesnt", "didnt", "not", "no", "lost")
# Words that end a question's reach; those that end a negation's are more.
TURN = ("but", "however", "although", "though")
# Triggers of the present that outweigh "last year" and "better now".
ANCHORS = ("this-minute", "present-now", "present-still")
# Triggers that leave one reading of the present: a function that is denied ("no feeling in": the
# "no" is the sign itself), and "just now".
LOST, THIS_MINUTE = "lost", "this-minute"


@dataclass(frozen=True)
class Verdict:
    """A mention's status, and whether it was about a concrete person and time.

    Attributes:
        status: present, past, negated or asked.
        recent: past within about a week; or asked about a concrete person and time.
        trigger: id of the trigger that decided; None for the default.
    """

    status: Status
    recent: bool = False
    trigger: str | None = None


@dataclass(frozen=True)
class Hit:
    """A trigger found: its first and last token, and the number of its sentence."""

    trigger: Trigger
    first: int
    last: int
    sentence: int


class Context:
    """The status triggers of one message."""

    def __init__(self, reading: Reading, hits: dict[str, list[Hit]]) -> None:
        self._reading = reading
        self._hits = hits
        self._sentence_asks: set[int] = {c.sentence for c in reading.clauses if c.asks}

    def verdict(self, tokens: Sequence[int], fixed: Status | None = None) -> Verdict:
        """The status of a mention.

        Args:
            tokens: indices of the tokens that fired, ascending.
            fixed: what the rule itself says ("legs strong" is negated).
        """
        own = frozenset(tokens)
        first, last = tokens[0], tokens[-1]
        sentence = self._sentence(first)
        asked = self._asked(own, first, last, sentence)
        if fixed == "negated":
            return asked or Verdict("negated", trigger="rule")
        negated = self._negated(own, first, last)
        past = self._past(own, first, last, sentence)
        if fixed is not None and fixed != "present":
            recent = past.recent if past else False
            return Verdict(fixed, recent, "rule")
        if negated and not self._contradicted(own, first, last):
            return past or negated if past and past.trigger == "both" else negated
        if past:
            return past
        if asked:
            return asked
        return Verdict("present", trigger=self._sure_trigger(own, first, last, sentence))

    def verdict_of_span(self, first: int, last: int) -> Verdict:
        """The status of a span of which it is not known where in it the mention stands.

        Only what rules the whole span counts: a "no" or a question at its head, "last year".
        """
        sentence = self._sentence(first)
        head = range(first, min(first + 3, last) + 1)
        if self._quiet_since(first):
            past = self._past(frozenset(), last, last, sentence)
            if past:
                return past
            for hit in self._hits.get("negated", ()):
                if hit.first in head and hit.trigger.direction == "before":
                    return Verdict("negated", trigger=hit.trigger.id)
        for hit in self._hits.get("asked", ()):
            weak = hit.trigger.id.startswith("weak")
            if (
                hit.first in head
                and hit.trigger.direction == "before"
                and not (
                    weak
                    and (
                        sentence not in self._sentence_asks
                        or self._is_concrete(last, last, frozenset())
                    )
                )
            ):
                return Verdict("asked", self._person_and_time(sentence), hit.trigger.id)
        return Verdict("present")

    def _sure_trigger(
        self, own: frozenset[int], first: int, last: int, sentence: int
    ) -> str | None:
        """What makes a mention surely present: "don't have full feeling", "just now"."""
        if any(own & {*range(hit.first, hit.last + 1)} for hit in self._hits.get(LOST, ())):
            return LOST
        just_now = any(
            hit.trigger.id == THIS_MINUTE and hit.sentence == sentence
            for hit, _ in self._near("present", own, first, last)
        )
        return THIS_MINUTE if just_now else None

    def _sentence(self, token: int) -> int:
        return self._reading.clauses[self._reading.tokens[token].clause].sentence

    def _near(
        self, status: str, own: frozenset[int], first: int, last: int
    ) -> Iterable[tuple[Hit, int]]:
        """Triggers that reach the mention, with how far away they stand."""
        for hit in self._hits.get(status, ()):
            if own.issuperset(range(hit.first, hit.last + 1)):
                continue
            way = hit.trigger.direction
            if way == "sentence":
                if hit.sentence == self._sentence(first):
                    yield hit, 0
                continue
            if hit.first < first or (first < hit.first and hit.last < last):
                gap = max(0, first - hit.last - 1)
                if way in ("before", "anywhere") and gap <= hit.trigger.reach:
                    yield hit, gap
            if hit.first > last:
                gap = hit.first - last - 1
                if way in ("after", "anywhere") and gap <= hit.trigger.reach:
                    yield hit, gap

    def _negated(self, own: frozenset[int], first: int, last: int) -> Verdict | None:
        for hit, _ in self._near("negated", own, first, last):
            if hit.sentence not in (self._sentence(first), self._sentence(last)):
                continue
            if hit.last < first and not self._list_goes_on(hit.last + 1, first):
                continue
            if hit.first > last and (self._says_no(own) or not self._stands_alone(hit, last)):
                continue
            return Verdict("negated", trigger=hit.trigger.id)
        return None

    def _says_no(self, own: frozenset[int]) -> bool:
        """Whether the mention itself is a "no": "can't feel my legs ok" is none the better."""
        return any(self._reading.tokens[token].form in NEGATORS for token in own)

    def _stands_alone(self, hit: Hit, last: int) -> bool:
        """Whether "none" or "fine" after a mention is about it: same clause, or all of the next."""
        tokens = self._reading.tokens
        if self._broken(last + 1, hit.first):
            return False
        clause = tokens[hit.first].clause
        size = sum(token.clause == clause for token in tokens[last + 1 : hit.last + 6])
        return clause == tokens[last].clause or size <= hit.last - hit.first + 1

    def _list_goes_on(self, start: int, end: int) -> bool:
        """Whether "no" at start still holds at end: nothing between them opens a new thought."""
        tokens = self._reading.tokens
        if self._broken(start, end, hard_only=True):
            return False
        if any(token.form in SUBJECTS for token in tokens[start:end]):
            return False  # "I can't do this no more I want to die"
        clause = tokens[start - 1].clause
        if tokens[end].clause == clause:
            return True
        if self._broken(start, end) or self._verb_before(clause + 1, end):
            return False
        for number in range(clause + 1, tokens[end].clause):
            if sum(t.clause == number for t in tokens[start:end]) > LONGEST_LIST_ITEM:
                return False
        return True

    def _broken(self, start: int, end: int, hard_only: bool = False) -> bool:
        kinds = ("break",) if hard_only else ("break", "person")
        return any(start <= hit.first < end for kind in kinds for hit in self._hits.get(kind, ()))

    def _verb_before(self, clause: int, end: int) -> bool:
        """Whether a new statement begins after the comma: "..., also my chest is sore"."""
        tokens = self._reading.tokens
        own = tokens[end].clause
        return any(
            hit.trigger.id == "subject" and clause <= tokens[hit.first].clause <= own
            for hit in self._hits.get("person", ())
        )

    def _contradicted(self, own: frozenset[int], first: int, last: int) -> bool:
        """A negated mention that goes on after all ("no better: still numb")."""
        return any(
            hit.trigger.direction == "before" and gap <= 2
            for hit, gap in self._near("present", own, first, last)
            if self._reading.tokens[hit.first].clause == self._reading.tokens[first].clause
        )

    def _asked(self, own: frozenset[int], first: int, last: int, sentence: int) -> Verdict | None:
        for hit, _ in self._near("asked", own, first, last):
            if hit.sentence != sentence:
                continue
            weak = hit.trigger.id.startswith("weak")
            if hit.last < first and self._turned(hit.last + 1, first, weak):
                continue
            if weak and (
                sentence not in self._sentence_asks and hit.first > 0 and not self._opens(hit.first)
            ):
                continue
            if weak and (self._is_concrete(first, last, own) or self._claimed(sentence)):
                continue
            return Verdict("asked", self._person_and_time(sentence), hit.trigger.id)
        return None

    def _opens(self, token: int) -> bool:
        """Whether a token opens its clause."""
        tokens = self._reading.tokens
        return token == 0 or tokens[token - 1].clause != tokens[token].clause

    def _turned(self, start: int, end: int, weak: bool) -> bool:
        """Whether a question ended before the mention: a turn, or for weak words a new clause."""
        tokens = self._reading.tokens
        if any(token.form in TURN for token in tokens[start:end]):
            return True
        return weak and tokens[start - 1].clause != tokens[end].clause

    def _claimed(self, sentence: int) -> bool:
        """Whether the sentence after a question says that it is so: "mine started today"."""
        return any(h.sentence in (sentence, sentence + 1) for h in self._hits.get("claim", ()))

    def _is_concrete(self, first: int, last: int, own: frozenset[int]) -> bool:
        """Whether the mention says of somebody that it is so: "my legs are", "since Monday"."""
        clause = self._reading.tokens[first].clause
        if any(
            hit.trigger.id in ANCHORS
            for hit, _ in self._near("present", own, first, last)
            if self._reading.tokens[hit.first].clause == clause
        ):
            return True
        return any(
            hit.trigger.id.startswith("possessive") and first - 3 <= hit.first <= last
            for hit in self._hits.get("person", ())
        )

    def _person_and_time(self, sentence: int) -> bool:
        def has(kind: str) -> bool:
            return any(hit.sentence == sentence for hit in self._hits.get(kind, ()))

        return has("person") and has("time")

    def _past(self, own: frozenset[int], first: int, last: int, sentence: int) -> Verdict | None:
        clause = self._reading.tokens[first].clause
        present = any(
            hit.trigger.id in ANCHORS
            and self._reading.tokens[hit.first].clause
            in (clause, self._reading.tokens[last].clause)
            for hit, _ in self._near("present", own, first, last)
        )
        if present:
            return None
        old = [h for h, _ in self._near("old", own, first, last) if h.sentence == sentence]
        earlier = [
            h
            for h in self._hits.get("old", ())
            if h.sentence == sentence - 1 and h.trigger.direction == "anywhere"
        ]
        resolved = [
            h
            for h in self._hits.get("resolved", ())
            if h.last not in own and self._resolves(h, first, sentence)
        ]
        recent = any(
            h.sentence in (sentence, sentence - 1, sentence + 1)
            for h in self._hits.get("recent", ())
        )
        plain = [h for h, _ in self._near("past", own, first, last) if h.sentence == sentence]
        deciding = resolved or old or plain or (earlier if self._quiet_since(last) else [])
        if not deciding:
            return None
        return Verdict("past", recent and not old, deciding[0].trigger.id)

    def _resolves(self, hit: Hit, first: int, sentence: int) -> bool:
        """It got better: said in the mention's sentence, or in the two after it."""
        return 0 <= hit.sentence - sentence <= 2 if hit.first > first else hit.sentence == sentence

    def _quiet_since(self, last: int) -> bool:
        """Whether the mention's sentence says nothing of today."""
        sentence = self._sentence(last)
        return not any(h.sentence == sentence for h in self._hits.get("present", ()))
