"""What page and widget say by themselves: the words of the interface with the site's numbers."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.site import Site, fill

WORDS = Path(__file__).parent / "words"
ENGLISH = "en"
_NUMBER = re.compile(r"\+?\d[\d ()-]*\d")


def welcome(site: Site) -> dict[str, Any]:
    """The words of the interface and the numbers that it shows by itself.

    Args:
        site: The site's settings.

    Returns:
        `hospital`, `locale`, `emergency`, `crisis`, `cancer_line` and `out_of_hours_line` (each as
        `contact` gives it), `lines` (the opening message by paragraphs), `consent_version` (of what
        the patient agrees to), and `words` by name.
    """
    words = {name: _filled(given, site) for name, given in read_words(site.locale).items()}
    return {
        # Shown alone, above the conversation: the words that stand for a name are none.
        "hospital": None if site.hospital.startswith("your ") else site.hospital,
        "locale": site.locale,
        "emergency": contact(site.emergency_number),
        "crisis": contact(site.crisis_line),
        "cancer_line": contact(site.cancer_line),
        "out_of_hours_line": contact(site.out_of_hours_line),
        "consent_version": words.pop("consent_version"),
        "lines": [*words.pop("opening"), *words.pop("privacy")],
        "words": words,
    }


@lru_cache(maxsize=4)
def read_words(locale: str) -> dict[str, Any]:
    """The words of the interface in a site's language, in English where there are none."""
    file = WORDS / f"{locale.partition('-')[0]}.json"
    file = file if file.is_file() else WORDS / f"{ENGLISH}.json"
    words: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return words


def contact(text: str) -> dict[str, Any]:
    """A contact as text, with the telephone numbers in it, and the one to call where there is one.

    >>> contact("the crisis line (01632 960 999)")["tel"]
    '01632960999'
    >>> contact("your emergency number (999 in the UK, 112 in Europe)")["tel"] is None
    True
    """
    numbers = [{"number": one, "tel": re.sub(r"[^\d+]", "", one)} for one in _NUMBER.findall(text)]
    return {
        "text": text,
        "tel": numbers[0]["tel"] if len(numbers) == 1 else None,
        "numbers": numbers,
    }


def _filled(given: Any, site: Site) -> Any:
    if isinstance(given, list):
        return [_filled(one, site) for one in given]
    return fill(given.replace("{retention_days}", str(site.retention_days)), site)
