"""Who asks: from which page, from which address, in which session."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sanic.request import Request

from assistant.channels.incoming import RequestError
from assistant.channels.sessions import Sessions
from assistant.channels.web.settings import Network

CORS_SECONDS = 600


@dataclass(frozen=True)
class Visitor:
    """Somebody with a session that stands.

    Attributes:
        conversation: That their token names.
        address: From which they come, as far as the site knows.
        received: Told of a message that is being answered; None where nobody listens.
    """

    conversation: str
    address: str
    received: Callable[[str], Awaitable[None]] | None = None


class Visitors:
    """Lets those in whose page may ask and whose token is good.

    Args:
        sessions: Reads tokens.
        origins: Of pages that may ask, beside the channel's own.
        proxies: Networks whose `X-Forwarded-For` is believed.
    """

    def __init__(
        self, sessions: Sessions, origins: frozenset[str], proxies: tuple[Network, ...]
    ) -> None:
        self._sessions = sessions
        self._origins = origins
        self._proxies = proxies

    def check_origin(self, request: Request) -> None:
        """Refuses another page's script; a client that is no browser names no origin.

        Raises:
            RequestError: 403.
        """
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if origin is None and site in ("same-origin", "none"):
            return
        if origin is not None and (origin in self._origins or self._is_own(request, origin, site)):
            return
        raise RequestError(
            403,
            "This page may not use the chat.",
            "a request of another origin",
            "the chat's own page, and the pages of `origins` in credentials.yml",
            "Name the page's origin there, or open the chat at its own address.",
        )

    def cors(self, request: Request) -> dict[str, str]:
        """Headers that let the script of an allowed page read the answer."""
        origin = request.headers.get("origin")
        if origin is None or origin not in self._origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": str(CORS_SECONDS),
        }

    def enter(self, request: Request, token: object) -> Visitor:
        """The visitor of a token.

        Raises:
            RequestError: 401.
        """
        given = token if isinstance(token, str) else None
        conversation = self._sessions.conversation(given)
        if conversation is None:
            raise RequestError(
                401,
                "There is no session, or it has ended.",
                "no token" if given is None else f"a token of {len(given)} characters",
                "the token of a session that lasts",
                "Begin one with POST session, then send the message again.",
            )
        return Visitor(conversation, self.address(request))

    def address(self, request: Request) -> str:
        """Where a request comes from: the last hop that is no proxy of the site's."""
        address = str(request.ip)
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",")]
        while self._is_proxy(address) and hops and hops[-1]:
            address = hops.pop()
        return address

    def _is_proxy(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self._proxies)

    @staticmethod
    def _is_own(request: Request, origin: str, site: str) -> bool:
        return urlsplit(origin).netloc == request.headers.get("host") and site == "same-origin"
