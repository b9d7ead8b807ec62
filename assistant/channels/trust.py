"""Who may send for a hospital: a signed token (JWT), or a signed request (Standard Webhooks)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import jwt
import requests
from pydantic import Field, root_validator, validator

from assistant.escalation.delivery.webhook import is_signed
from assistant.escalation.duty.recipients import SettingsPart, able_to_sign, encrypted
from assistant.escalation.hospital.arrival import Nonce
from assistant.escalation.hospital.names import keyed

CLOCK_SECONDS = 300  # by which the clocks of two sides may differ, as Standard Webhooks says
LEEWAY = 30  # seconds by which a token may be over
LONGEST_ID = 256
KEYS_SECONDS = 300.0  # how long fetched keys are used
SECONDS_BETWEEN_FETCHES = 10.0  # however many requests name an unknown key
TIMEOUT = (5.0, 5.0)
MOST_KEY_BYTES = 2**20
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "ES256", "ES384", "ES512"]


class UntrustedError(Exception):
    """A request that nobody whom we know has sent; the message says what is wrong with it."""


class KeysUnreachableError(Exception):
    """The keys of the hospital cannot be fetched at present."""


class TokenTrust(SettingsPart):
    """Bearer tokens that the hospital's authority signs.

    Attributes:
        issuer: Who must have made them.
        audience: Whom they must be for: us.
        jwks_url: Where the authority's public keys are.
        jwks_file: A file of them, where there is no address.
        algorithms: Which signatures are taken; only ones with public keys can be named.
        reusable: Whether a token may come more than once. Then repeated messages are known by
            their identifiers alone.
    """

    issuer: str = Field(min_length=1)
    audience: str = Field(min_length=1)
    jwks_url: str | None = None
    jwks_file: Path | None = None
    algorithms: list[Algorithm] = Field(default=["RS384", "ES384"], min_items=1)
    reusable: bool = False

    @validator("jwks_url")
    def _address(cls, url: str | None) -> str | None:  # noqa: N805
        return None if url is None else encrypted(url)

    @validator("jwks_file")
    def _stands(cls, file: Path | None) -> Path | None:  # noqa: N805
        if file is not None:
            try:
                jwt.PyJWKSet.from_dict(json.loads(file.read_text(encoding="utf-8")))
            except (OSError, ValueError, jwt.PyJWTError) as error:
                raise ValueError(f"{file} holds no JWKS ({type(error).__name__})") from None
        return file

    @root_validator(skip_on_failure=True)
    def _keys(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        if (values["jwks_url"] is None) == (values["jwks_file"] is None):
            raise ValueError("needs either jwks_url or jwks_file")
        return values


class SignatureTrust(SettingsPart):
    """Requests that are signed with a secret that both sides know.

    Attributes:
        secret: `whsec_` and base64, or a text of 24 characters at least.
    """

    secret: str = Field(min_length=24)

    _signs = validator("secret", allow_reuse=True)(able_to_sign)


class Trust:
    """Checks requests: by their signature where they carry one, else by their token.

    Args:
        tokens: Which tokens are taken, None for none.
        signatures: Which signatures are taken, None for none.
    """

    def __init__(self, tokens: TokenTrust | None, signatures: SignatureTrust | None) -> None:
        self._tokens = tokens
        self._signatures = signatures
        self._keys = _Keys(tokens) if tokens is not None else None

    def check(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Nonce | None:
        """Checks a request; may fetch keys, so it belongs into a thread.

        Args:
            headers: Of the request, their names in small letters.
            body: Of the request.
            at: The present moment, UTC.

        Returns:
            What may not come again; None for a token that may.

        Raises:
            UntrustedError: If nobody whom we know has sent it.
            KeysUnreachableError: If that cannot be told at present.
        """
        if self._signatures is not None and "webhook-signature" in headers:
            return _signed(self._signatures, headers, body, at)
        if self._tokens is not None:
            assert self._keys is not None
            return _borne(self._tokens, self._keys, headers.get("authorization", ""), at)
        raise UntrustedError("the request is not signed")


def _signed(trust: SignatureTrust, headers: Mapping[str, str], body: bytes, at: datetime) -> Nonce:
    key, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not 0 < len(key) <= LONGEST_ID or not (timestamp.isascii() and timestamp.isdigit()):
        raise UntrustedError("webhook-id or webhook-timestamp is missing or wrong")
    if not is_signed(trust.secret, key, timestamp, body, headers["webhook-signature"]):
        raise UntrustedError("the signature is wrong")
    if len(timestamp) > 12 or abs(at.timestamp() - int(timestamp)) > CLOCK_SECONDS:
        raise UntrustedError("the signature is too old, or its clock is wrong")
    # The same id with a new time is a second attempt, which is welcome.
    expires = datetime.fromtimestamp(int(timestamp), timezone.utc) + timedelta(
        seconds=CLOCK_SECONDS + 1
    )
    return Nonce(keyed("signature", key, timestamp), expires)


def _borne(trust: TokenTrust, keys: _Keys, authorization: str, at: datetime) -> Nonce | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UntrustedError("there is no bearer token")
    required = ["exp", "iss", "aud", *([] if trust.reusable else ["jti"])]
    try:
        named = jwt.get_unverified_header(token)
        if named.get("alg") not in trust.algorithms:
            raise UntrustedError("the token's algorithm is not allowed")
        claims = jwt.decode(
            token,
            keys.find(named.get("kid")),
            algorithms=list(trust.algorithms),
            audience=trust.audience,
            issuer=trust.issuer,
            leeway=LEEWAY,
            options={"require": required},
        )
        expires = datetime.fromtimestamp(int(claims["exp"]), timezone.utc)
    except jwt.PyJWTError as error:
        # PyJWT's own words may quote the token: its kind of error says enough.
        raise UntrustedError(f"the token is not valid ({type(error).__name__})") from None
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise UntrustedError(f"the token cannot be read ({type(error).__name__})") from None
    if trust.reusable:
        return None
    return Nonce(keyed("token", claims["jti"]), expires + timedelta(seconds=LEEWAY + 1))


class _Keys:
    """The public keys of an authority; an unknown name has them fetched anew, not too often."""

    def __init__(self, trust: TokenTrust) -> None:
        self._trust = trust
        self._lock = threading.Lock()
        self._held: dict[str | None, jwt.PyJWK] = {}
        self._fetched: float | None = None

    def find(self, name: object) -> jwt.PyJWK:
        """A key by its `kid`; without a name the only one.

        Raises:
            UntrustedError: If there is none.
            KeysUnreachableError: If the keys cannot be fetched and none are held.
        """
        with self._lock:
            age = None if self._fetched is None else time.monotonic() - self._fetched
            unknown = self._choose(name) is None
            if age is None or age > KEYS_SECONDS or (unknown and age > SECONDS_BETWEEN_FETCHES):
                self._fetch()
            key = self._choose(name)
        if key is None:
            raise UntrustedError("the token's key is not known")
        return key

    def _choose(self, name: object) -> jwt.PyJWK | None:
        if name is None and len(self._held) == 1:
            return next(iter(self._held.values()))
        return self._held.get(name) if isinstance(name, str) else None

    def _fetch(self) -> None:
        self._fetched = time.monotonic()
        try:
            keys = jwt.PyJWKSet.from_dict(self._read()).keys
        except (OSError, ValueError, jwt.PyJWTError, requests.RequestException) as error:
            if not self._held:
                self._fetched = None
                raise KeysUnreachableError(type(error).__name__) from error
            return  # those that we have stay good
        self._held = {key.key_id: key for key in keys}

    def _read(self) -> dict[str, Any]:
        if self._trust.jwks_file is not None:
            content = self._trust.jwks_file.read_text(encoding="utf-8")
        else:
            answer = requests.get(str(self._trust.jwks_url), timeout=TIMEOUT, allow_redirects=False)
            answer.raise_for_status()
            content = answer.text[:MOST_KEY_BYTES]
        keys = json.loads(content)
        if not isinstance(keys, dict):
            raise ValueError("no JWKS")
        return keys


def read_trust(tokens: TokenTrust | None, signatures: SignatureTrust | None) -> Trust:
    """The trust that a channel's settings describe.

    Raises:
        ValueError: If they describe none: nothing is taken from just anybody.
    """
    if tokens is None and signatures is None:
        raise ValueError("needs `tokens`, `signatures` or both: how requests are known")
    return Trust(tokens, signatures)
