"""The doors of the assistant: web page and REST, for patients."""

from assistant.channels import privacy

# Before the first message, whichever of our channels is loaded.
privacy.install()
