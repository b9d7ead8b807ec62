"""Status and priority of a mention, in the manner of ConText (Harkema et al., 2009).

Triggers are data (lexicon/status.yml). Where two readings are possible the one with the higher
priority is taken: a present emergency that looks negated must not be lost, the reverse costs a call.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, List, Optional, Sequence, Set, Tuple

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from assistant.red_flags.lexicon import Lexicon, Trigger
from assistant.red_flags.mention import Priority, Status, Urgency
from assistant.red_flags.reading import Reading
from assistant.red_flags.tokens import UNKNOWN

# A list after "no" goes on over commas ("no numbness, weakness or tingling") while its items are
# this short.
LONGEST_LIST_ITEM = 4


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
    trigger: Optional[str] = None


@dataclass(frozen=True)
class _Hit:
    trigger: Trigger
    first: int
    last: int
    sentence: int


def priority_of(verdict: Verdict, urgency: Urgency, category: str) -> Priority:
    """What staff do about a mention (faq_entries.md, "Urgency and priority").

    Self-harm that is asked about is never mere review: who asks may mean himself.
    """
    if verdict.status == "present":
        return "page" if urgency == "emergency" else "same-day"
    if verdict.status == "negated":
        return "review"
    if verdict.recent and urgency == "emergency":
        return "same-day"
    if category == "self-harm" and verdict.status == "asked":
        return "same-day"
    return "review"


class StatusReader:
    """Finds triggers and decides the status of spans of tokens."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab)
        self._triggers: Dict[str, Trigger] = {}
        self._forms: FrozenSet[str] = frozenset(
            form for trigger in lexicon.triggers for phrase in trigger.phrases for form in phrase
        )
        for trigger in lexicon.triggers:
            self._triggers[trigger.id] = trigger
            self._matcher.add(
                trigger.id, [Doc(self._vocab, words=list(p)) for p in trigger.phrases]
            )

    def context(self, reading: Reading) -> Context:
        """The triggers of a message, found once for all its mentions."""
        hits: Dict[str, List[_Hit]] = defaultdict(list)
        if reading.tokens:
            words = [t.form if t.form in self._forms else UNKNOWN for t in reading.tokens]
            found = []
            for key, start, end in self._matcher(Doc(self._vocab, words=words)):
                trigger = self._triggers[self._vocab.strings[key]]
                sentence = reading.clauses[reading.tokens[start].clause].sentence
                found.append(_Hit(trigger, start, end - 1, sentence))
            covered = [(h.first, h.last) for h in found if h.trigger.status == "pseudo"]
            for hit in found:
                if hit.trigger.status != "pseudo" and any(
                    first <= hit.first and hit.last <= last for first, last in covered
                ):
                    continue
                hits[hit.trigger.status].append(hit)
        return Context(reading, hits)


