"""Names on a hospital's server, and keyed hashes in place of patients' identifiers."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from assistant.paths import state_folder
from assistant.secret import site_secret

NAMESPACE = "https://bone-metastases-assistant.example/fhir"
MESSAGE_SYSTEM = f"{NAMESPACE}/message"  # identifiers of what we send
TASK_SYSTEM = f"{NAMESPACE}/task"
CASE_SYSTEM = f"{NAMESPACE}/case"
CATEGORY_SYSTEM = f"{NAMESPACE}/red-flag"
TURN_EXTENSION = f"{NAMESPACE}/StructureDefinition/assistant-turn"
KEY_CHARACTERS = 40


def keyed(*parts: object) -> str:
    """A hash that only this site can make: the same parts give the same 40 characters.

    Args:
        parts: What it stands for; where one ends and the next begins counts.

    Raises:
        OSError: If the site's secret can be neither read nor made.
    """
    message = "\x1f".join(f"{len(str(part))}:{part}" for part in parts)
    signed = message.encode("utf-8", "surrogatepass")
    return hmac.new(_secret(str(state_folder())), signed, hashlib.sha256).hexdigest()[
        :KEY_CHARACTERS
    ]


@lru_cache(maxsize=8)
def _secret(_folder: str) -> bytes:
    return hashlib.sha256(b"hospital" + site_secret()).digest()
