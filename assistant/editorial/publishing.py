"""From edited texts to a served model: check, train, evaluate, exchange - and back."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.datasets.messages import read_messages
from assistant.datasets.twins import exact_twins, faults
from assistant.editorial.gate import Rows, compare, figures_table
from assistant.paths import ROOT, state_folder
from assistant.publication import (
    Published,
    publications,
    read_published,
    read_serving,
    write_published,
)
from assistant.snapshot import keep_texts, restore_snapshot, same_texts
from assistant.training import MODELS, Built, build, digest, tail, train

CANDIDATE = ROOT / "build" / "candidate"
KEPT = 10  # publications
SECONDS_TO_SWAP = 60.0


class PublicationError(Exception):
    """Nothing was published; the message says why and what to do."""


@dataclass(frozen=True)
class Publication:
    """A published model with its texts and figures, in a folder of its own.

    Attributes:
        number: Counts up, never used twice.
        before: The publication that it took over from, None for the first.
        on: When, in UTC.
    """

    number: int
    before: int | None
    on: str

    @property
    def built(self) -> Built:
        """Model, fingerprint and texts."""
        return Built(publications() / str(self.number))

    @property
    def figures_file(self) -> Path:
        """What the evaluation measured of it."""
        return self.built.folder / "figures.json"


def history() -> list[Publication]:
    """All publications that are kept, oldest first."""
    found = [json.loads(file.read_text()) for file in publications().glob("*/publication.json")]
    return sorted((Publication(**one) for one in found), key=lambda one: one.number)


def publish(every: int = 1, force: bool = False) -> Publication:
    """Trains on the texts as they stand, evaluates, and serves the result.

    Args:
        every: Evaluates on every n-th message of the evaluation sets; 1 for all.
        force: Publishes although figures got worse.

    Raises:
        PublicationError: If nothing changed, a message that is measured with is trained on, or
            figures got worse.
        TrainingError: If training fails.
    """
    served = _served(every)
    if served.built.digest() == digest():
        raise PublicationError(
            f"Nothing has changed since publication {served.number}, which is served."
        )
    _require_unseen()
    build(Built(CANDIDATE))
    figures = CANDIDATE / "figures.json"
    _evaluate(Built(CANDIDATE).model, figures, every)
    before, after = _both(served, figures, every)
    print(figures_table(before, after))
    worse = compare(before, after)
    if worse and not force:
        lines = "\n".join(f"  {one}" for one in worse)
        raise PublicationError(
            f"Not published, the assistant is as it was. These figures got worse:\n{lines}\n"
            "Mend the texts, or publish all the same with FORCE=yes."
        )
    publication = _keep(Built(CANDIDATE), figures, before=served.number)
    _serve(publication)
    for old in history()[:-KEPT]:
        shutil.rmtree(old.built.folder)
    return publication


def _require_unseen() -> None:
    """Figures on messages that were trained on would flatter."""
    leaks = faults(exact_twins(read_messages()))
    if leaks:
        raise PublicationError(
            "Not published, the assistant is as it was: a message stands in two sets.\n"
            + "\n".join(f"  {one}" for one in leaks)
        )


def roll_back(to: int | None = None) -> tuple[Publication, Path | None]:
    """Serves another publication, and brings its texts back.

    Args:
        to: Its number; None for the one before the served one.

    Returns:
        What is served now, and where texts went that no publication holds (None if there
        were none).

    Raises:
        PublicationError: If there is none.
    """
    kept = {one.number: one for one in history()}
    current = read_published()
    served = kept.get(current.number) if current else None
    wanted = to if to is not None or served is None else served.before
    target = kept.get(wanted) if wanted is not None else None
    if served is None or target is None:
        which = "before the served one" if to is None else f"number {to}"
        raise PublicationError(
            f"There is no publication {which}, nothing was done. There are:\n{table(history())}"
        )
    saved = None if same_texts(served.built.texts) else keep_texts()
    restore_snapshot(target.built.texts)
    if target.built.digest() != digest():
        # The program itself has changed since: its old model may not fit it.
        build(target.built)
    _serve(target)
    return target, saved


def wait_until_served(number: int, seconds: float = SECONDS_TO_SWAP) -> int:
    """Waits until all running assistants of this site serve a publication.

    Returns:
        How many they are.

    Raises:
        PublicationError: If one of them cannot load it, or takes too long.
    """
    deadline = time.monotonic() + seconds
    while True:
        running = read_serving()
        faults = [one.fault for one in running if one.number == number and one.fault]
        if faults:
            raise PublicationError(
                f"A running assistant could not load publication {number} and goes on with the one "
                f"before ({faults[0]}). Roll back with `make corpus-rollback`."
            )
        if all(one.number == number for one in running):
            return len(running)
        if time.monotonic() > deadline:
            raise PublicationError(
                f"A running assistant does not serve publication {number} after {seconds:.0f} s; "
                f"see {state_folder() / 'server.log'}"
            )
        time.sleep(0.2)


def _served(every: int) -> Publication:
    """The publication that is served; what `make train` made counts as the first one."""
    current = read_published()
    found = [one for one in history() if current and one.number == current.number]
    live = Built(MODELS)
    if found and (live.digest() is None or found[0].built.digest() == live.digest()):
        return found[0]
    if live.digest() is None:
        # A fresh machine: there is nothing to compare with and nothing to go back to.
        train()
    figures = CANDIDATE.parent / "figures-of-served.json"
    _evaluate(live.model, figures, every)
    publication = _keep(live, figures, before=found[0].number if found else None)
    write_published(Published(publication.number, str(publication.built.model)))
    return publication


def _both(served: Publication, figures: Path, every: int) -> tuple[Rows, Rows]:
    """The figures of the served model and of the new one, on the same messages."""
    before = json.loads(served.figures_file.read_text())
    after = json.loads(figures.read_text())
    if (before["every"], before["messages"]) != (after["every"], after["messages"]):
        # Other messages were measured then: only the same ones compare.
        _evaluate(served.built.model, served.figures_file, every)
        before = json.loads(served.figures_file.read_text())
    return before["rows"], after["rows"]


def _evaluate(model: Path, figures: Path, every: int) -> None:
    print("Evaluating (a minute or two) ...", flush=True)
    figures.parent.mkdir(parents=True, exist_ok=True)
    log = ROOT / "build" / "evaluate.log"
    options = ["--figures-of", str(model), "--write", str(figures), "--every", str(every)]
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "assistant.evaluation", *options],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise PublicationError(f"The evaluation failed; the end of {log}:\n{tail(log)}")


def _keep(built: Built, figures: Path, before: int | None) -> Publication:
    numbers = [one.number for one in history()]
    publication = Publication(max(numbers, default=0) + 1, before, _now().isoformat())
    _copy(built, publication.built)
    shutil.copy(figures, publication.figures_file)
    record = publication.built.folder / "publication.json"
    record.write_text(json.dumps(asdict(publication)))
    return publication


def _serve(publication: Publication) -> None:
    _copy(publication.built, Built(MODELS))
    write_published(Published(publication.number, str(publication.built.model)))


def _copy(built: Built, to: Built) -> None:
    to.folder.mkdir(parents=True, exist_ok=True)
    to.digest_file.unlink(missing_ok=True)  # until all three belong together
    for source, target in ((built.model, to.model), (built.texts, to.texts)):
        beside = target.with_name(f".{target.name}.new")
        shutil.copy(source, beside)
        beside.replace(target)
    shutil.copy(built.digest_file, to.digest_file)


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.timezone.utc)


def table(kept: Sequence[Publication]) -> str:
    """The publications, one a line, the served one marked."""
    current = read_published()
    lines = []
    for one in kept:
        mark = "served" if current and current.number == one.number else ""
        lines.append(f"{one.number:4}  {one.on[:16]}  after {one.before or '-'}  {mark}")
    return "\n".join(lines) or "Nothing has been published yet."
