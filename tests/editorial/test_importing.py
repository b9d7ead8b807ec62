"""A spreadsheet out and in: what changed is shown, what is faulty is refused by sheet and row."""

import csv
import datetime as dt
import re

import pytest
from openpyxl import load_workbook

from assistant.editorial.diff import describe
from assistant.editorial.importing import apply
from assistant.editorial.signing import sign
from assistant.editorial.spreadsheet import SpreadsheetError


def row_of(page, value, column=1):
    """The first row of a sheet with this value."""
    return next(n for n in range(2, page.max_row + 1) if page.cell(n, column).value == value)


def column_of(page, name):
    return next(cell.column for cell in page[1] if cell.value == name)


@pytest.fixture
def edit(site):
    """Exports, lets a test change the workbook, and saves it: `with edit() as book`."""

    def change(work):
        path = site.export()
        book = load_workbook(path)
        work(book)
        book.save(path)
        return path

    return change


def put(sheet, name, column, text):
    def work(book):
        page = book[sheet]
        page.cell(row_of(page, name), column_of(page, column)).value = text

    return work


def add_variants(entry_id, *texts):
    def work(book):
        for text in texts:
            book["variants"].append([entry_id, text])

    return work


def refusal(site, path):
    before = site.files()
    with pytest.raises(SpreadsheetError) as refused:
        site.changes(path)
    assert site.files() == before
    return str(refused.value)


@pytest.mark.parametrize("name", ["corpus.xlsx", "corpus-as-csv"])
def test_export_comes_back_unchanged(site, name):
    assert site.changes(site.export(name)) == []


def test_changed_answer_and_new_variants_are_shown_and_applied(site, edit):
    answer = site.corpus.entries["denosumab"].answer
    new = answer.replace("an injection under the skin", "a jab under the skin")

    def work(book):
        put("answers", "denosumab", "answer", new)(book)
        add_variants("denosumab", "what is that xgeva needle all about", "is xgeva a steroid")(book)

    (change,) = site.changes(edit(work))
    shown = describe(change)
    assert "[-an-]{+a+} [-injection-]{+jab+} under" in shown
    assert '+ - "what is that xgeva needle all about"' in shown and shown.startswith("denosumab")
    before = site.files()
    apply([change])
    changed = [file.name for file, text in site.files().items() if before[file] != text]
    assert changed == ["denosumab.md"]
    entry = site.corpus.entries["denosumab"]
    assert entry.answer == new and entry.variants[-1] == "is xgeva a steroid"


def test_deleted_variant_is_shown_and_an_entry_without_rows_stays(site, edit):
    gone = site.corpus.entries["bone-scan"].variants[3]

    def work(book):
        page = book["variants"]
        page.delete_rows(row_of(page, gone, column=2))
        for number in range(page.max_row, 1, -1):
            if page.cell(number, 1).value == "mri-scan":
                page.delete_rows(number)
        answers = book["answers"]
        answers.delete_rows(row_of(answers, "mri-scan"))

    (change,) = site.changes(edit(work))
    assert change.text_id == "bone-scan" and f'- - "{gone}"' in describe(change)


def test_change_over_csv_with_semicolons_and_the_mark_of_excel(site):
    folder = site.export("csv")
    for name in ("answers", "variants", "advice"):
        file = folder / f"{name}.csv"
        assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    file = folder / "variants.csv"
    with file.open(encoding="utf-8-sig", newline="") as rows:
        kept = list(csv.reader(rows))
    with file.open("w", encoding="utf-8", newline="") as rows:
        csv.writer(rows, delimiter=";").writerows([*kept, ["denosumab", "is xgeva painfull"]])
    (change,) = site.changes(folder)
    assert "is xgeva painfull" in change.after


def test_changed_advice_is_applied_to_its_file(site, edit):
    path = edit(put("advice", "jaw", "title", "Trouble in the jaw or the mouth"))
    (change,) = site.changes(path)
    apply([change])
    (jaw,) = (one for one in site.advice if one.category == "jaw")
    assert jaw.title == "Trouble in the jaw or the mouth"


def test_changed_answer_of_a_signed_entry_is_a_draft_again(site, edit):
    on = dt.date(2026, 1, 1)
    folders = (site.corpus_folder, site.advice_folder)
    sign(
        site.corpus.entries["denosumab"], "Dr Okoro, oncologist", on, dt.date(2027, 1, 1), *folders
    )
    assert site.corpus.entries["denosumab"].review.state == "reviewed"

    (change,) = site.changes(edit(add_variants("denosumab", "is xgeva painfull")))
    apply([change])
    assert site.corpus.entries["denosumab"].review.state == "reviewed"

    answer = site.corpus.entries["denosumab"].answer
    path = edit(put("answers", "denosumab", "answer", answer.replace("Ask", "Please ask")))
    (change,) = site.changes(path)
    apply([change])
    assert "state: draft" in change.after
    assert site.corpus.entries["denosumab"].review.state == "draft"


