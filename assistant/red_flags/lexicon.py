"""The lexicon: reviewed data (lexicon/*.yml) read, checked and compiled.

A *concept* names one thing in many words ("limb", "lost-feeling"). A *rule* fires where all its
concepts stand close together. A *figure* is a way of speaking whose words no rule may use.
"""

from __future__ import annotations

from pathlib import Path

from assistant.red_flags.lexicon_builder import LexiconBuilder
from assistant.red_flags.lexicon_file import LexiconError
from assistant.red_flags.lexicon_parts import Concept, Figure, Lexicon, Rule, Source, Trigger

__all__ = [
    "LEXICON_FOLDER",
    "Concept",
    "Figure",
    "Lexicon",
    "LexiconError",
    "Rule",
    "Source",
    "Trigger",
    "load_lexicon",
]

LEXICON_FOLDER = Path(__file__).parent / "lexicon"


def load_lexicon(folder: Path = LEXICON_FOLDER) -> Lexicon:
    """Reads and checks all files of a lexicon.

    Args:
        folder: holds sources.yml, words.yml, status.yml, figures.yml, concepts/*.yml and
            rules/<category>.yml.

    Raises:
        LexiconError: names file, line, what was found and what is allowed.
    """
    builder = LexiconBuilder(folder)
    builder.read_sources()
    builder.read_words()
    builder.read_concepts(sorted((folder / "concepts").glob("*.yml")))
    builder.read_figures()
    for path in sorted((folder / "rules").glob("*.yml")):
        builder.read_rules(path)
    builder.read_triggers()
    return builder.lexicon()
