"""People's names in a message: by what leads to them, by lists, and by words that are no words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import extractOne

from assistant.faq.document import FENCE
from assistant.language.words import english_words
from assistant.paths import CORPUS, ROOT

NAMES_FILE = Path(__file__).with_name("names.yml")
TERMS_FILE = ROOT / "assistant" / "faq" / "terms.yml"
LEXICON = ROOT / "assistant" / "red_flags" / "lexicon"
LONGEST_ABBREVIATION = 5  # MRI, PSMA, HER2; longer words in capitals are shouted

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_TOKEN = re.compile(rf"\[\w+\]|{_WORD.pattern}")
_POSSESSIVE = re.compile(r"['’]s?$")
# What may stand before a name in the words so far, from the surest to the least sure.
_MY_NAME = re.compile(
    r"\b(?:my name(?:['’]?s| is)?|(?:they|everyone|people) calls? me"
    r"|(?:his|her) name(?:['’]?s| is))"
    r"[\s:,]+(?:is\s+)?(?:\[name\]\s+)?$",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\b(?:dr|mr|mrs|ms|mx|prof(?:essor)?|rev(?:d|erend)?)\b\.?\s+(?:[A-Z]\.?\s+)*(?:\[name\]\s+)?$",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:i['’]?m|i am|called|named|nurse|sister|doctor|miss|sir|father|auntie|uncle)\s+$",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:this is|it['’]?s|hi|hello|dear|thanks|regards|aunt|consultant|oncologist|surgeon|"
    r"husband|wife|partner|mum|mam|mom|dad|brother|son|daughter|friend|colleague|neighbour)[\s,]+$",
    re.IGNORECASE,
)
_BESIDE_NAME = re.compile(r"\[name\](?:\s+|-)(?:[A-Z]\.?\s+)?$")
_NAME_NEXT = re.compile(r"\s+\[name")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n\"“(\-–])\s*$")
# Endings of medicines, diseases and procedures that no list needs to hold.
_MEDICAL = re.compile(
    r".{3,}(?:mab|[tb]inib|ciclib|taxel|platin|dron(?:ate|ic)|parib|lutamide|azole|setron|statin|"
    r"parin|xaban|zepam|caine|profen|codeine|morphine|itis|omas?|os[ie]s|a?emi[ac]|path(?:y|ic)|"
    r"graph(?:y|ic)|scop(?:y|ic)|ectomy|plasty|therap(?:y|ies)|cillin|mycin|blast(?:ic)?|lytic)"
)


@dataclass(frozen=True)
class _Words:
    """What words mean to the redaction, all in lower case.

    Attributes:
        names: Of people, and nothing else.
        also_words: Given names that are words as well ("rose", "mark").
        surnames_also_words: Surnames that are words as well ("white").
        never: Words that follow "my name is ..." or a title without being a name.
        ours: Words of the corpus, of the lexicon, and names of medicines.
        english: Any English word.
    """

    names: frozenset[str]
    also_words: frozenset[str]
    surnames_also_words: frozenset[str]
    never: frozenset[str]
    ours: frozenset[str]
    english: frozenset[str]


def redact_names(text: str) -> str:
    """Returns the text with [name] in place of people's names.

    >>> redact_names("my name is karen baker and Dr Okafor says Zometa is best for L4")
    'my name is [name] [name] and Dr [name] says Zometa is best for L4'
    """
    capitals_tell = _capitals_tell(text)
    redacted, end = "", 0
    for found in _TOKEN.finditer(text):
        redacted += text[end : found.start()]
        word, end = found[0], found.end()
        around = redacted[-80:], text[end : end + 8]
        if word.startswith("[") or not _is_name(word, *around, capitals_tell):
            redacted += word
        else:
            possessive = _POSSESSIVE.search(word)
            redacted += "[name]" + (possessive[0] if possessive else "")
    return redacted + text[end:]


def _is_name(word: str, before: str, after: str, capitals_tell: bool) -> bool:
    """Whether a word names a person.

    Args:
        word: As it is written.
        before: The redacted text in front of it, its last characters.
        after: The first characters of what follows.
        capitals_tell: Whether a capital means something in this message.
    """
    words = _words()
    plain = _POSSESSIVE.sub("", word.replace("’", "'")).casefold()
    parts = re.split(r"['\-]", plain)
    upper = word[0].isupper() and not _is_abbreviation(word)
    capital = capitals_tell and upper
    inside = capital and not _SENTENCE_START.search(before)
    if len(plain) < 2:
        return False
    if plain in words.names or any(part in words.names for part in parts):
        return True
    if plain in words.also_words and inside:
        return True
    if plain in words.never or word.casefold() in words.never:
        return False
    either = plain in words.also_words or plain in words.surnames_also_words
    foreign = plain not in words.ours
    if _MY_NAME.search(before):
        return either or foreign or not before.endswith("[name] ")
    if _TITLE.search(before):
        return capital or either or (upper and foreign) or not _is_word(plain, parts)
    if _BESIDE_NAME.search(before):
        if plain in words.surnames_also_words or (capital and (either or foreign)):
            return True
        return not _is_word(plain, parts)
    if _CALLED.search(before):
        return plain in words.also_words or (capital and foreign) or not _is_word(plain, parts)
    if capital and foreign and (_PERSON.search(before) or _NAME_NEXT.match(after)):
        return True
    return (capital or bool(_PERSON.search(before))) and not _is_word(plain, parts)


def _is_word(plain: str, parts: list[str]) -> bool:
    """Whether it is a word that is known, a slip of one, or looks like a medical one."""
    words = _words()
    if plain in words.ours or all(
        len(p) < 3 or p in words.english or p in words.ours for p in parts
    ):
        return True
    return bool(_MEDICAL.fullmatch(plain)) or _is_slip(plain)


@lru_cache(maxsize=4096)
def _is_slip(word: str) -> bool:
    """Whether one or two letters are wrong in a word of ours."""
    if len(word) < 4:
        return True  # too short to tell: "wat", "hosp", "cnt" are commoner than names
    most = 1 if len(word) < 8 else 2
    ours = [known for known in _long_words() if known[0] == word[0]]
    return extractOne(word, ours, scorer=DamerauLevenshtein.distance, score_cutoff=most) is not None


def _is_abbreviation(word: str) -> bool:
    """MRI, GCSEs, SUVmax, FDG-avid; not KAREN, McKay, Smith-Jones."""
    first = word.split("-")[0]
    capitals = sum(letter.isupper() for letter in first)
    if first.rstrip("s").isupper():
        return len(first.rstrip("s")) <= LONGEST_ABBREVIATION
    return capitals >= 3


def _capitals_tell(text: str) -> bool:
    """False where all is shouted, or Each Word Has A Capital."""
    written = [word for word in _WORD.findall(text) if len(word) > 1]
    capitals = sum(word[0].isupper() for word in written)
    shouted = sum(word.isupper() for word in written)
    return len(written) < 4 or (capitals < 0.7 * len(written) and shouted < 0.5 * len(written))


@lru_cache(maxsize=1)
def _words() -> _Words:
    given = yaml.safe_load(NAMES_FILE.read_text(encoding="utf-8"))
    lists = {key: frozenset(" ".join(lines).split()) for key, lines in given.items()}
    ours = set(lists["stays"])
    for file in sorted(CORPUS.rglob("*.md")):
        front, _, answer = file.read_text(encoding="utf-8").partition(f"\n{FENCE}\n")
        # A variant may name someone ("Dr Okafor"); answers name nobody.
        ours |= {word for word in _WORD.findall(front) if word.islower()}
        ours |= {word.casefold() for word in _WORD.findall(answer)}
    for file in (TERMS_FILE, *sorted(LEXICON.rglob("*.yml"))):
        ours |= {word.casefold() for word in _WORD.findall(file.read_text(encoding="utf-8"))}
    return _Words(
        lists["names"],
        lists["also_words"],
        lists["surnames_also_words"],
        lists["never"],
        frozenset(word.replace("’", "'") for word in ours),
        english_words(),
    )


@lru_cache(maxsize=1)
def _long_words() -> tuple[str, ...]:
    return tuple(sorted(word for word in _words().ours if len(word) >= 4))
