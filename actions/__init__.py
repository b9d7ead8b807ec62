"""rasa-sdk actions: a few lines each, the work is in `assistant/`."""