ANSWER = "answers", "denosumab", "answer"
REFUSALS = [
    pytest.param(
        put("answers", "denosumab", "id", None), r"answers, row \d+: id is missing", id="id missing"
    ),
    pytest.param(
        put("answers", "denosumab", "id", "denosumap"),
        r"'denosumap' is unknown; the nearest is 'denosumab'",
        id="id unknown",
    ),
    pytest.param(
        put("answers", "denosumab", "id", "bone-scan"),
        r"id 'bone-scan' stands in row \d+ already",
        id="id twice",
    ),
    pytest.param(
        add_variants(None, "which id is mine"),
        r"variants, row \d+: id is missing",
        id="variant without id",
    ),
    pytest.param(
        add_variants("denosumab", None), r"variants, row \d+: variant is empty", id="variant empty"
    ),
    pytest.param(
        add_variants("denosumab", "XGEVA?"),
        r"'XGEVA\?' stands in 'denosumab' twice",
        id="variant twice",
    ),
    pytest.param(
        put("advice", "cord-compression", "page", "Please wait a few days and see. " * 4),
        r"advice, row \d+: page must hold \{emergency_number\}",
        id="advice without a number",
    ),
    pytest.param(
        put("advice", "self-harm", "same-day", "Call {cancer_line} or {emergency_number}."),
        r"same-day must hold \{crisis_line\}",
        id="self-harm without the crisis line",
    ),
    pytest.param(
        put(*ANSWER, "Ask {care_team about it. " * 20),
        r"answers, row \d+: a brace without its partner",
        id="half a placeholder",
    ),
    pytest.param(
        put(*ANSWER, "You can take 200 mg of it in an hour. " * 10),
        r"the answer names a dose \('200 mg'\)",
        id="dose",
    ),
    pytest.param(
        put(*ANSWER, "Eine Biopsie ist die Entnahme einer kleinen Probe. " * 10),
        r"the answer is hardly English",
        id="another language",
    ),
    pytest.param(
        put("answers", "spinal-cord-compression", "warning_signs", None),
        r"the answer names emergencies; warning_signs must name",
        id="no way to the advice",
    ),
    pytest.param(
        add_variants("biopsy", "what is radio therapy"),
        r"asks what .* of 'radiotherapy' asks",
        id="split word",
    ),
    pytest.param(
        add_variants("bone-scan", "my legs have gone numb"),
        r"variants, row \d+: variant 'my legs have gone numb' reads like a symptom .*must escalate",
        id="variant that is a symptom",
    ),
    pytest.param(
        add_variants("bone-scan", "why " * 300),
        r"variants, row \d+: .* has 1199 characters; allowed are 800",
        id="endless variant",
    ),
    pytest.param(
        add_variants("bone-scan", "/restart"), r"'/restart' is a command", id="command as variant"
    ),
    pytest.param(
        put(*ANSWER, "<b>It is</b> a jab. " * 20),
        r"answers, row \d+: the answer holds markup \('<b>'\)",
        id="markup",
    ),
    pytest.param(
        add_variants("bone-scan", "how long do people stay on denosumab"),
        r"variants, row \d+: .*asks what .* of 'denosumab' asks",
        id="variant in two entries",
    ),
    pytest.param(
        put(*ANSWER, "Call {cancer_lime}. " * 20),
        r"answers, row \d+: placeholder \{cancer_lime\} is unknown; allowed are",
        id="unknown placeholder",
    ),
    pytest.param(
        put(*ANSWER, "Short."),
        r"answers, row \d+: the answer has 1 words; allowed are 60 to 160",
        id="too short",
    ),
    pytest.param(put(*ANSWER, None), r"answers, row \d+: the answer is missing", id="answer empty"),
    pytest.param(
        put(*ANSWER, '=CONCATENATE("a","b")'),
        r"answers, row \d+: answer holds a formula \(=CONCATENATE",
        id="formula",
    ),
    pytest.param(
        put(*ANSWER, "#NAME?"),
        r"answers, row \d+: answer holds the error #NAME\?",
        id="error value",
    ),
    pytest.param(
        put("answers", "denosumab", "question", dt.datetime(2026, 1, 2)),
        r"question holds a date",
        id="date",
    ),
    pytest.param(
        put("answers", "denosumab", "question", 7), r"question holds a number \(7\)", id="number"
    ),
    pytest.param(
        put("answers", "denosumab", "question", "Donâ€™t I need it?"),
        r"question holds garbled characters .*use UTF-8",
        id="garbled",
    ),
    pytest.param(
        put("answers", "denosumab", "question", "x" * 91),
        r"question has 91 characters; allowed are 90",
        id="long question",
    ),
    pytest.param(
        put("answers", "denosumab", "related", "bone-scan, xray"),
        r"related 'xray' is no other entry",
        id="related unknown",
    ),
    pytest.param(
        put("answers", "denosumab", "warning_signs", "denosumab"),
        r"warning_signs 'denosumab' is no other entry",
        id="warning signs of itself",
    ),
    pytest.param(
        put("answers", "denosumab", "sources", "wikipedia"),
        r"source 'wikipedia' is unknown; allowed are",
        id="source unknown",
    ),
    pytest.param(
        put("answers", "denosumab", "topic", "living"),
        r"topic is 'living'; leave it as 'treatment'",
        id="topic changed",
    ),
    pytest.param(
        put("answers", "denosumab", "state", "reviewed by me"),
        r"state is 'reviewed by me'; leave it as 'draft'",
        id="state changed",
    ),
    pytest.param(
        put("advice", "jaw", "review", None),
        r"advice, row \d+: sections must be page, same-day, review",
        id="advice incomplete",
    ),
    pytest.param(
        lambda book: book.remove(book["variants"]),
        r"sheet variants: is missing",
        id="sheet missing",
    ),
    pytest.param(
        lambda book: book["answers"].delete_cols(4),
        r"answers, row 1: column 'answer' is missing",
        id="column missing",
    ),
    pytest.param(
        lambda book: book["answers"].cell(1, 12, "notes"),
        r"answers, row 1: column 'notes' is unknown",
        id="column unknown",
    ),
]


