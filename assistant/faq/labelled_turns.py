"""Labelled turns for the judge of follow-ups: some lean, some change the subject."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.faq.context import join_turns
from assistant.faq.conversation import Before
from assistant.faq.follow_up import LONGEST, Turn
from assistant.faq.validation import Conversation, Labelled


def labelled_turns(
    conversations: Sequence[Conversation], messages: Sequence[Labelled]
) -> list[Turn]:
    """Turns with the conversation before them.

    A new question is as frequent in life as one that leans, and what no entry answers stays
    unanswered whatever was asked before it: single messages behind another one's question
    stand for both, as many of each as there are turns in the conversations.

    Args:
        conversations: Of two turns or more.
        messages: Single messages, covered and uncovered.
    """
    leaning = [turn for conversation in conversations for turn in _turns(conversation)]
    if not leaning:
        return []
    short = [message for message in messages if len(message.text.split()) <= LONGEST]
    covered = [message for message in short if message.entries]
    uncovered = [message for message in short if not message.entries]
    return [
        *leaning,
        *_changes(covered, covered[1:] + covered[:1], len(leaning)),
        *_changes(covered, uncovered, len(leaning)),
    ]


def _turns(conversation: Conversation) -> list[Turn]:
    asked = conversation.turns[0]
    found = []
    for number in range(1, len(conversation.turns)):
        text, last = conversation.turns[number], _ids(conversation.entries[number - 1])
        found.append(Turn(Before(asked, last, last), text, _ids(conversation.entries[number])))
        asked = join_turns(asked, text)
    return found


def _ids(entry: str | None) -> tuple[str, ...]:
    return (entry,) if entry else ()


def _changes(firsts: Sequence[Labelled], seconds: Sequence[Labelled], most: int) -> list[Turn]:
    """Pairs spread evenly over both lists, which are ordered by entry or kind."""
    if not firsts or not seconds:
        return []
    found = []
    for number in range(min(most, len(seconds))):
        second = seconds[number * len(seconds) // min(most, len(seconds))]
        first = firsts[(number * 37) % len(firsts)]
        if set(first.entries) & set(second.entries):
            continue
        before = Before(first.text, first.entries[:1], first.entries)
        found.append(Turn(before, second.text, second.entries))
    return found
