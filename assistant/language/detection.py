"""Detection: which of the languages that we have a line in a message is written in.

Scripts that one language alone of ours uses need no library. Latin, Arabic and Cyrillic letters
are judged by lingua (trigrams only: 35 MB instead of 400), after a look at the words: most patients
write English, misspelt, and a model of letters takes a slip for another language.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.language.languages import languages
from assistant.language.words import english_words

if TYPE_CHECKING:
    from lingua import LanguageDetector

logger = logging.getLogger(__name__)

ENGLISH = "en"
# Languages that patients write and that we have no line in: without them Dutch is called German.
STRANGERS = ("bg", "cs", "fa", "ga", "hr", "hu", "id", "lt", "nl", "sk", "sq", "sv", "tl", "vi")
OWN_SCRIPT = {
    "hi": re.compile("[\u0900-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "pa": re.compile("[\u0a00-\u0a7f]"),
    "gu": re.compile("[\u0a80-\u0aff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "zh": re.compile("[\u3400-\u9fff]"),
}
_KANA = re.compile("[\u3040-\u30ff]")
_ARABIC = re.compile("[\u0620-\u06ff]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[a-z\u00df-\u024f\u1e00-\u1eff]")
_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHE = re.compile("['\u2019`\u00b4]")

LONGEST = 600  # characters that are looked at
SHARE_OF_SCRIPT = 0.3  # of all letters, from which on a script says the language
MOST_ENGLISH = 0.5  # share of English words from which on a message is English
SHORT = 4  # letters; so short a word ("las", "ayer") is English only where it is a common one
COMMON = 5_000  # the commonest English words
# English that no word list has: how patients shorten it, and what this service is about.
_AS_TYPED = """
    plz pls plse thx ta u ur r n wat wot wots wen wud cud shud coz cos bcos tht thru tho wtf idk
    im ive iv hav dont cant wont didnt isnt wasnt tmrw tomoz yest appt mins hrs wk wks meds mets
    scan mri ct xray xrays chemo xgeva zometa denosumab zoledronate oramorph letrozole tamoxifen
"""
AS_TYPED = frozenset(_AS_TYPED.split())
FEWEST_WORDS = 3  # different Latin ones; one or two words are anybody's
FEW_WORDS = 5
# Lingua's highest probability of English for many and for few words, and its lowest of the other:
# Spanish, Portuguese and Italian share theirs, so that none of them need come near 1.
ENGLISH_OF_MANY, ENGLISH_OF_FEW = 0.05, 0.01
LEAST = 0.5
FEWEST_ROMANISED = 0.4  # share of words such as "mujhe" and "hai"


def detect(text: str) -> str | None:
    """The language of a message, where it is one of ours and not English.

    Args:
        text: the patient's message, of any length; the first LONGEST characters are looked at.

    Returns:
        An ISO 639-1 code of languages.yml. None for English, for languages that we have no line
        in, and where it is unsure: gibberish, a word or two. Never raises.

    Example:
        >>> detect("no siento las piernas desde ayer"), detect("mi legs iz numb sinse yestaday")
        ('es', None)
    """
    try:
        return _detect(text[:LONGEST].lower())
    except Exception as error:  # noqa: BLE001 - safety boundary: the English reply must go out
        logger.error("Language detection failed: %s", type(error).__name__)
        return None


def _detect(text: str) -> str | None:
    latin = len(_LATIN.findall(text))
    if not text.isascii():
        found = _by_script(text, latin)
        if found is not None:
            return found if found in languages() else None
    words = _WORD.findall(_APOSTROPHE.sub("", text))
    if len(set(words)) < FEWEST_WORDS:
        return None
    romanised = _romanised(words)
    if romanised is not None:
        return romanised
    if sum(map(_is_english, words)) >= MOST_ENGLISH * len(words):
        return None
    return _ask(" ".join(words), ENGLISH_OF_MANY if len(words) >= FEW_WORDS else ENGLISH_OF_FEW)


def _by_script(text: str, latin: int) -> str | None:
    """The language that the letters give away; None where they are Latin."""
    for code, script in OWN_SCRIPT.items():
        own = len(script.findall(text))
        if own >= 2 and own >= SHARE_OF_SCRIPT * (own + latin):
            return "ja" if code == "zh" and _KANA.search(text) else code
    for script in (_ARABIC, _CYRILLIC):
        letters = script.findall(text)
        if len(letters) >= 4 and len(letters) >= SHARE_OF_SCRIPT * (len(letters) + latin):
            other = re.sub("[a-z]+", " ", text)
            return _ask(other) or "other"
    return None


def _romanised(words: list[str]) -> str | None:
    """The language of words such as "mujhe" and "hai", in the order of languages.yml."""
    best, most = None, FEWEST_ROMANISED * len(words)
    for code, language in languages().items():
        marks = [word for word in words if word in language.romanised_words]
        if len(set(marks)) >= FEWEST_WORDS and len(marks) > most:
            best, most = code, len(marks)
    return best


def _is_english(word: str) -> bool:
    if word in AS_TYPED:
        return True
    return word in english_words() and (len(word) > SHORT or word in _common_words())


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """The short ones of the COMMON first words of symspellpy's list, which goes by frequency."""
    spec = find_spec("symspellpy")
    assert spec is not None and spec.origin is not None  # english_words() has read it
    (file,) = Path(spec.origin).parent.glob("frequency_dictionary_en_82_*.txt")
    with file.open(encoding="utf-8-sig") as lines:
        words = [line.split(" ", 1)[0] for line in islice(lines, COMMON)]
    return frozenset(word for word in words if len(word) <= SHORT)


def _ask(text: str, most_english: float = 1.0) -> str | None:
    """What lingua makes of a text, if it is hardly English and the language is one of ours."""
    judged = _lingua().compute_language_confidence_values(text)
    code = judged[0].language.iso_code_639_1.name.lower()
    english = next(one.value for one in judged if one.language.iso_code_639_1.name == "EN")
    sure = judged[0].value >= LEAST and english <= most_english
    return code if sure and code in languages() else None


@lru_cache(maxsize=1)
def _lingua() -> LanguageDetector:
    """The library's detector, made at the first message that needs it (0.2 s)."""
    from lingua import IsoCode639_1, Language, LanguageDetectorBuilder

    codes = [ENGLISH, *languages(), *STRANGERS]
    chosen = [Language.from_iso_code_639_1(getattr(IsoCode639_1, code.upper())) for code in codes]
    return LanguageDetectorBuilder.from_languages(*chosen).with_low_accuracy_mode().build()
