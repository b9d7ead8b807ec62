"""The one red-flag screen of the process, and what becomes of its failures."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

from assistant.observability.stages import stage
from assistant.red_flags import RedFlagScreen, Screening, load_lexicon

logger = logging.getLogger(__name__)

CACHED_MESSAGES = 256  # a turn asks for the same message at each of its actions


@dataclass(frozen=True)
class Screened:
    """A message's screening, or the fact that nothing could read it.

    Attributes:
        crashed: The screen itself raised: the message is escalated as it stands.
    """

    screening: Screening
    crashed: bool = False

    @property
    def failed(self) -> bool:
        """Whether a part of the screen failed, so that a red flag may have gone unseen."""
        return self.crashed or bool(self.screening.failed)

    @property
    def flagged(self) -> bool:
        """Whether the message must reach the escalation action."""
        return self.failed or self.screening.flagged

    @property
    def pressing(self) -> bool:
        """Whether it needs more than a quiet line: page or same-day, or unread."""
        return self.failed or self.screening.priority in ("page", "same-day")


_screen: RedFlagScreen | None = None


def install_screen(screen: RedFlagScreen) -> None:
    """Makes a screen the process's own; TurnPolicy does so when a model is loaded."""
    global _screen
    _screen = screen
    _screened.cache_clear()


def installed_screen() -> RedFlagScreen | None:
    """The process's screen, None before a model is loaded."""
    return _screen


@stage("screen")
def screen_message(text: str) -> Screened:
    """Screens a message; never raises. Without a model the lexicon alone reads."""
    try:
        return _screened(text)
    except Exception as error:  # noqa: BLE001 - safety boundary: what cannot be read is escalated
        logger.error("The red-flag screen failed: %s", type(error).__name__)
        return Screened(Screening((), complete=False), crashed=True)


@lru_cache(maxsize=CACHED_MESSAGES)
def _screened(text: str) -> Screened:
    if _screen is None:
        install_screen(RedFlagScreen(load_lexicon()))
    assert _screen is not None
    return Screened(_screen.screen(text))
