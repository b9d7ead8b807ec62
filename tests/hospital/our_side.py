"""Our side for the tests: the channel served over HTTP, the worker, and how the hospital calls."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jwt
import requests
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hospital import JSON_TYPE, OWN, Hospital
from waiting import until

from assistant.escalation.delivery.process import Worker
from assistant.escalation.hospital.names import MESSAGE_SYSTEM
from assistant.escalation.store import EscalationStore
from assistant.escalation.times import now

CLIENT, KEY_ID = "assistant", "key-1"
SECRET = "a secret that both sides know"
ISSUER, AUDIENCE = "https://hub.hospital.example", "https://assistant.hospital.example"
CONTACTS = {"nurse": {"name": "Oncology nurse", "notify": ["fhir:main"]}}


class Keys:
    """A pair of keys, RSA or elliptic, as PEM file and as JWK."""

    def __init__(self, folder: Path, name: str, elliptic: bool = False) -> None:
        if elliptic:
            self.private: Any = ec.generate_private_key(ec.SECP384R1())
            self.algorithm, form = "ES384", jwt.algorithms.ECAlgorithm
        else:
            self.private = rsa.generate_private_key(65537, 2048)
            self.algorithm, form = "RS384", jwt.algorithms.RSAAlgorithm
        pem = self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(pem)
        public = form.to_jwk(self.private.public_key(), as_dict=True)
        self.jwk = {**public, "kid": KEY_ID, "use": "sig", "alg": self.algorithm}

    def token(self, **claims: Any) -> str:
        """A bearer token of the hospital's authority; None leaves a claim out."""
        moment = int(time.time())
        content = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "hub",
            "iat": moment,
            "exp": moment + 60,
            "jti": f"{time.monotonic_ns()}",
            **claims,
        }
        content = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(content, self.private, self.algorithm, headers={"kid": KEY_ID})


class Clock:
    """The present moment, which a test may move."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(timezone.utc) + self.offset


def settings_of(hospital: Hospital, keys: Keys, **more: Any) -> dict[str, Any]:
    """`escalation.yml` of a site with one FHIR server."""
    smart = {
        "token_url": hospital.token_url,
        "client_id": CLIENT,
        "key_file": str(keys.file),
        "key_id": KEY_ID,
        "algorithm": keys.algorithm,
    }
    return {
        "time_zone": "UTC",
        "fhir_servers": {"main": {"base_url": hospital.base, "smart": smart}},
        "contacts": CONTACTS,
        "on_duty": {"office": ["nurse"], "out_of_hours": ["nurse"]},
        **more,
    }


class Site:
    """Our side: what the hospital calls, and what we do there."""

    def __init__(self, url: str, hospital: Hospital, hub: Keys, store: EscalationStore) -> None:
        self.url = url
        self.hospital = hospital
        self.hub = hub
        self.store = store
        self.clock = Clock()
        self.worker = Worker(store, clock=self.clock)

    def post(
        self, body: Any, path: str = "/", token: str | None = "", **headers: str
    ) -> requests.Response:
        """Sends as the hospital's hub does: with a token of its authority."""
        given = {"Content-Type": JSON_TYPE, **headers}
        if token is not None:
            given["Authorization"] = f"Bearer {token or self.hub.token()}"
        data = body if isinstance(body, (bytes, str)) or body is None else None
        json = None if data is not None or body is None else body
        return requests.post(
            f"{self.url}/webhooks/fhir{path}", data=data, json=json, headers=given, timeout=30
        )

    def work(self) -> None:
        """Lets the worker do what is due."""
        self.worker.step()

    def messages(self, **query: str) -> list[dict[str, Any]]:
        """What we have created on the hospital's server, oldest first."""
        found = self.hospital_search("Communication", **{"_count": "500", **query})
        own = [
            one
            for one in found
            if any(name["system"] == MESSAGE_SYSTEM for name in one.get("identifier", []))
        ]
        return sorted(own, key=lambda one: one["meta"]["lastUpdated"])

    def hospital_search(self, kind: str, **query: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.hospital.base}/{kind}", params=query, headers=OWN, timeout=30)
        answer.raise_for_status()
        return [entry["resource"] for entry in answer.json().get("entry", [])]

    def answers(self, many: int, seconds: float = 30, **query: str) -> list[dict[str, Any]]:
        """Waits until we have created so many messages there; returns them."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            nonlocal found
            self.work()
            found = self.messages(**query)
            return len(found) >= many

        until(there, f"{many} answers", seconds)
        assert len(found) == many
        return found


def communication(
    number: int = 1, text: str = "What is denosumab?", /, **more: Any
) -> dict[str, Any]:
    """A patient's message as a portal sends it; None leaves an element out."""
    resource = {
        "resourceType": "Communication",
        "identifier": [{"system": "urn:portal", "value": f"message-{number}"}],
        "status": "completed",
        "subject": {"reference": "Patient/anna"},
        "sender": {"reference": "Patient/anna"},
        "encounter": {"reference": "Encounter/e1"},
        "topic": {"text": "Bone metastases"},
        "language": "en-GB",
        "sent": f"{now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "payload": [{"contentString": text}],
        **more,
    }
    return {name: value for name, value in resource.items() if value is not None}


def text_of(resource: dict[str, Any]) -> str:
    return "\n".join(part["contentString"] for part in resource["payload"])


def write_settings(folder: Path, settings: dict[str, Any]) -> Path:
    file = folder / "escalation.yml"
    file.write_text(yaml.safe_dump(settings))
    return file
