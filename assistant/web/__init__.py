"""The chat page: its files and its opening words."""
