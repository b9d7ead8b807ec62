"""Detection: other languages by name, and English of every kind left as English."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from assistant.language import detection
from assistant.language.detection import detect
from assistant.language.languages import languages
from assistant.paths import RED_FLAG_DATA, VALIDATION_DATA

_SENTENCES = yaml.safe_load((Path(__file__).parent / "sentences.yml").read_text(encoding="utf-8"))
# Of the messages in our data these many at most may be called foreign, foreign ones included.
_MOST = 0.01


def _english() -> list[str]:
    files = [*VALIDATION_DATA.glob("*.jsonl"), *RED_FLAG_DATA.glob("*.jsonl")]
    found: list[str] = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            found += message.get("turns") or [message["text"]]
    return found


def test_every_language_has_sentences() -> None:
    assert _SENTENCES.keys() == languages().keys()
    assert all(len(sentences) >= 8 for sentences in _SENTENCES.values())


@pytest.mark.parametrize("code", _SENTENCES)
def test_language_is_named(code: str) -> None:
    found = [detect(sentence) for sentence in _SENTENCES[code]]
    assert found.count(code) >= 6, dict(zip(_SENTENCES[code], found, strict=True))
    # Of neighbours (Italian, Romanian) one may be taken for the other now and then.
    assert sum(one not in (code, None) for one in found) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "cant fele my bum when i wipe sinse yestaday",
        "Ah cannae feel ma legs the day, they're aw numb",
        "mi foot dem heavy an mi cyaan walk good since mawnin",
        "I do be fierce short of breath so I do, and me ankles is swole",
        "wat r bony mets pls",
        "Kindly revert regarding the denosumab injection date",
        "osteolytic versus osteoblastic",
        "legs like lead today",
        "",
        "?",
        "hola",
        "asdf lkj qwe",
        "🥶➡️🔥 all night, day 8 chemo",
        "my name is Agnieszka Wojciechowska and I have a question about the scan",
    ],
)
def test_english_stays_english(text: str) -> None:
    assert detect(text) is None


def test_hardly_any_english_message_is_called_foreign() -> None:
    texts = _english()
    called = [text for text in texts if text.isascii() and detect(text)]
    assert len(called) <= _MOST * len(texts), called


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mujhe saans lene mein takleef ho rahi hai", "ur"),
        ("mainu bahut dard hunda hai lattan vich", "pa"),
        ("amar ma er onek jor, ki korbo", "bn"),
    ],
)
def test_language_in_latin_letters(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "متاستاز استخوان درمان دارد؟",  # Persian
        "Ik heb veel pijn in mijn rug en kan niet slapen",  # Dutch
        "Chụp xạ hình xương có cần nhịn ăn không ạ",  # Vietnamese
        "骨の痛みがひどいです",  # Japanese
    ],
)
def test_language_without_a_line_is_not_called_another(text: str) -> None:
    assert detect(text) is None


def test_failure_of_the_library_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError

    monkeypatch.setattr(detection, "_lingua", broken)
    assert detect("no siento las piernas desde ayer por la noche") is None
