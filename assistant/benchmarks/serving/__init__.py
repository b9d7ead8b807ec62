"""How fast and how big the assistant is beside its peers, under load, and over a long time."""