class Context:
    """The status triggers of one message."""

    def __init__(self, reading: Reading, hits: Dict[str, List[_Hit]]) -> None:
        self._reading = reading
        self._hits = hits
        self._sentence_asks: Set[int] = {c.sentence for c in reading.clauses if c.asks}

    def verdict(self, tokens: Sequence[int], fixed: Optional[Status] = None) -> Verdict:
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
        return Verdict("present")

    def _sentence(self, token: int) -> int:
        return self._reading.clauses[self._reading.tokens[token].clause].sentence

    def _near(
        self, status: str, own: FrozenSet[int], first: int, last: int
    ) -> Iterable[Tuple[_Hit, int]]:
        """Triggers that reach the mention, with how far away they stand."""
        for hit in self._hits.get(status, ()):
            if not own.isdisjoint(range(hit.first, hit.last + 1)):
                continue
            way = hit.trigger.direction
            if way == "sentence":
                if hit.sentence == self._sentence(first):
                    yield hit, 0
                continue
            if hit.last < first or (first < hit.first and hit.last < last):
                gap = max(0, first - hit.last - 1)
                if way in ("before", "anywhere") and gap <= hit.trigger.reach:
                    yield hit, gap
            if hit.first > last:
                gap = hit.first - last - 1
                if way in ("after", "anywhere") and gap <= hit.trigger.reach:
                    yield hit, gap

    def _negated(self, own: FrozenSet[int], first: int, last: int) -> Optional[Verdict]:
        for hit, _ in self._near("negated", own, first, last):
            if hit.sentence not in (self._sentence(first), self._sentence(last)):
                continue
            if hit.last < first and not self._list_goes_on(hit.last + 1, first):
                continue
            if hit.first > last and self._broken(last + 1, hit.first):
                continue
            return Verdict("negated", trigger=hit.trigger.id)
        return None

    def _list_goes_on(self, start: int, end: int) -> bool:
        """Whether "no" at start still holds at end: nothing between them opens a new thought."""
        tokens = self._reading.tokens
        if self._broken(start, end, hard_only=True):
            return False
        clause = tokens[start - 1].clause
        if tokens[end].clause == clause:
            return True
        if self._broken(start, end + 1):
            return False
        for number in range(clause + 1, tokens[end].clause):
            if sum(t.clause == number for t in tokens[start:end]) > LONGEST_LIST_ITEM:
                return False
        return True

    def _broken(self, start: int, end: int, hard_only: bool = False) -> bool:
        kinds = ("break",) if hard_only else ("break", "person")
        return any(
            start <= hit.first < end for kind in kinds for hit in self._hits.get(kind, ())
        )

    def _contradicted(self, own: FrozenSet[int], first: int, last: int) -> bool:
        """A negated mention that goes on after all ("no better: still numb")."""
        return any(
            hit.trigger.direction == "before" and gap <= 2
            for hit, gap in self._near("present", own, first, last)
            if self._reading.tokens[hit.first].clause == self._reading.tokens[first].clause
        )

    def _asked(
        self, own: FrozenSet[int], first: int, last: int, sentence: int
    ) -> Optional[Verdict]:
        for hit, _ in self._near("asked", own, first, last):
            if hit.sentence != sentence:
                continue
            weak = hit.trigger.id.startswith("weak")
            if hit.last < first and self._turned(hit.last + 1, first, weak):
                continue
            if weak and (sentence not in self._sentence_asks and hit.first > 0
                         and not self._opens(hit.first)):
                continue
            if weak and self._is_concrete(first, last, own):
                continue
            return Verdict("asked", self._person_and_time(sentence), hit.trigger.id)
        return None

    def _opens(self, token: int) -> bool:
        """Whether a token opens its clause."""
        tokens = self._reading.tokens
        return token == 0 or tokens[token - 1].clause != tokens[token].clause

    def _turned(self, start: int, end: int, weak: bool) -> bool:
        """Whether a question ended before the mention: a break, or for weak words a new clause."""
        if self._broken(start, end, hard_only=True):
            return True
        return weak and self._reading.tokens[start - 1].clause != self._reading.tokens[end].clause

    def _is_concrete(self, first: int, last: int, own: FrozenSet[int]) -> bool:
        """Whether the mention says of somebody that it is so: "my legs are", "since Monday"."""
        clause = self._reading.tokens[first].clause
        if any(hit.trigger.direction != "after" or True
               for hit, gap in self._near("present", own, first, last)
               if self._reading.tokens[hit.first].clause == clause):
            return True
        return any(
            hit.trigger.id.startswith("possessive") and first - 3 <= hit.first <= last
            for hit in self._hits.get("person", ())
        )

    def _person_and_time(self, sentence: int) -> bool:
        def has(kind: str) -> bool:
            return any(hit.sentence == sentence for hit in self._hits.get(kind, ()))

        return has("person") and has("time")

    def _past(
        self, own: FrozenSet[int], first: int, last: int, sentence: int
    ) -> Optional[Verdict]:
        clause = self._reading.tokens[first].clause
        present = any(
            self._reading.tokens[hit.first].clause in (clause, self._reading.tokens[last].clause)
            for hit, _ in self._near("present", own, first, last)
        )
        if present:
            return None
        old = [h for h, _ in self._near("old", own, first, last) if h.sentence == sentence]
        earlier = [h for h in self._hits.get("old", ()) if h.sentence == sentence - 1
                   and h.trigger.direction == "anywhere"]
        resolved = [h for h in self._hits.get("resolved", ())
                    if h.last not in own and self._resolves(h, first, sentence)]
        recent = any(h.sentence in (sentence, sentence - 1, sentence + 1)
                     for h in self._hits.get("recent", ()))
        plain = [h for h, _ in self._near("past", own, first, last) if h.sentence == sentence]
        deciding = resolved or old or plain or (earlier if self._quiet_since(last) else [])
        if not deciding:
            return None
        return Verdict("past", recent and not old, deciding[0].trigger.id)

    def _resolves(self, hit: _Hit, first: int, sentence: int) -> bool:
        """It got better after the mention was named: same or following sentences, or just before."""
        return 0 <= hit.sentence - sentence <= 2 if hit.first > first else hit.sentence == sentence

    def _quiet_since(self, last: int) -> bool:
        """Whether the mention's sentence says nothing of today."""
        sentence = self._sentence(last)
        return not any(h.sentence == sentence for h in self._hits.get("present", ()))
