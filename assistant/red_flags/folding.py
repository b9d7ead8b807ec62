"""Folding: the same words in one spelling, whatever the keyboard or an attacker made of them.

Every step replaces pieces of the text and keeps, for each character, where it came from, so that a
mention can quote the patient's own words.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from re import Match, Pattern
from urllib.parse import unquote_to_bytes

import emoji

# Deeper nested encodings than this are no patient's; what is left of them is then blanked out.
MAX_ROUNDS = 6

_ZERO_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]+")
_AMPERSAND = re.compile(r"&(?:amp;)+", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,31}\d{0,2});", re.I)
_INLINE_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|font|s|wbr)(?: [^<>]{0,200})?/?>", re.I)
_TAG = re.compile(r"<!--.{0,2000}?-->|</?[a-z][^<>]{0,200}>", re.I | re.S)
_PERCENT = re.compile(r"%(?:25)+(?=[0-9a-f]{2})", re.I)
_URL = re.compile(r"(?:%[0-9a-f]{2})+", re.I)
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\x([0-9a-f]{2})", re.I)
_SPACED = re.compile(r"(?<![^\W_])(?:[a-z]([ .\-_*·/|])){3,}[a-z](?![^\W_])", re.I)
_REPEATED = re.compile(r"([a-z])\1{2,}", re.I)
_LEET_WORD = re.compile(r"(?<![\w@$€!|])[a-z@$€!|\d]{3,}(?![\w@$€|])", re.I)
# "n0 pain" says no; "T2 N0 M0" is a stage.
_NO = re.compile(r"(?<!\w)n0(?=\s+(?!m[\dx]\b)[^\W\d])", re.I)
_APOSTROPHE = re.compile("[\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4`\uff07]")
_LEFT_OVER = re.compile(r"[%&<\\]")

_LEET = str.maketrans("013457@$€!|", "oleastaseil")
_NOT_LEET = re.compile(r"\d+[a-z]{1,5}\d*|[a-z]{1,6}\d+|[a-z]+!+|€?\d+[a-z]?€?|[\d@$€!|]+", re.I)

# Letters of other alphabets that look like Latin ones; each maps to the letter it passes for.
_HOMOGLYPHS = str.maketrans(
    "АВЕКМНОРСТУХаесорхуіјѕԁһӏԛԝьвкмнтгп"
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχω"
    "łŁøØđĐħŧıæœðþɑɡɩɪʟɴʀʏᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢ",
    "ABEKMHOPCTYXaecopxyijsdhlqwbbkmhtrn"
    "ABEZHIKMNOPTYXabeikvoptuxw"
    "lLoOdDhtiaodtagiilnryacdejkmoptuvwz",
)


@dataclass(frozen=True)
class Folded:
    """A folded text.

    Attributes:
        text: lower case, one spelling for each letter.
        origin: for every character of text the index of the original character it stands for.
    """

    text: str
    origin: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that text[start:end] stands for."""
        return self.origin[start], self.origin[end - 1] + 1


_Replacement = str | Callable[[Match[str]], str]


class _Piecewise:
    """A text under replacement, with the origin of each character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.origin: list[int] = list(range(len(text)))

    def sub(self, pattern: Pattern[str], replacement: _Replacement) -> bool:
        """Replaces each match; says whether anything changed."""
        parts: list[str] = []
        origin: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            new = replacement if isinstance(replacement, str) else replacement(match)
            if new == match.group():
                continue
            start, end = match.span()
            parts += [self.text[done:start], new]
            origin += self.origin[done:start]
            origin += self._spread(start, end, len(new))
            done = end
        if not done:
            return False
        parts.append(self.text[done:])
        origin += self.origin[done:]
        self.text, self.origin = "".join(parts), origin
        return True

    def _spread(self, start: int, end: int, length: int) -> list[int]:
        """Origins of a replacement: evenly over what it replaced, its ends on the ends."""
        if length == end - start:
            return self.origin[start:end]
        if length <= 1:
            return [self.origin[start]] * length
        step = (end - 1 - start) / (length - 1)
        return [self.origin[start + round(step * i)] for i in range(length)]


def fold(text: str) -> Folded:
    r"""Folds a text into one spelling; never raises.

    Args:
        text: what the patient sent, of any length.

    Returns:
        The folded text and where each of its characters came from.

    Example:
        >>> fold("My l3gs are \uff4eumb!!! &amp; %6A%61%77").text
        'my legs are numb!!! & jaw'
    """
    piece = _Piecewise(text)
    for _ in range(MAX_ROUNDS):
        if not _round(piece):
            break
    else:
        piece.sub(_LEFT_OVER, " ")
        for _ in range(MAX_ROUNDS):
            if not _round(piece):
                break
    return Folded(piece.text, tuple(piece.origin))


def _round(piece: _Piecewise) -> bool:
    """One pass of all steps; says whether anything changed."""
    before = piece.text
    if not piece.text.isascii():
        piece.sub(_ZERO_WIDTH, "")
        piece.sub(_APOSTROPHE, "'")
        piece.sub(_NON_ASCII, _plain_letters)
    piece.sub(_CONTROL, " ")
    if "&" in piece.text:
        piece.sub(_AMPERSAND, "&")
        piece.sub(_ENTITY, lambda m: html.unescape(m.group()))
    if "<" in piece.text:
        piece.sub(_INLINE_TAG, "")
        piece.sub(_TAG, " ")
    if "%" in piece.text:
        piece.sub(_PERCENT, "%")
        piece.sub(_URL, _unquote)
    if "\\" in piece.text:
        piece.sub(_ESCAPE, lambda m: chr(int(m.group(1) or m.group(2), 16)))
    piece.sub(_SPACED, lambda m: m.group()[::2])
    piece.sub(_LEET_WORD, _unleet)
    piece.sub(_NO, "no")
    piece.sub(_REPEATED, lambda m: m.group(1) * 2)
    lowered = piece.text.lower()
    if len(lowered) == len(piece.text):
        piece.text = lowered
    return piece.text != before


def _plain_letters(match: Match[str]) -> str:
    """Compatibility forms, accents and look-alikes as plain letters; emoji as words."""
    text = emoji.demojize(match.group(), delimiters=(" ", " ")).replace("_", " ")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).translate(_HOMOGLYPHS)
    text = text.replace("ß", "ss").replace("…", "...").replace("\u2044", "/")
    return unicodedata.normalize("NFKC", text).casefold()


def _unquote(match: Match[str]) -> str:
    text = unquote_to_bytes(match.group()).decode("utf-8", errors="replace")
    return text.replace("\ufffd", " ")


def _unleet(match: Match[str]) -> str:
    """Reads "l3gs" as legs, but "t11", "38c", "10mg" and "help!!" stay."""
    word = match.group()
    if word.isalpha() or _NOT_LEET.fullmatch(word):
        return word
    if sum(c.isalpha() for c in word) * 2 < len(word):
        return word
    return word.translate(_LEET)
