"""Languages: a line in each, and files that are refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.language.languages import LanguagesError, languages, load_languages
from assistant.paths import ROOT
from assistant.site import fill, load_site

_GOOD = "es:\n  name: Español\n  english: Spanish\n  reviewed: null\n  line: '{emergency_number}'\n"


@pytest.fixture
def write(tmp_path: Path):
    def into(text: str) -> Path:
        file = tmp_path / "languages.yml"
        file.write_text(text, encoding="utf-8")
        return file

    return into


def test_there_are_at_least_fourteen() -> None:
    assert len(languages()) >= 14


@pytest.mark.parametrize("code", languages())
def test_line_fills_its_placeholder(code: str) -> None:
    language = languages()[code]
    site = load_site(ROOT / "site.yml")
    for line in (language.line, language.romanised_line):
        filled = fill(line, site)
        assert site.emergency_number in filled and "{" not in filled


def test_line_follows_the_letters_of_the_message() -> None:
    punjabi = languages()["pa"]
    assert punjabi.line_for("mainu bukhar hai").isascii()
    assert punjabi.line_for("ਮੈਨੂੰ ਬੁਖਾਰ ਹੈ") == punjabi.line
    assert languages()["es"].line_for("no siento las piernas") == languages()["es"].line


def test_good_file_is_read(write) -> None:
    assert load_languages(write(_GOOD))["es"].english == "Spanish"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("es: [", "YAML in UTF-8"),
        ("", "language codes"),
        (_GOOD.replace("es:", "spanish:"), "two small letters"),
        (_GOOD.replace("es:", "en:"), "two small letters"),
        (_GOOD.replace("es:", "no:"), "in quotes"),
        (_GOOD.replace("  english: Spanish\n", ""), "es.english: found 'nothing'"),
        (_GOOD + "  colour: red\n", "es.colour"),
        (_GOOD.replace("Español", ""), "es.name: found None"),
        (_GOOD.replace("null", "yesterday"), "es.reviewed: found 'yesterday'"),
        (_GOOD.replace("{emergency_number}", "999"), "es.line: found '999'"),
        (_GOOD.replace("'{", "'{cancer_lime} {"), "es.line: found 'cancer_lime'"),
        (_GOOD.replace("'{", "'{ {"), "no other brace"),
        (_GOOD + "  romanised: {line: '{emergency_number}', words: [no]}\n", "quote yes, no"),
        (_GOOD + "  romanised: {words: [hai]}\n", "es.romanised.line"),
    ],
)
def test_faulty_file_is_refused_with_path_and_reason(write, text: str, reason: str) -> None:
    file = write(text)
    with pytest.raises(LanguagesError) as caught:
        load_languages(file)
    assert str(file) in str(caught.value) and reason in str(caught.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LanguagesError, match="FileNotFoundError"):
        load_languages(tmp_path / "languages.yml")
