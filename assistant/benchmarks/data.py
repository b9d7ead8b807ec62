"""The public yardsticks, read from where they are kept beside the checkout."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.paths import ROOT

PUBLIC_DATA = ROOT.parent / "shared" / "benchmarks"
BOTS = ("curekart", "powerplay11", "sofmattress")
NO_INTENT = "NO_NODES_DETECTED"  # HINT3's label of queries that are out of scope
_NEGATED = {"Affirmed": False, "Negated": True}  # the verdicts of the NegEx kit


class BenchmarkDataError(Exception):
    """A yardstick is missing or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class Bank:
    """What a system learns from.

    Attributes:
        wordings: Pairs of (text, entry id).
        answers: Entry id -> answer; empty where a bank has none.
    """

    wordings: tuple[tuple[str, str], ...]
    answers: dict[str, str]


@dataclass(frozen=True)
class Query:
    """A user's words and the entries that are right; none where it is out of scope."""

    text: str
    right: frozenset[str]


@dataclass(frozen=True)
class Annotated:
    """A sentence of a hospital report, one concept in it, and whether it denies that.

    Attributes:
        sentence: With the concept in capitals.
        concept: As the annotators noted it, in any case.
        negated: Their verdict; else it is affirmed.
    """

    sentence: str
    concept: str
    negated: bool


@dataclass(frozen=True)
class Benchmark:
    """One bank and the queries that it is asked; nothing is ever tuned on the queries."""

    name: str
    bank: Bank
    queries: tuple[Query, ...]

    @property
    def texts(self) -> list[str]:
        """The texts of the queries."""
        return [query.text for query in self.queries]


def load_hint3(folder: Path = PUBLIC_DATA, bots: Iterable[str] = BOTS) -> list[Benchmark]:
    """Reads the full training sets and the tests of HINT3 v1 (Arora et al. 2020).

    Args:
        folder: Holds `hint3/v1/train/<bot>_train.csv` and `hint3/v1/test/<bot>_test.csv`.
        bots: Which of the three.

    Raises:
        BenchmarkDataError: If a file is missing, or not in the form of the kit.
    """
    return [_load_bot(folder / "hint3" / "v1", bot) for bot in bots]


def _load_bot(folder: Path, bot: str) -> Benchmark:
    wordings = tuple(_sentences(folder / "train" / f"{bot}_train.csv"))
    test = folder / "test" / f"{bot}_test.csv"
    asked = _sentences(test)
    unknown = {label for _, label in asked} - {label for _, label in wordings} - {NO_INTENT}
    if unknown:
        raise BenchmarkDataError(
            f"{test} has the labels {sorted(unknown)}, which its training file has not; only "
            f"{NO_INTENT} may be new. Put the original files of HINT3 v1 there."
        )
    queries = tuple(Query(text, frozenset({label} - {NO_INTENT})) for text, label in asked)
    return Benchmark(bot, Bank(wordings, {}), queries)


def load_covid_faq(folder: Path = PUBLIC_DATA) -> Benchmark:
    """Reads the FAQs and the distinct user queries of CovidFAQ, linked by the answer.

    Two FAQs share an answer; both are right for its queries.

    Args:
        folder: Holds `covidfaq/query_answer_pairs.json`.

    Raises:
        BenchmarkDataError: If the file is missing, or not in the form of the kit.
    """
    file = folder / "covidfaq" / "query_answer_pairs.json"
    try:
        rows = json.loads(_read(file))
        faqs = [row for row in rows if row["query_type"] == "faq"]
        asked = [
            (row["question"], row["answer"]) for row in rows if row["query_type"] == "user_query"
        ]
        wordings = tuple((row["question"], row["id"]) for row in faqs)
        answers = {row["id"]: row["answer"] for row in faqs}
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise BenchmarkDataError(
            f"{file} is not in the form of the kit, a list of objects with query_type, question, "
            f"answer and id ({type(error).__name__}: {error}). Put the original file there."
        ) from error
    linked: dict[str, set[str]] = {}
    for question, answer in asked:
        linked.setdefault(question, set()).add(answer)
    queries = tuple(
        Query(text, frozenset(id_ for id_, answer in answers.items() if answer in right))
        for text, right in linked.items()
    )
    return Benchmark("CovidFAQ", Bank(wordings, answers), queries)


def load_negex(folder: Path = PUBLIC_DATA) -> list[Annotated]:
    """Reads the annotated sentences of the NegEx kit (Chapman et al. 2001), in their order.

    Args:
        folder: Holds `negex/Annotations-1-120.txt`.

    Raises:
        BenchmarkDataError: If the file is missing, or not in the form of the kit.
    """
    file = folder / "negex" / "Annotations-1-120.txt"
    lines = _read(file).splitlines(keepends=True)
    rows = [
        (row.get("Sentence"), row.get("Concept"), row.get("Negation"))
        for row in csv.DictReader(lines, delimiter="\t")
    ]
    annotated = []
    for number, (sentence, concept, verdict) in enumerate(rows, start=1):
        if not sentence or not concept or verdict not in _NEGATED:
            raise BenchmarkDataError(
                f"{file}, sentence {number}: Concept {concept!r}, Negation {verdict!r}; it needs "
                f"Concept, Sentence and as Negation one of {', '.join(_NEGATED)}. "
                "Put the original file of the NegEx kit there."
            )
        annotated.append(Annotated(sentence, concept.strip(), _NEGATED[verdict]))
    return annotated


def _sentences(file: Path) -> list[tuple[str, str]]:
    rows = csv.DictReader(_read(file).splitlines(keepends=True))
    if not {"sentence", "label"} <= set(rows.fieldnames or ()):
        raise BenchmarkDataError(
            f"{file} has the columns {rows.fieldnames}; it needs sentence and label. "
            "Put the original file of HINT3 v1 there."
        )
    return [(row["sentence"], row["label"]) for row in rows]


def _read(file: Path) -> str:
    if not file.is_file():
        raise BenchmarkDataError(
            f"There is no file {file}. The public yardsticks are no part of this repository: "
            "put their folders hint3/, covidfaq/ and negex/ into shared/benchmarks beside the "
            "checkout, or name the folder that holds them with --data."
        )
    # newline="" as the csv module asks for: line ends inside quotes are the sentence's own.
    with file.open(encoding="utf-8", newline="") as opened:
        return opened.read()
