"""The lexicon: every rule's own examples, and what the loader refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.red_flags.lexicon import LEXICON_FOLDER, Lexicon, LexiconError, load_lexicon
from assistant.red_flags.matching import RuleMatcher
from assistant.red_flags.mention import categories
from assistant.red_flags.reading import Reader

_RULES = load_lexicon().rules


@pytest.fixture(scope="session")
def fired(lexicon: Lexicon):  # type: ignore[no-untyped-def]
    reader, matcher = Reader(lexicon), RuleMatcher(lexicon)
    return lambda text: {match.rule.id for match in matcher.find(reader.read(text))}


@pytest.mark.parametrize(
    ("rule", "text"), [(r.id, text) for r in _RULES for text in r.match], ids=str
)
def test_rule_matches_its_examples(fired, rule: str, text: str) -> None:  # type: ignore[no-untyped-def]
    assert rule in fired(text)


@pytest.mark.parametrize(
    ("rule", "text"), [(r.id, text) for r in _RULES for text in r.no_match], ids=str
)
def test_rule_leaves_its_counterexamples(fired, rule: str, text: str) -> None:  # type: ignore[no-untyped-def]
    assert rule not in fired(text)


def test_every_category_has_rules() -> None:
    assert {rule.category for rule in _RULES} == set(categories())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "lexicon"
    shutil.copytree(LEXICON_FOLDER, folder)
    return folder


def append(path: Path, text: str) -> int:
    """Adds text at the end of a file; the number of its first line."""
    content = path.read_text(encoding="utf-8")
    path.write_text(content + text, encoding="utf-8")
    return content.count("\n") + 1


_RULE = """- id: new-rule
  literal: a new rule
  all: [{concept}]
  source: test
  match: [a, b, c]
  no_match: [d{more}]
"""


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (_RULE.format(concept="lim", more=", e"), "a concept's id"),
        (_RULE.format(concept="limb", more=""), "at least 2"),
        (_RULE.format(concept="limb", more=", e") + "  within: 99\n", "from 0 to 40"),
        (_RULE.format(concept="limb", more=", e") + "  status: maybe\n", "present, past"),
        (_RULE.format(concept="limb", more=", e") + "  unles: [pet]\n", "unless"),
        (_RULE.format(concept='{terms: "(numb"}', more=", e"), "brackets in pairs"),
        (_RULE.format(concept='{terms: "my legs"}', more=", e"), "write that word"),
        (
            "- id: legs-go\n  literal: x\n  all: [limb]\n  source: t\n  match: [a, b, c]\n"
            "  no_match: [d, e]\n",
            "no other rule has",
        ),
    ],
)
def test_a_faulty_rule_is_refused_with_its_line(copy: Path, rule: str, allowed: str) -> None:
    path = copy / "rules" / "cord-compression.yml"
    line = append(path, rule)
    with pytest.raises(LexiconError, match=allowed) as caught:
        load_lexicon(copy)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_a_rule_file_of_no_category_is_refused(copy: Path) -> None:
    (copy / "rules" / "headache.yml").write_text("[]", encoding="utf-8")
    with pytest.raises(LexiconError, match="headache"):
        load_lexicon(copy)


def test_broken_yaml_is_refused_with_its_line(copy: Path) -> None:
    line = append(copy / "figures.yml", "- id: [\n")
    with pytest.raises(LexiconError) as caught:
        load_lexicon(copy)
    assert caught.value.line >= line


def test_a_missing_file_is_refused(copy: Path) -> None:
    (copy / "words.yml").unlink()
    with pytest.raises(LexiconError, match="readable"):
        load_lexicon(copy)


def test_a_figure_that_would_silence_one_word_is_refused(copy: Path) -> None:
    append(copy / "figures.yml", "- id: bad\n  literal: bad\n  terms: had a fit\n")
    with pytest.raises(LexiconError, match="between two words"):
        load_lexicon(copy)


def test_a_chain_of_spellings_is_refused(copy: Path) -> None:
    path = copy / "words.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("same:\n", "same:\n  zzz: numb\n", 1),
        encoding="utf-8",
    )
    with pytest.raises(LexiconError, match="canonical"):
        load_lexicon(copy)
