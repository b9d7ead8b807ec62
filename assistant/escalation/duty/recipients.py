"""Who can be told of an escalation, and how: parts of `escalation.yml`."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Extra, Field, validator

TERMINAL = "terminal"
WEBHOOK = "webhook:"
FHIR = "fhir:"

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_REFERENCE = r"^[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}$"


def signing_key(secret: str) -> bytes:
    """The bytes that sign: Standard Webhooks writes `whsec_` and base64, other texts stand as is.

    Raises:
        ValueError: If what follows `whsec_` is no base64.
    """
    prefix = "whsec_"
    if not secret.startswith(prefix):
        return secret.encode()
    return base64.b64decode(secret[len(prefix) :], validate=True)


def able_to_sign(secret: str) -> str:
    """Takes a secret of which `signing_key` can make a key."""
    try:
        signing_key(secret)
    except ValueError:
        raise ValueError("what follows whsec_ must be base64") from None
    return secret


def encrypted(url: str) -> str:
    """Takes https, and http on this machine alone."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        return url.rstrip("/")
    raise ValueError(f"must begin with https:// (http:// on this machine alone), found {url!r}")


class SettingsPart(BaseModel):
    """A part of a settings file; a name in it that nobody knows is refused."""

    class Config:
        """Nothing unknown, so that a slip of the pen is found."""

        extra = Extra.forbid
        allow_mutation = False


class Contact(SettingsPart):
    """Somebody who can be told: a person, a role or a device.

    Attributes:
        name: How the audit and the patient's page call them.
        notify: Apprise URLs, "webhook:<name>", "fhir:<name>" or "terminal"; all of them are used.
    """

    name: str = Field(min_length=1, max_length=100)
    notify: list[str] = Field(min_items=1)


class Webhook(SettingsPart):
    """A receiver of signed JSON.

    Attributes:
        url: Where it listens.
        secret: Known to both sides; signs each request.
    """

    url: str = Field(regex="^https?://")
    secret: str = Field(min_length=16)

    _signs = validator("secret", allow_reuse=True)(able_to_sign)


class Smart(SettingsPart):
    """SMART Backend Services: client credentials with a signed JWT as the client's assertion.

    Attributes:
        token_url: Where tokens are given; also the assertion's audience.
        client_id: As their server registered us.
        key_file: Our private key, PEM; they have the public one.
        key_id: The `kid` under which they have it.
        algorithm: RS384 or ES384, the two that the standard names.
        scope: What we ask for.
    """

    token_url: str
    client_id: str = Field(min_length=1)
    key_file: Path
    key_id: str = Field(min_length=1)
    algorithm: Literal["RS384", "ES384"] = "RS384"
    scope: str = "system/Communication.crs system/Task.crs"

    _address = validator("token_url", allow_reuse=True)(encrypted)

    @validator("key_file")
    def _stands(cls, file: Path) -> Path:  # noqa: N805
        if not file.is_file():
            raise ValueError(f"there is no file {file}; put the private key there")
        return file


class FhirServer(SettingsPart):
    """A hospital's FHIR R4 server.

    Attributes:
        base_url: Of its FHIR interface.
        smart: How we get tokens. Without it `open` must say that the server asks for none.
        open: Whether the server takes requests without a token (a server for trying out).
        ca_file: The authority that signs its certificate, where the system does not know it.
        sender: How the assistant is called there.
        sender_reference: What stands for the assistant there, such as "Device/assistant".
        task_owner: Who a Task is for there, such as "Organization/acute-oncology".
    """

    base_url: str
    smart: Smart | None = None
    open: bool = False
    ca_file: Path | None = None
    sender: str = Field(default="Bone metastases assistant (a computer program)", max_length=200)
    sender_reference: str | None = Field(default=None, regex=_REFERENCE)
    task_owner: str | None = Field(default=None, regex=_REFERENCE)

    _address = validator("base_url", allow_reuse=True)(encrypted)

    @validator("open", always=True)
    def _trusted(cls, is_open: bool, values: dict[str, Any]) -> bool:  # noqa: N805
        if "smart" in values and (values["smart"] is None) != is_open:
            raise ValueError("a server has either `smart` or, for trying out, `open: true`")
        return is_open
