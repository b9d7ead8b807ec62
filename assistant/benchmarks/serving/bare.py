"""A Sanic handler that answers at once: the floor under every turn over HTTP.

`python -m assistant.benchmarks.serving.bare PORT`.
"""

from __future__ import annotations

import sys

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

app = Sanic("bare_floor", configure_logging=False)


@app.post("/webhooks/rest/webhook")
async def answer(request: Request) -> HTTPResponse:
    """Reads the message and answers with a few words."""
    sender = request.json["sender"]
    return json([{"recipient_id": sender, "text": "The floor has no answer, but gives it fast."}])


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), access_log=False)
