"""What editors of the corpus use: checks, spreadsheets, preview, signatures, publication."""
