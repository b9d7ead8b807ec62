"""Words of other languages: each list fires on its examples, and none on English."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from assistant.language.languages import languages
from assistant.paths import CORPUS, NLU_DATA, RED_FLAG_DATA, VALIDATION_DATA
from assistant.red_flags.foreign import ForeignWords, foreign_words
from assistant.red_flags.foreign_file import FOLDER
from assistant.red_flags.lexicon_file import LexiconError
from assistant.red_flags.mention import categories

_RULES = foreign_words().rules

_GOOD = """
groups: {LIMBS: piernas|pies}
entries:
  - id: infection
    source: project translation
    reviewed: null
    phrases: [fiebre, no siento <> LIMBS, no puedo ... andar]
    match: [tengo fiebre, no siento los pies]
    no_match: [hola]
"""


def _found(text: str) -> set[str]:
    return {match.rule for match in foreign_words().find(text)}


@pytest.fixture
def compiled(tmp_path: Path):
    def compile_file(text: str, name: str = "es.yml") -> ForeignWords:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return ForeignWords(tmp_path)

    return compile_file


def test_every_language_has_every_category() -> None:
    expected = {f"{code}/{category}" for code in languages() for category in categories()}
    assert {rule.id for rule in _RULES} == expected


@pytest.mark.parametrize(
    ("rule", "text"), [(rule.id, text) for rule in _RULES for text in rule.match]
)
def test_example_matches(rule: str, text: str) -> None:
    assert rule in _found(text)


@pytest.mark.parametrize(
    ("rule", "text"), [(rule.id, text) for rule in _RULES for text in rule.no_match]
)
def test_harmless_example_matches_nothing(rule: str, text: str) -> None:
    assert _found(text) == set()


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yml")), ids=lambda file: file.stem)
def test_entries_name_their_source_and_review(file: Path) -> None:
    for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["entries"]:
        assert entry["source"] and "reviewed" in entry


def _harmless() -> list[str]:
    """Training and validation messages without a red flag, and all that the assistant says."""
    texts: list[str] = []
    for file in [*VALIDATION_DATA.glob("*.jsonl"), RED_FLAG_DATA / "harmless.jsonl"]:
        if file.name == "red_flags.jsonl":
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            texts += message.get("turns") or [message["text"]]
    for file in NLU_DATA.glob("*.yml"):
        for intent in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            texts += re.findall(r"^\s*- (.+)$", intent["examples"], re.MULTILINE)
    for file in CORPUS.rglob("*.md"):
        texts += file.read_text(encoding="utf-8").splitlines()
    return texts


# Words of other languages have neither status nor figures of speech: the price of missing none.
FALSE_ALARMS = (
    "La fiebre del Mundial",  # the World Cup's
    "Ноги немеют от диабета уже 15 лет",  # numb for 15 years, from diabetes
    "Oglądałem 'Gorączkę złota'",  # the film: a gold fever
    "Noga od stołu się złamała",  # a table's leg broke
    "Złamałem rękę w podstawówce",  # an arm broken at school
    "il cane zoppica",  # a dog that limps
    "köpeğimin ateşi var",  # a dog with a fever
    "your Spanish leaflet says 'constipado'",  # how a word is translated
)


def test_only_known_harmless_messages_fire() -> None:
    fired = [text for text in _harmless() if _found(text)]
    assert [text for text in fired if not text.startswith(FALSE_ALARMS)] == []
    assert len(fired) == len(FALSE_ALARMS)


def _english_red_flags() -> list[str]:
    texts = []
    for file in (RED_FLAG_DATA / "mentions.jsonl", VALIDATION_DATA / "red_flags.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            if message.get("style") not in ("esl", "mixed-language"):
                texts.append(message["text"])
    return [text for text in texts if text.isascii()]


def test_english_red_flags_are_left_to_the_english_rules() -> None:
    assert [text for text in _english_red_flags() if _found(text)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Desde ayer NO SIENTO las piernas.", "NO SIENTO las piernas"),
        ("les jambes, je ne les sens plus", "jambes, je ne les sens plus"),
        ("no siento las pi&eacute;rnas", "no siento las pi&eacute;rnas"),
        ("mam gorączkę", "gorączkę"),
        ("У меня температура 38.5", "температура 38"),
        ("我从昨天起腿没有感觉了", "腿没有感觉"),
        ("मुझे बुखार है", "बुखार"),
        ("अभी सीने में बहुत दर्द है", "सीने में बहुत दर्द"),
    ],
)
def test_match_leads_back_to_the_patients_words(text: str, words: str) -> None:
    assert words in [text[match.start : match.end] for match in foreign_words().find(text)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("nie czuje nog", "pl/cord-compression"),  # no diacritics
        ("ich spuere meine beine nicht", "de/cord-compression"),
        ("ICH SPÜRE MEINE BEINE NICHT", "de/cord-compression"),
        ("我腿沒有感覺", "zh/cord-compression"),  # traditional characters
        ("أمي وقعت ولا تستطيع المشي", "ar/cord-compression"),  # "and" written on
        ("عِندي حَرارة", "ar/infection"),  # vowel marks
        ("درجة حرارتي ٣٩", "ar/infection"),  # Arabic digits
        ("mere pair sunn ho gaye", "ur/cord-compression"),
        ("amar buke betha", "bn/breathing-or-chest"),
        ("biddi moot", "ar/self-harm"),
    ],
)
def test_other_spellings(text: str, rule: str) -> None:
    assert rule in _found(text)


def test_parts_come_in_either_order_where_marked(compiled) -> None:
    words = compiled(_GOOD)
    assert words.find("los pies no siento") and words.find("no siento nada los pies")
    assert words.find("no puedo ya andar") and not words.find("andar no puedo")


def test_up_to_three_words_stand_between(compiled) -> None:
    words = compiled(_GOOD)
    assert words.find("no siento uno dos tres pies")
    assert not words.find("no siento uno dos tres cuatro pies")


def test_parts_do_not_meet_over_a_full_stop(compiled) -> None:
    words = compiled(_GOOD)
    assert not words.find("No siento nada. Pies secos") and words.find("no siento... pies")


def test_matches_of_one_rule_are_joined(compiled) -> None:
    (match,) = compiled(_GOOD).find("no siento piernas pies")
    assert (match.category, match.language, match.rule) == ("infection", "es", "es/infection")
    assert (match.start, match.end) == (0, 22)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("entries: [", "YAML"),
        ("[]", "the keys"),
        ("entries: []", "a list"),
        (_GOOD + "colour: red\n", "es.colour"),
        (_GOOD + "gap: many\n", "from 1 to 9"),
        (_GOOD.replace("infection", "cold"), "cold.id = cold"),
        (_GOOD.replace("    source: project translation\n", ""), "infection.source"),
        (_GOOD.replace("LIMBS, no", "ARMS, no"), "a group of LIMBS"),
        (_GOOD.replace("fiebre, no", "'fiebre|', no"), "words on both sides"),
        (_GOOD.replace("fiebre, no", "a ... b <> c, no"), "all by ... or all by <>"),
        (_GOOD.replace("fiebre, no", "'???', no"), "words with letters"),
        (_GOOD.replace("[fiebre, no siento <> LIMBS, no puedo ... andar]", "[fiebre]"), "least 3"),
        (_GOOD.replace("infection", "fracture"), "at least 6"),
        (_GOOD.replace("[tengo fiebre, no siento los pies]", "[tengo fiebre]"), "at least two"),
        (_GOOD.replace("    no_match: [hola]\n", ""), "one under no_match"),
        (_GOOD.replace("    reviewed: null\n", "    reviewer: null\n"), "infection.reviewer"),
    ],
)
def test_faulty_list_is_refused_with_path_and_reason(
    compiled, tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(LexiconError) as caught:
        compiled(text)
    assert str(tmp_path / "es.yml") in str(caught.value) and reason in str(caught.value)


def test_list_of_an_unknown_language_is_refused(compiled) -> None:
    with pytest.raises(LexiconError, match="xx"):
        compiled(_GOOD, name="xx.yml")


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="no file"):
        ForeignWords(tmp_path)
