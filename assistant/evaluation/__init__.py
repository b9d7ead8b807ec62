"""How good the assistant is, beside Rasa's stock components: `make evaluate`."""
