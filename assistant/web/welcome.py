"""What the chat page says before the first message."""

from __future__ import annotations

import re
from typing import Any

from assistant.site import Site

_NUMBER = re.compile(r"\+?\d[\d ()-]*\d")


def welcome(site: Site) -> dict[str, Any]:
    """The opening message and the numbers that the page shows by itself.

    Args:
        site: The site's settings.

    Returns:
        `hospital`, `emergency` and `crisis` ({"text", "tel"}), `locale`, and `lines`: the opening
        message by paragraphs.
    """
    return {
        # Shown alone, above the conversation: the words that stand for a name are none.
        "hospital": None if site.hospital.startswith("your ") else site.hospital,
        "locale": site.locale,
        "emergency": contact(site.emergency_number),
        "crisis": contact(site.crisis_line),
        "lines": [
            "Hello. I answer questions about cancer that has spread to the bones. "
            "I am a computer program, not a person.",
            f"**In an emergency call {site.emergency_number} now.** Nobody watches this chat all "
            f"the time. If it cannot wait but is no emergency, call {site.cancer_line} "
            f"({site.hours}) or {site.out_of_hours_line}.",
            "My answers have not been reviewed by doctors unless they say so, and they do not "
            f"replace advice from {site.care_team}.",
        ],
    }


def contact(text: str) -> dict[str, str | None]:
    """A contact as text, with its telephone number where it holds exactly one.

    >>> contact("the crisis line (01632 960 999)")
    {'text': 'the crisis line (01632 960 999)', 'tel': '01632960999'}
    >>> contact("your emergency number (999 in the UK, 112 in Europe)")["tel"] is None
    True
    """
    numbers = _NUMBER.findall(text)
    return {"text": text, "tel": re.sub(r"[^\d+]", "", numbers[0]) if len(numbers) == 1 else None}
