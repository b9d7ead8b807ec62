"""Typing slips for training: what thumbs on a phone make of a message."""

from __future__ import annotations

from random import Random

SHORTEST_WORD = 4
MOST_SLIPS = 3

_BESIDE = {
    "a": "sqz", "b": "vnh", "c": "xvd", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gju",
    "i": "uok", "j": "hki", "k": "jlo", "l": "kop", "m": "nj", "n": "bmh", "o": "ipl", "p": "ol",
    "q": "wa", "r": "etf", "s": "adw", "t": "ryg", "u": "yij", "v": "cbf", "w": "qes", "x": "zcs",
    "y": "tuh", "z": "xa",
}  # fmt: skip
_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("ea", "ee"), ("ie", "ei"), ("ough", "uff"), ("tion", "shun"),
    ("ss", "s"), ("ll", "l"), ("y", "i"), ("e", "i"), ("a", "e"), ("s", "c"), ("z", "s"),
)  # fmt: skip


def with_slips(text: str, random: Random) -> str:
    """Returns the text with a few slips in its longer words, some of its signs gone."""
    words = text.split(" ")
    long = [number for number, word in enumerate(words) if len(word) >= SHORTEST_WORD]
    for number in random.sample(long, min(len(long), random.randint(0, MOST_SLIPS))):
        words[number] = _slip(words[number], random)
    result = " ".join(words)
    if random.random() < 0.5:
        result = result.lower()
    if random.random() < 0.4:
        result = result.replace("'", "").replace("’", "")
    if random.random() < 0.4:
        result = result.rstrip(".?! ").replace(",", "")
    return result


def _slip(word: str, random: Random) -> str:
    place = random.randrange(1, len(word) - 1)
    kind = random.randrange(5)
    if kind == 0:  # two letters swapped
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:  # one left out
        return word[:place] + word[place + 1 :]
    if kind == 2:  # one twice
        return word[:place] + word[place] + word[place:]
    if kind == 3:  # the key beside it
        beside = _BESIDE.get(word[place].lower(), word[place])
        return word[:place] + random.choice(beside) + word[place + 1 :]
    written = [pair for pair in _SOUNDS if pair[0] in word]  # as it sounds
    return word.replace(*random.choice(written), 1) if written else word
