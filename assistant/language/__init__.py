"""Spelling of words, for whoever reads messages."""
