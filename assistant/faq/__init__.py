"""Corpus files to entries to an index to ranked answers."""
