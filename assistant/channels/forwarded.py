"""What the cluster's load balancer says of a request."""

from __future__ import annotations

from sanic.request import Request

from assistant.channels.incoming import read_id
from assistant.profile import read_profile

REQUEST_ID = "Assistant-Request-Id"


def forwarded_id(request: Request) -> str | None:
    """The load balancer's id of a request; None in the embedded profile.

    It stands for the message id where the client gave none: a request whose replica was killed is
    sent to another one under the same id, and is answered and recorded once. The load balancer
    overwrites what a client sets.

    Raises:
        RequestError: 400 for one that cannot be used.
    """
    given = request.headers.get(REQUEST_ID)
    if given is None or not read_profile().is_cluster:
        return None
    return read_id(given, REQUEST_ID)
