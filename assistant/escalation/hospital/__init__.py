"""A hospital's own messaging: what it gave us, what it is still to get, and its FHIR server."""
