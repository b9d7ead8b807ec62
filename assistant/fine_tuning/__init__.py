"""Makes the encoder of this project out of all-MiniLM-L6-v2: `make encoder`."""
