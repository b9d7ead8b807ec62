"""Nothing is taken from whoever we do not know, and nothing twice that counts once."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
from our_side import SECRET, Keys, Site, communication
from rasa.shared.exceptions import RasaException

from assistant.channels.fhir import FhirInput
from assistant.escalation.delivery.webhook import signature
from assistant.escalation.tables import inbound_table


def kept(site: Site) -> int:
    with site.store.reading("count") as connection:
        return len(connection.execute(inbound_table.select()).all())


def is_refused(site: Site, answer: Any) -> bool:
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome" and outcome["issue"][0]["code"] == "login"
    return answer.status_code == 401 and kept(site) == 0


def unsigned(**claims: Any) -> str:
    """A token of `alg: none`."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    coded = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts
    )
    return ".".join(coded) + "."


WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(time.time()) - 3600},
    "of another issuer": {"iss": "https://other.example"},
    "for another audience": {"aud": "https://other.example"},
    "without an end": {"exp": None},
    "without an audience": {"aud": None},
    "without an id": {"jti": None},
    "not yet good": {"nbf": int(time.time()) + 3600},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_token_is_refused(site: Site, what: str) -> None:
    assert is_refused(site, site.post(communication(), token=site.hub.token(**WRONG[what])))


def test_no_token_a_broken_one_and_the_keys_of_others_are_refused(
    site: Site, our_keys: Keys, tmp_path: Any
) -> None:
    claims = jwt.decode(site.hub.token(), options={"verify_signature": False})
    head, body, signed = site.hub.token().split(".")
    secret = "anybody can choose a secret of his own"
    for token in (
        None,
        "x",
        "a.b.c",
        f"{head}.{body}.",
        f"{head}.{body}.{signed[:-8]}AAAAAAAA",
        unsigned(**claims),
        our_keys.token(),
        Keys(tmp_path, "stranger").token(),
        jwt.encode(claims, secret, "HS256", headers={"kid": site.hub.jwk["kid"]}),
    ):
        assert is_refused(site, site.post(communication(), token=token))


def test_a_token_counts_once(site: Site) -> None:
    token = site.hub.token()
    assert site.post(communication(1), token=token).status_code == 202
    again = site.post(communication(2), token=token)
    assert again.status_code == 401 and kept(site) == 1


def signed(body: bytes, key: str = "msg-1", at: float | None = None, secret: str = SECRET) -> dict:
    timestamp = str(int(time.time() if at is None else at))
    return {
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature(secret, key, timestamp, body)}",
    }


def test_a_signed_request_is_taken_once_and_a_second_attempt_is_known(site: Site) -> None:
    body, at = json.dumps(communication()).encode(), time.time()
    headers = signed(body, at=at)
    assert site.post(body, token=None, **headers).status_code == 202
    assert site.post(body, token=None, **headers).status_code == 401
    anew = signed(body, at=at - 1)  # another second: the signature is another one
    again = site.post(body, token=None, **anew)
    assert again.status_code == 202 and again.json()["issue"][0]["code"] == "duplicate"
    assert kept(site) == 1


def test_a_wrong_signature_is_refused(site: Site) -> None:
    body = json.dumps(communication()).encode()
    other = json.dumps(communication(2)).encode()
    for headers in (
        signed(body, at=time.time() - 400),
        signed(body, at=time.time() + 400),
        signed(body, secret="another secret of both sides"),
        signed(other),
        {**signed(body), "webhook-id": "msg-2"},
        {**signed(body), "webhook-timestamp": "soon"},
        {**signed(body), "webhook-signature": "v1,"},
    ):
        assert is_refused(site, site.post(body, token=None, **headers))


def test_settings_that_trust_nobody_are_refused(settings: Any, credentials: dict) -> None:
    tokens = credentials["tokens"]
    for wrong, words in (
        ({}, "server: field required"),
        ({"server": "main"}, "needs `tokens`, `signatures` or both"),
        (
            {**credentials, "server": "other"},
            "none of fhir_servers of escalation.yml, which has main",
        ),
        ({**credentials, "tokn": 1}, "tokn: extra fields not permitted"),
        ({**credentials, "tokens": {**tokens, "algorithms": ["none"]}}, "tokens > algorithms"),
        ({**credentials, "tokens": {**tokens, "algorithms": ["HS256"]}}, "tokens > algorithms"),
        ({**credentials, "tokens": {**tokens, "jwks_file": "/nowhere"}}, "holds no JWKS"),
        (
            {**credentials, "tokens": {"issuer": "a", "audience": "b"}},
            "either jwks_url or jwks_file",
        ),
        ({**credentials, "signatures": {"secret": "short"}}, "at least 24 characters"),
        ({**credentials, "signatures": {"secret": "whsec_" + "?" * 30}}, "must be base64"),
    ):
        with pytest.raises(RasaException, match=r"^credentials\.yml: FhirInput: ") as refused:
            FhirInput.from_credentials(wrong)
        assert words in str(refused.value)


def test_no_store_of_rasa_holds_a_patient(site: Site, assistant: Any, state: Any) -> None:
    site.post(communication(subject={"reference": "Patient/anna-4711"}))
    site.answers(1)
    (seen,) = assistant.seen
    assert "4711" not in repr((seen.sender_id, seen.message_id, seen.metadata))
    assert b"4711" not in (state / "replies.sqlite").read_bytes()
