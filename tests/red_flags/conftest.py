"""The shipped lexicon and a screen with the rules alone, loaded once."""

from __future__ import annotations

import pytest

from assistant.red_flags import RedFlagScreen, load_lexicon
from assistant.red_flags.lexicon import Lexicon


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.fixture(scope="session")
def screen(lexicon: Lexicon) -> RedFlagScreen:
    return RedFlagScreen(lexicon)
