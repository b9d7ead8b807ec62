"""A hospital's FHIR server as we use it: create once, read, search; with tokens where it asks."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import Any

import requests

from assistant.escalation.delivery.webhook import asked_to_wait
from assistant.escalation.duty.recipients import FhirServer
from assistant.escalation.hospital.tokens import TokenError, Tokens

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5.0, 10.0, 20.0
MOST_BYTES = 4 * 2**20
# Of the resource itself: sending the same again will not help. All else may mend by itself.
REFUSED = (400, 413, 415, 422)
JSON_TYPE = "application/fhir+json"


class HospitalError(Exception):
    """A hospital's server did not take or give something.

    Args:
        message: Why; without addresses and without the server's own words, which may quote ours.
        permanent: Whether trying again alone will not help.
        wait: How long the server asked us to wait.
    """

    def __init__(
        self, message: str, permanent: bool = False, wait: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.wait = wait


class FhirClient:
    """Requests to one server; safe to use from several threads.

    Args:
        server: Where it is and how we are known there.
    """

    def __init__(self, server: FhirServer) -> None:
        self._server = server
        self._http = requests.Session()
        self._http.verify = str(server.ca_file) if server.ca_file else True
        self._tokens = Tokens(server.smart, self._http) if server.smart else None

    def create(self, resource: dict[str, Any]) -> str:
        """Creates a resource unless one with its first identifier is there already.

        Returns:
            Its reference there, such as "Communication/123".

        Raises:
            HospitalError: If it may not be there.
        """
        kind, named = resource["resourceType"], resource["identifier"][0]
        query = f"identifier={named['system']}|{named['value']}"
        body = json.dumps(resource, separators=(",", ":")).encode()
        headers = {"If-None-Exist": query, "Content-Type": JSON_TYPE, "Prefer": "return=minimal"}
        status, answer, place = self._ask("POST", kind, headers, body, also=(409, 412))
        if status in (409, 412):
            # There already, even twice, or in this very moment: only the server can say.
            found = self.search(kind, query)
            if not found:
                raise HospitalError(f"the server answered {status}")
            answer = found[0]
        return _reference(kind, answer, place)

    def read(self, kind: str, id_: str) -> dict[str, Any]:
        """Reads a resource.

        Raises:
            HospitalError: If that failed; permanent where there is none.
        """
        _, answer, _ = self._ask("GET", f"{kind}/{id_}", gone=(404, 410))
        return answer

    def search(self, kind: str, query: str) -> list[dict[str, Any]]:
        """The first page of what a query finds.

        Raises:
            HospitalError: If that failed.
        """
        _, answer, _ = self._ask("GET", f"{kind}?{query}")
        entries = answer.get("entry") or []
        found = (one.get("resource") for one in entries if isinstance(one, dict))
        return [one for one in found if isinstance(one, dict) and one.get("resourceType") == kind]

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        also: tuple[int, ...] = (),
        gone: tuple[int, ...] = (),
    ) -> tuple[int, dict[str, Any], str]:
        """Status, resource and `Location` of the answer; a token that ran out is renewed once."""
        for first in (True, False):
            answer = self._send(method, path, headers or {}, body)
            if answer.status_code != 401 or self._tokens is None or not first:
                break
            self._tokens.drop()
        status = answer.status_code
        if 200 <= status < 300 or status in also:
            content = _content(answer)
            return status, content, answer.headers.get("Location", "")
        answer.close()
        permanent = status in (gone or REFUSED)
        raise HospitalError(f"the server answered {status}", permanent, asked_to_wait(answer))

    def _send(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> requests.Response:
        accepted = {"Accept": JSON_TYPE, **headers}
        try:
            if self._tokens is not None:
                accepted["Authorization"] = f"Bearer {self._tokens.token()}"
            return self._http.request(
                method,
                f"{self._server.base_url}/{path}",
                headers=accepted,
                data=body,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            )
        except TokenError as error:
            raise HospitalError(str(error)) from error
        except requests.RequestException as error:
            raise HospitalError(f"cannot be reached: {type(error).__name__}") from error


_clients: dict[str, FhirClient] = {}
_making = threading.Lock()


def client_of(server: FhirServer) -> FhirClient:
    """The client of a server, one in the process for each settings."""
    settings = server.json(sort_keys=True)
    with _making:
        if settings not in _clients:
            _clients[settings] = FhirClient(server)
        return _clients[settings]


def _content(answer: requests.Response) -> dict[str, Any]:
    """The answer's JSON object, read within bounds; an empty one where it holds none."""
    end, parts, size = time.monotonic() + WHOLE_SECONDS, [], 0
    try:
        with answer:
            for part in answer.iter_content(2**16):
                parts.append(part)
                size += len(part)
                if size > MOST_BYTES or time.monotonic() > end:
                    raise HospitalError("the server's answer is too long or too slow")
        content = json.loads(b"".join(parts) or b"{}")
    except requests.RequestException as error:
        raise HospitalError(f"broke off: {type(error).__name__}") from error
    except (ValueError, RecursionError):
        content = {}
    return content if isinstance(content, dict) else {}


def _reference(kind: str, answer: dict[str, Any], place: str) -> str:
    if answer.get("resourceType") == kind and isinstance(answer.get("id"), str):
        return f"{kind}/{answer['id']}"[:255]
    parts = place.split(f"/{kind}/")
    return f"{kind}/{parts[-1].split('/')[0]}"[:255] if len(parts) > 1 else ""
