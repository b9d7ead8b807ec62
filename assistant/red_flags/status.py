"""Status and priority of a mention, in the manner of ConText (Harkema et al., 2009).

Triggers are data (lexicon/status.yml). Where two readings are possible the one with the higher
priority is taken: a present emergency that looks negated must not be lost; the reverse costs a
call.
"""

from __future__ import annotations

from collections import defaultdict

from assistant.red_flags.context import Context, Hit, Verdict
from assistant.red_flags.lexicon import Lexicon
from assistant.red_flags.mention import Priority, Urgency
from assistant.red_flags.phrases import PhraseFinder
from assistant.red_flags.reading import Reading

# Triggers within words of these kinds are none: "since" in "fine since".
COVERING = ("pseudo", "lost", "resolved")
# Trigger of history that has nothing to do with the illness ("in 1978"): no mention at all.
LONG_AGO = "long-ago"


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
        self._triggers = {trigger.id: trigger for trigger in lexicon.triggers}
        self._finder = PhraseFinder({t.id: t.phrases for t in lexicon.triggers})

    def context(self, reading: Reading) -> Context:
        """The triggers of a message, found once for all its mentions."""
        hits: dict[str, list[Hit]] = defaultdict(list)
        if reading.tokens:
            found = [
                Hit(
                    self._triggers[name],
                    first,
                    last,
                    reading.clauses[reading.tokens[first].clause].sentence,
                )
                for name, spans in self._finder.find([t.form for t in reading.tokens]).items()
                for first, last in spans
            ]
            covered = [(h.first, h.last) for h in found if h.trigger.status in COVERING]
            for hit in found:
                if hit.trigger.status not in COVERING and any(
                    first <= hit.first and hit.last <= last for first, last in covered
                ):
                    continue
                hits[hit.trigger.status].append(hit)
        return Context(reading, hits)
