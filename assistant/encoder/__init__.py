"""Text to vector. `get_encoder` gives the one encoder of the process."""

from assistant.encoder.encoder import Encoder, EncoderError, get_encoder

__all__ = ["Encoder", "EncoderError", "get_encoder"]
