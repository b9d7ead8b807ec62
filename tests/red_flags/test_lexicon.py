"""The lexicon: every rule's own examples, and what the loader refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.red_flags.lexicon import LEXICON_FOLDER, Lexicon, LexiconError, load_lexicon
from assistant.red_flags.matching import Found, RuleMatcher
from assistant.red_flags.mention import categories
from assistant.red_flags.reading import Reader

_LEXICON = load_lexicon()
_RULES = _LEXICON.rules
_CONCEPTS = [concept for concept in _LEXICON.concepts.values() if concept.match]
_FIGURES = _LEXICON.figures.values()


@pytest.fixture(scope="session")
def fired(lexicon: Lexicon) -> Callable[[str], set[str]]:
    reader, matcher = Reader(lexicon), RuleMatcher(lexicon)
    return lambda text: {match.rule.id for match in matcher.find(reader.read(text))}


@pytest.fixture(scope="session")
def located(lexicon: Lexicon) -> Callable[[str], Found]:
    reader, matcher = Reader(lexicon), RuleMatcher(lexicon)
    return lambda text: matcher.locate(reader.read(text))


@pytest.mark.parametrize(
    ("rule", "text"), [(r.id, text) for r in _RULES for text in r.match], ids=str
)
def test_rule_matches_its_examples(fired: Callable[[str], set[str]], rule: str, text: str) -> None:
    assert rule in fired(text)


@pytest.mark.parametrize(
    ("rule", "text"), [(r.id, text) for r in _RULES for text in r.no_match], ids=str
)
def test_rule_leaves_its_counterexamples(
    fired: Callable[[str], set[str]], rule: str, text: str
) -> None:
    assert rule not in fired(text)


@pytest.mark.parametrize(
    ("concept", "text"), [(c.id, text) for c in _CONCEPTS for text in c.match], ids=str
)
def test_concept_is_found_in_its_examples(
    located: Callable[[str], Found], concept: str, text: str
) -> None:
    assert concept in located(text).concepts


@pytest.mark.parametrize(
    ("concept", "text"), [(c.id, text) for c in _CONCEPTS for text in c.no_match], ids=str
)
def test_concept_is_not_found_in_its_counterexamples(
    located: Callable[[str], Found], concept: str, text: str
) -> None:
    assert concept not in located(text).concepts


@pytest.mark.parametrize(
    ("figure", "text"), [(f.id, text) for f in _FIGURES for text in f.match], ids=str
)
def test_figure_masks_its_examples(located: Callable[[str], Found], figure: str, text: str) -> None:
    assert located(text).masked


def test_every_named_concept_has_examples_and_a_source() -> None:
    named = [c for c in _LEXICON.concepts.values() if "#" not in c.id]
    assert all(c.source and len(c.match) >= 2 and c.no_match for c in named)


def test_every_source_is_named_and_says_how_it_was_checked() -> None:
    named = {s for r in _RULES for s in r.source}
    named |= {s for c in _LEXICON.concepts.values() for s in c.source}
    assert named == set(_LEXICON.sources)
    assert all(source.how for source in _LEXICON.sources.values())


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
  source: nice-ng234
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
            _RULE.format(concept="limb", more=", e").replace("nice-ng234", "hearsay"),
            "nice-ng234, christie-mscc",
        ),
        (_RULE.format(concept="limb", more=", e") + "  weak: mostly\n", "true or false"),
        (
            _RULE.format(concept="limb", more=", e").replace("new-rule", "limb-numb"),
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
    append(copy / "figures.yml", "- id: bad\n  literal: bad\n  terms: had a leg\n")
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


_CONCEPT = """- id: new-concept
  literal: a new concept
  source: nice-ng234
  terms: numb toes
  match: [a, b]
  no_match: [c]
"""


@pytest.mark.parametrize(
    ("written", "instead", "allowed"),
    [
        ("match: [a, b]", "match: [a]", "at least 2"),
        ("no_match: [c]", "no_match: []", "at least 1"),
        ("source: nice-ng234", "source: [nice-ng234, hearsay]", "christie-mscc"),
        ("source: nice-ng234\n", "\n", "christie-mscc"),
        ("terms: numb toes", "includes: [limb]", "includes none"),
        ("new-concept", "leg", "no other concept has"),
        ("terms: numb toes", "terms: numb toes\n  softens: yes please", "true or false"),
        ("terms: numb toes", "words: numb toes", "literal, match"),
    ],
)
def test_a_faulty_concept_is_refused_with_its_line(
    copy: Path, written: str, instead: str, allowed: str
) -> None:
    path = copy / "concepts" / "nerves.yml"
    assert written in _CONCEPT
    line = append(path, _CONCEPT.replace(written, instead, 1))
    with pytest.raises(LexiconError, match=allowed) as caught:
        load_lexicon(copy)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_a_figure_without_example_is_refused(copy: Path) -> None:
    append(copy / "figures.yml", "- id: bare\n  literal: x\n  terms: numb skull\n")
    with pytest.raises(LexiconError, match="at least 1"):
        load_lexicon(copy)


@pytest.mark.parametrize(
    ("written", "instead", "allowed"),
    [
        ("  checked: true\n", "", "true or false"),
        ("  checked: true\n", "  checked: partly\n", "true or false"),
        ("  year: 2024\n", "  year: last\n", "a year"),
        ("new-source", "nice-ng234", "no other source has"),
    ],
)
def test_a_faulty_source_is_refused(copy: Path, written: str, instead: str, allowed: str) -> None:
    source = (
        "- id: new-source\n  title: t\n  organisation: o\n  year: 2024\n  taken: x\n"
        "  checked: true\n  how: h\n"
    )
    append(copy / "sources.yml", source.replace(written, instead))
    with pytest.raises(LexiconError, match=allowed):
        load_lexicon(copy)
