"""What a text must be before it may be published, beyond what the loader refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from rapidfuzz import fuzz, process

from assistant.editorial.readability import readability
from assistant.faq.corpus import Corpus, Entry
from assistant.red_flags import RedFlagScreen, load_lexicon
from assistant.red_flags.advice import Advice
from assistant.red_flags.mention import Priority

Encode = Callable[[Sequence[str]], np.ndarray]

# Cancer Research UK and the NHS write for a reading age of 9 to 11.
FEWEST_WORDS, MOST_WORDS = 60, 160
HIGHEST_GRADE, HIGHEST_MEDIAN_GRADE = 8.0, 7.0
MOST_ADVICE_WORDS = {"page": 125, "same-day": 125, "review": 40}
# Looked at on the corpus: neighbours that mean different things reach a cosine of .95 ("What
# treatments are there ...", "What is the best treatment ..."), misspelt twins lie above these.
SAME_SPELLING = 95.0  # of 100, word order aside
SAME_LETTERS = 97.0  # of 100, spaces aside
SAME_MEANING = 0.96  # cosine of plain MiniLM: ours pulls the wordings of an entry together

# What each text of advice must hold, whatever else it says.
NUMBERS = {
    "page": ("{emergency_number}",),
    "same-day": ("{cancer_line}", "{emergency_number}"),
    "review": ("{emergency_number}", "{cancer_line}"),  # one of them
}
NOBODY_WATCHES = "Nobody reads this chat all the time"
LONGEST_WORDING = 800  # characters: a long story with a question in it

_WORDS = re.compile(r"\w+")
_DOSE = re.compile(r"\b\d+ ?(?:mg|mcg|micrograms?|ml|grams?|tablets?|capsules?)\b", re.IGNORECASE)
# Among English words these are at least a fifth; among those of other languages hardly any.
_COMMON = re.compile(
    r"\b(?:the|to|of|and|a|an|in|is|it|you|your|for|or|can|are|that|this|be)\b", re.IGNORECASE
)
LEAST_COMMON = 0.15
# The page shows paragraphs, lists and bold; other channels show all else as it is typed.
_MARKUP = re.compile(r"</?[a-z!][^>]*>|\]\(|^#|^\||`", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """Something that keeps a text from being published.

    Attributes:
        text_id: An entry's id, `advice/<category>`, or `corpus` for all together.
        said: What was found, and what is allowed.
    """

    text_id: str
    said: str

    def __str__(self) -> str:
        return f"{self.text_id}: {self.said}"


@dataclass(frozen=True)
class Twin:
    """A wording of one entry that asks what a wording of another one asks."""

    id: str
    wording: str
    other_id: str
    other: str

    @property
    def problem(self) -> Problem:
        """What to say of it, to the editor of the first entry."""
        said = f"{self.wording!r} asks what {self.other!r} of {self.other_id!r} asks"
        return Problem(self.id, f"{said}; keep it in one entry")

    @property
    def turned(self) -> Twin:
        """The same, seen from the other entry."""
        return Twin(self.other_id, self.other, self.id, self.wording)


def check_all(corpus: Corpus, advice: Iterable[Advice], encode: Encode) -> list[Problem]:
    """Runs every check.

    Args:
        corpus: As loaded.
        advice: Of all categories.
        encode: Texts to their unit vectors, shape (texts, dimension).
    """
    entries = list(corpus.entries.values())
    problems = [problem for entry in entries for problem in check_answer(entry)]
    problems += [problem for entry in entries for problem in check_wordings(entry)]
    problems += [problem for one in advice for problem in check_advice(one)]
    problems += check_median_grade(entries)
    problems += check_buttons(entries)
    return problems + [twin.problem for twin in twins(entries, encode)]


def check_answer(entry: Entry) -> list[Problem]:
    """Length, reading grade, language, markup, doses, and the way to the emergency advice."""
    measured = readability(entry.answer)
    problems = _markup("the answer", entry.answer)
    dose = _DOSE.search(entry.answer)
    if dose:
        problems.append(f"the answer names a dose ({dose[0]!r}); doses are for the care team alone")
    if len(_COMMON.findall(entry.answer)) < LEAST_COMMON * measured.words:
        problems.append("the answer is hardly English; the assistant speaks English only")
    if "{emergency_number}" in entry.answer and not entry.warning_signs:
        problems.append(
            "the answer names emergencies; warning_signs must name an entry with advice"
        )
    if not FEWEST_WORDS <= measured.words <= MOST_WORDS:
        problems.append(
            f"the answer has {measured.words} words; allowed are {FEWEST_WORDS} to {MOST_WORDS}"
        )
    if measured.grade > HIGHEST_GRADE:
        problems.append(_too_hard("the answer", measured.grade))
    return [Problem(entry.id, said) for said in problems]


def check_wordings(entry: Entry) -> list[Problem]:
    """What a question may not be: endless, a command, or markup."""
    return [Problem(entry.id, said) for text in entry.wordings for said in unsound_wording(text)]


def unsound_wording(text: str) -> list[str]:
    """Returns what is wrong with one way to ask."""
    problems = _markup(f"{text[:40]!r}", text)
    if len(text) > LONGEST_WORDING:
        problems.append(f"{text[:40]!r} has {len(text)} characters; allowed are {LONGEST_WORDING}")
    if text.startswith("/"):
        problems.append(f"{text!r} is a command, no question; delete the slash")
    return problems


def check_advice(advice: Advice) -> list[Problem]:
    """Length, reading grade, markup and numbers of a category's texts."""
    problems = []
    for priority, text in advice.texts.items():
        measured, most = readability(text), MOST_ADVICE_WORDS[priority]
        problems += _markup(priority, text)
        if measured.words > most:
            problems.append(f"{priority} has {measured.words} words; allowed are {most}")
        if measured.grade > HIGHEST_GRADE:
            problems.append(_too_hard(priority, measured.grade))
        problems += _missing(advice.category, priority, text)
    return [Problem(advice.text_id, said) for said in problems]


