"""Red flags: text to mentions of symptoms that must reach staff."""

from assistant.red_flags.lexicon import LexiconError, load_lexicon
from assistant.red_flags.mention import Mention, Screening
from assistant.red_flags.screen import RedFlagScreen

__all__ = ["LexiconError", "Mention", "RedFlagScreen", "Screening", "load_lexicon"]
