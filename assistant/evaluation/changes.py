"""Six ways in which a message may come other than it was meant; each keeps what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

Change = Callable[[str, Random], str]

LETTERS_A_SLIP = 8
BLANKS_LOST = 1 / 3
PADDING_WORDS = 300  # before a message, and as many after it

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Letters of other alphabets that look like Latin ones, after Unicode's confusables.txt.
_LOOK_ALIKES = dict(zip("acdeghijlnopqsuvwxy", "асԁеɡһіјⅼոорԛѕսѵԝху", strict=True))
_TO_FULL_WIDTH = 0xFEE0  # from ASCII to its full-width form
_TAGS = ("b", "i", "em", "span", "font")
_EMOJI = ("🙏", "😀", "🌧️", "❤️", "👍", "😅", "🤷", "✨")


def typos(text: str, random: Random) -> str:
    """One slip in each eight letters: the key beside it, two letters swapped, or one left out."""
    letters = [place for place, letter in enumerate(text) if letter.isascii() and letter.isalpha()]
    slips = set()
    for begin in range(0, len(letters), LETTERS_A_SLIP):
        block = letters[begin : begin + LETTERS_A_SLIP]
        if random.random() < len(block) / LETTERS_A_SLIP:
            slips.add(random.choice(block))
    written = list(text)
    for place in slips:
        kind = random.choice(("beside", "swap", "drop"))
        after = place + 1
        if kind == "beside":
            written[place] = _key_beside(text[place], random)
        elif kind == "swap" and after < len(text) and text[after].isalpha() and after not in slips:
            written[place], written[after] = written[after], written[place]
        else:
            written[place] = ""
    return "".join(written)


def _key_beside(letter: str, random: Random) -> str:
    row = next(keys for keys in _KEYS if letter.lower() in keys)
    place = row.index(letter.lower())
    return random.choice(row[max(0, place - 1) : place] + row[place + 1 : place + 2])


def lost_blanks(text: str, random: Random) -> str:
    """A third of the blanks gone, one at the least."""
    blanks = [place for place, letter in enumerate(text) if letter == " "]
    count = min(len(blanks), max(1, round(len(blanks) * BLANKS_LOST)))
    gone = set(random.sample(blanks, count))
    return "".join(letter for place, letter in enumerate(text) if place not in gone)


def other_letters(text: str, random: Random) -> str:
    """Each letter as it is, as one of another alphabet, or full-width."""
    return "".join(_other_letter(letter, random) for letter in text)


def _other_letter(letter: str, random: Random) -> str:
    if not (letter.isascii() and letter.isalpha()):
        return letter
    full_width = chr(ord(letter) + _TO_FULL_WIDTH)
    return random.choice((letter, full_width, _LOOK_ALIKES.get(letter, full_width)))


def tags(text: str, random: Random) -> str:
    """A slash command before it, tags round some words, and some blanks that do not break."""
    words = [_tagged(word, random) for word in text.split(" ")]
    joined = words[0]
    for word in words[1:]:
        joined += random.choice((" ", " ", "&nbsp;")) + word
    return f"/ask {joined}"


def _tagged(word: str, random: Random) -> str:
    if random.random() < 1 / 4:
        tag = random.choice(_TAGS)
        return f"<{tag}>{word}</{tag}>"
    return word


def split_lines(text: str, random: Random) -> str:
    """Words fall on new lines, and emoji stand between them."""
    words = text.split(" ")
    joined = words[0]
    for word in words[1:]:
        emoji = f" {random.choice(_EMOJI)}" if random.random() < 1 / 5 else ""
        joined += emoji + random.choice((" ", " ", " ", "\n")) + word
    return joined


def padding(texts: Sequence[str], random: Random, words: int) -> str:
    """Whole texts at random, on lines of their own, until there are enough words.

    Args:
        texts: To choose from.
        random: Chooses.
        words: How many at the least.

    >>> padding(["can I swim", "is it safe"], Random(1), words=4).split()
    ['can', 'I', 'swim', 'can', 'I', 'swim']
    """
    chosen: list[str] = []
    while sum(len(text.split()) for text in chosen) < words:
        chosen.append(random.choice(texts))
    return "\n".join(chosen)


CHANGES: Mapping[str, Change] = {
    "typos, one in 8 letters": typos,
    "a third of the blanks gone": lost_blanks,
    "look-alike and full-width letters": other_letters,
    "HTML tags and a slash prefix": tags,
    "split lines and emoji": split_lines,
}
