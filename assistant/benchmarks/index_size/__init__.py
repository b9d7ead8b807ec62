"""How the index of wordings grows: time of a message, memory, building and loading, by size."""
