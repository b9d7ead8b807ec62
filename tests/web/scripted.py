"""Turns as the assistant sends them, one of each kind, chosen by words of the message."""

from __future__ import annotations

from rasa.core.channels.channel import UserMessage
from serving import respond

ADVICE = (
    "**Call 999 now.** Lie still on your back while you wait. Do not walk and do not drive "
    'yourself.\n\nSay: "I have cancer in my bones and my legs have gone numb."\n\nNobody reads '
    "this chat all the time, so do not wait for a reply here."
)
ANSWER = (
    "**Denosumab** is a drug that slows the cells that break bone down.\n\nIt is given:\n\n"
    "- as an injection under the skin\n- usually every 4 weeks\n\nYour team checks your calcium "
    "and your teeth before you start."
)
SOURCES = ["Bone metastases: a leaflet for patients (2010)"]


async def script(message: UserMessage) -> None:
    text = message.text or ""
    flag = {"category": "cord-compression", "urgency": "emergency", "status": "present"}
    if "broken page" in text:
        await respond(
            message, "chitchat", "<img src=x onerror=alert(1)> **<b>bold</b>**\n- <i>x</i>"
        )
    elif "end it" in text:
        flags = [{**flag, "category": "self-harm", "words": "end it"}]
        advice = "You matter, and you do not have to face this alone. **Call 116 123 or 999 now.**"
        await respond(message, "escalation", advice, priority="page", red_flags=flags)
    elif "legs are numb" in text:
        flags = [{**flag, "words": "legs are numb"}]
        await respond(message, "escalation", ADVICE, priority="page", red_flags=flags)
        if "denosumab" in text:
            await respond(message, "answer", ANSWER, sources=SOURCES)
    elif "fever" in text:
        advice = "**Call the cancer line (01632 960 001) today.** If you get worse, call 999."
        await respond(message, "escalation", advice, priority="same-day")
    elif "no numbness" in text:
        line = "If your legs ever feel numb or weak, call 999 at once."
        await respond(message, "escalation", line, priority="review")
        await respond(message, "answer", ANSWER, sources=SOURCES)
    elif "injection" in text:
        await respond(
            message,
            "clarify",
            "Which of these do you mean?",
            buttons=["What is denosumab?", "What are bisphosphonates?"],
        )
    elif "overdue" in text:
        state = {"reviewed": "2024-11-21", "review_overdue": True}
        await respond(message, "answer", ANSWER, sources=SOURCES, **state)
    elif "reviewed" in text:
        await respond(message, "answer", ANSWER, sources=SOURCES * 2, reviewed="2026-11-21")
    else:
        related = ["How is the jaw looked after?", "What are bisphosphonates?"]
        await respond(message, "answer", ANSWER, sources=SOURCES, buttons=related)
