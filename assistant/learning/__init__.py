"""Learning from use: what was not served well goes, without identifiers, into a review queue."""

from assistant.learning.turns import Turn, note_turn

__all__ = ["Turn", "note_turn"]