def check_median_grade(entries: Sequence[Entry]) -> list[Problem]:
    """Half of all answers must be easier still than the bar of each."""
    grade = median(readability(entry.answer).grade for entry in entries)
    if grade <= HIGHEST_MEDIAN_GRADE:
        return []
    return [
        Problem(
            "corpus",
            f"the median reading grade is {grade:.1f}; allowed are {HIGHEST_MEDIAN_GRADE}",
        )
    ]


def check_buttons(entries: Iterable[Entry]) -> list[Problem]:
    """A question that stands on a button must not escalate whoever taps it."""
    screen = RedFlagScreen(load_lexicon())
    return [
        Problem(
            entry.id, f"the question {entry.question!r} reads like a symptom; word it as a topic"
        )
        for entry in entries
        if screen.screen(entry.question).flagged
    ]


def twins(
    entries: Sequence[Entry], encode: Encode, changed: Collection[str] | None = None
) -> list[Twin]:
    """Wordings that stand in two entries, in nearly the same words or with the same meaning.

    Args:
        entries: All entries.
        encode: Texts to their unit vectors, shape (texts, dimension).
        changed: Ids of the entries whose wordings are compared with all others; None for all.
    """
    rows = [(entry, wording) for entry in entries for wording in entry.wordings]
    # From the vector of the casefolded words: capitals are nobody's meaning.
    texts = [" ".join(_WORDS.findall(wording.casefold())) for _, wording in rows]
    looked_at = [
        number for number, (entry, _) in enumerate(rows) if changed is None or entry.id in changed
    ]
    spelling = _alike([" ".join(sorted(text.split())) for text in texts], looked_at, SAME_SPELLING)
    vectors = encode(texts)
    # "radio therapy" and "radiotherapy"
    unspaced = _alike([text.replace(" ", "") for text in texts], looked_at, SAME_LETTERS)
    alike = spelling | unspaced | (vectors[looked_at] @ vectors.T >= SAME_MEANING)
    pairs = {
        (min(looked_at[row], other), max(looked_at[row], other))
        for row, other in zip(*np.nonzero(alike), strict=True)
        if rows[looked_at[row]][0].id != rows[other][0].id
    }
    found = []
    for first, second in sorted(pairs):
        (entry, wording), (other_entry, its) = rows[second], rows[first]
        found.append(Twin(entry.id, wording, other_entry.id, its))
    return found


def _alike(texts: Sequence[str], looked_at: Sequence[int], least: float) -> np.ndarray:
    """Which texts are spelt like those looked at, shape (looked at, texts), bool."""
    ratios = process.cdist(
        [texts[number] for number in looked_at],
        texts,
        scorer=fuzz.ratio,
        score_cutoff=least,
        dtype=np.uint8,
        workers=-1,
    )
    alike: np.ndarray = ratios >= least
    return alike


def _missing(category: str, priority: Priority, text: str) -> list[str]:
    """What a text of advice lacks: its numbers, and that nobody watches."""
    problems = []
    held = [name for name in NUMBERS[priority] if name in text]
    if not held or (priority == "same-day" and len(held) < 2):
        needed = (
            " or ".join(NUMBERS[priority]) if priority == "review" else ", ".join(NUMBERS[priority])
        )
        problems.append(f"{priority} must hold {needed}")
    if priority == "page" and "{emergency_number}" not in text.split(".")[0]:
        problems.append("page must begin with {emergency_number} in its first sentence")
    if category == "self-harm" and priority != "review" and "{crisis_line}" not in text:
        problems.append(f"{priority} must hold {{crisis_line}}")
    if priority != "review" and NOBODY_WATCHES not in text:
        problems.append(f"{priority} must say: {NOBODY_WATCHES}")
    return problems


def _markup(what: str, text: str) -> list[str]:
    found = _MARKUP.search(text)
    allowed = "allowed are paragraphs, lists with '- ' and **bold**"
    return [f"{what} holds markup ({found[0]!r}); {allowed}"] if found else []


def _too_hard(what: str, grade: float) -> str:
    return f"{what} has reading grade {grade:.1f}; allowed are {HIGHEST_GRADE}: shorter sentences"
