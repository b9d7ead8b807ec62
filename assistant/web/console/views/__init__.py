"""The console's pages, one module each; `routes` of each is its blueprint."""