@pytest.mark.parametrize(("work", "said"), REFUSALS)
def test_faulty_spreadsheet_is_refused_with_sheet_row_and_reason(site, edit, work, said):
    assert re.search(said, refusal(site, edit(work)))


def test_every_fault_is_told_at_once(site, edit):
    def work(book):
        put("answers", "denosumab", "sources", "wikipedia")(book)
        add_variants("bone-skan", "a")(book)
        put("advice", "jaw", "title", None)(book)

    said = refusal(site, edit(work))
    assert all(sheet in said for sheet in ("answers, row", "variants, row", "advice, row"))


def test_csv_in_another_encoding_is_refused_with_its_row(site):
    folder = site.export("csv")
    file = folder / "variants.csv"
    text = file.read_text(encoding="utf-8-sig") + "denosumab,“is it sore?”\n"
    row = text.count("\n")
    file.write_bytes(text.encode("cp1252", errors="replace"))
    said = refusal(site, folder)
    assert "is not UTF-8" in said and re.search(r"sheet variants, row \d+", said)
    assert int(re.search(r"row (\d+)", said)[1]) <= row


def test_formula_in_csv_is_refused(site):
    folder = site.export("csv")
    with (folder / "variants.csv").open("a", encoding="utf-8") as file:
        file.write('denosumab,"=HYPERLINK(""http://x"")"\n')
    assert "holds a formula" in refusal(site, folder)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("denosumab,is it, by and large, sore", "has 4 cells, the head 2: put texts with commas"),
        ('denosumab,"is it sore', "is no CSV from here on"),
    ],
)
def test_csv_line_that_would_lose_words_is_refused(site, line, said):
    folder = site.export("csv")
    with (folder / "variants.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert said in refusal(site, folder)


def test_signature_or_change_of_another_text_leaves_an_older_sheet_usable(site, edit):
    path = edit(add_variants("biopsy", "is the bone sample taken by a robot"))
    folders = (site.corpus_folder, site.advice_folder)
    signed = site.corpus.entries["denosumab"]
    sign(signed, "Dr Okoro, oncologist", dt.date(2026, 1, 1), dt.date(2027, 1, 1), *folders)
    (file,) = site.corpus_folder.rglob("radiotherapy.md")
    file.write_text(file.read_text().replace("Ask {care_team}", "Please ask {care_team}"))
    (change,) = site.changes(path)
    assert change.text_id == "biopsy"


def test_text_changed_meanwhile_is_refused(site, edit):
    path = edit(add_variants("denosumab", "is xgeva painfull"))
    (file,) = site.corpus_folder.rglob("denosumab.md")
    file.write_text(file.read_text().replace("It protects the bone", "It looks after the bone"))
    assert "has been changed since this file was exported" in refusal(site, path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "old.xls",
            b"\xd0\xcf\x11\xe0",
            "no spreadsheet that can be read (.xls); allowed are .xlsx",
        ),
        ("broken.xlsx", b"PK\x03\x04 nothing", "cannot be read as XLSX"),
        ("text.xlsx", b"id,variant", "cannot be read as XLSX"),
        ("missing.xlsx", None, "there is no such file"),
    ],
)
def test_file_of_another_kind_is_refused(site, name, content, said):
    path = site.folder / name
    if content is not None:
        path.write_bytes(content)
    assert said in refusal(site, path)
