"""The commands of editors; the Makefile's `corpus-...` targets call them.

Run as `python -m assistant.editorial COMMAND --help`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

from assistant.editorial import publishing
from assistant.editorial.book import book_of
from assistant.editorial.checks import check_all
from assistant.editorial.diff import describe
from assistant.editorial.importing import apply, changes_of
from assistant.editorial.publishing import PublicationError
from assistant.editorial.signing import SigningError, find_text, sign
from assistant.editorial.spreadsheet import Fault, SpreadsheetError, write_book
from assistant.editorial.table import corpus_table
from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL, EncoderError
from assistant.faq.corpus import Corpus, load_corpus
from assistant.faq.document import ContentError
from assistant.paths import ROOT
from assistant.red_flags.advice import Advice, load_advice
from assistant.site import SiteError
from assistant.snapshot import keep_texts
from assistant.training import TrainingError

OUTPUT = ROOT / "build" / "corpus"
TABLE, MAP = "corpus.md", "corpus-map.png"
REFUSED = (
    ContentError,
    EncoderError,
    PublicationError,
    SigningError,
    SiteError,
    SpreadsheetError,
    TrainingError,
)


def check(options: argparse.Namespace) -> None:
    """Prints the table of all texts, draws the map, and ends with 1 if something is wrong."""
    from assistant.editorial.wordings_map import draw_map

    corpus, advice = _texts()
    encode = get_encoder(PACKAGED_MODEL).encode
    folder = ROOT / "docs" if options.docs else OUTPUT
    folder.mkdir(parents=True, exist_ok=True)
    table = corpus_table(corpus, advice, _today())
    (folder / TABLE).write_text(table, encoding="utf-8")
    print(table)
    if options.map:
        wordings = [(one.id, text) for one in corpus.entries.values() for text in one.wordings]
        draw_map(wordings, encode, folder / MAP)
        print(f"Map of the wordings: {(folder / MAP).relative_to(ROOT)}")
    problems = check_all(corpus, advice, encode)
    if problems:
        sys.exit("\n".join(map(str, problems)) + f"\n{len(problems)} problems")
    print("All checks passed.")


def export(options: argparse.Namespace) -> None:
    """Writes corpus and advice to a spreadsheet."""
    if options.file.exists() and not options.overwrite:
        raise SpreadsheetError(
            [Fault(options.file.name, 0, "is there already; choose another FILE= or OVERWRITE=yes")]
        )
    corpus, advice = _texts()
    write_book(book_of(corpus, advice), options.file)
    print(f"Written: {options.file}. Edit it, then: make corpus-import FILE={options.file}")


def bring_in(options: argparse.Namespace) -> None:
    """Shows what a spreadsheet would change, asks, and changes it."""
    corpus, advice = _texts()
    changes = changes_of(options.file, corpus, advice, get_encoder(PACKAGED_MODEL).encode)
    if not changes:
        print("The spreadsheet says what the files say: nothing to change.")
        return
    print("\n\n".join(map(describe, changes)))
    print(f"\n{len(changes)} of {len(corpus.entries) + len(advice)} texts would change.")
    if not options.yes and input("Change the files? [y/N] ").strip().casefold() not in ("y", "yes"):
        print("Nothing was changed.")
        return
    kept = keep_texts()
    apply(changes)
    print(f"Changed. The texts before are in {kept}.")
    print("Look: make corpus-preview. Then: make corpus-publish.")


def preview(options: argparse.Namespace) -> None:
    """Serves the preview until Ctrl-C."""
    from assistant.editorial.preview import preview_server

    with preview_server(options.port) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        print(f"Preview: {address}#{options.id or ''}\nCtrl-C stops it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")


def sign_text(options: argparse.Namespace) -> None:
    """Signs a text for a clinician who has read it."""
    corpus, advice = _texts()
    on = options.on or _today()
    signed = sign(find_text(options.id, corpus, advice), options.by, on, options.due)
    print(f"{signed.text}: signed by {signed.by} on {signed.on}, next due {signed.due}.")
    print("Patients see it after: make corpus-publish")


def publish(options: argparse.Namespace) -> None:
    """Checks, trains, evaluates, and exchanges the model of the running assistants."""
    corpus, advice = _texts()
    problems = check_all(corpus, advice, get_encoder(PACKAGED_MODEL).encode)
    if problems:
        raise PublicationError("Not published:\n" + "\n".join(map(str, problems)))
    _tell(publishing.publish(options.every, options.force))


def roll_back(options: argparse.Namespace) -> None:
    """Goes back to the publication before, or to any that is kept."""
    publication, saved = publishing.roll_back(options.to)
    if saved:
        print(f"Texts that were not published yet are kept in {saved}.")
    _tell(publication)


def publications(_: argparse.Namespace) -> None:
    """Lists the publications."""
    print(publishing.table(publishing.history()))


def _tell(publication: publishing.Publication) -> None:
    running = publishing.wait_until_served(publication.number)
    where = f"{running} running" if running else "no running; `make run` serves it"
    print(f"Publication {publication.number} is served ({where}).")
    print("Back to the one before: make corpus-rollback")


def _texts() -> tuple[Corpus, list[Advice]]:
    return load_corpus(), list(load_advice().values())


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.timezone.utc).date()


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2027-11-22") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="assistant.editorial")
    commands = parser.add_subparsers(required=True)

    def command(name: str, work: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=work.__doc__)
        added.set_defaults(work=work)
        return added

    checking = command("check", check)
    checking.add_argument("--docs", action="store_true", help="write table and map into docs/")
    checking.add_argument("--no-map", dest="map", action="store_false", help="without the map")
    for name, work in (("export", export), ("import", bring_in)):
        added = command(name, work)
        added.add_argument("file", type=Path, help="an .xlsx file, or a folder for .csv files")
        if work is export:
            added.add_argument("--overwrite", action="store_true", help="replace the file")
    added.add_argument("--yes", action="store_true", help="change the files without asking")
    showing = command("preview", preview)
    showing.add_argument("id", nargs="?", help="an entry, or advice/<category>")
    showing.add_argument("--port", type=int, default=5050)
    signing = command("sign", sign_text)
    signing.add_argument("id", help="an entry, or advice/<category>")
    signing.add_argument("--by", required=True, help="name and role of the clinician")
    signing.add_argument("--on", type=_day, help="YYYY-MM-DD; today if left out")
    signing.add_argument("--due", type=_day, required=True, help="YYYY-MM-DD")
    publishing_ = command("publish", publish)
    publishing_.add_argument("--every", type=int, default=1, help="evaluate on each n-th message")
    publishing_.add_argument("--force", action="store_true", help="although figures got worse")
    going_back = command("rollback", roll_back)
    going_back.add_argument("--to", type=int, help="a number of `make corpus-publications`")
    command("publications", publications)
    return parser


def main() -> None:
    """Runs one command."""
    options = _parser().parse_args()
    try:
        options.work(options)
    except SpreadsheetError as error:
        sys.exit(f"The spreadsheet is refused, nothing was changed:\n{error}")
    except REFUSED as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
