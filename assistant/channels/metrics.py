"""`/metrics` of the assistant's server: for Prometheus, beside the patients' channels."""

from __future__ import annotations

import asyncio

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from assistant.channels.patient import Handler, PatientDoor
from assistant.channels.readiness import Shared, probe
from assistant.escalation.metrics import expose_health, expose_store
from assistant.escalation.store import patient_store
from assistant.observability.exposition import TOKEN, exposition, is_allowed

METRICS = "metrics"
REFUSED = {
    "error": "The metrics are not for everybody.",
    "allowed": f"requests from this machine, or with the token that the site set as {TOKEN}",
    "do": "Send it as `Authorization: Bearer ...`.",
}


class MetricsInput(InputChannel):
    """No patient's channel, but how Rasa lets a route of ours in: `GET /metrics`."""

    @classmethod
    def name(cls) -> str:
        """The name in credentials.yml's terms; no message ever comes by it."""
        return METRICS

    def url_prefix(self) -> str:  # type: ignore[override]
        """From the root, for Rasa joins it to `/webhooks/`."""
        return f"/{METRICS}"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The route."""
        routes = Blueprint(METRICS)
        door = PatientDoor(METRICS, on_new_message)  # for its probes; nobody enters
        probe_all = Shared(lambda agent: probe(agent, door))
        expose_health(door.health)
        expose_store(patient_store)

        @routes.get("/")
        async def metrics(request: Request) -> HTTPResponse:
            headers = {name.lower(): value for name, value in request.headers.items()}
            if not is_allowed(request.ip, headers):
                return json(REFUSED, status=403)
            await probe_all(getattr(request.app.ctx, "agent", None))
            # Collectors ask the store: beside the event loop, on which the patients' turns run.
            found, kind = await asyncio.to_thread(exposition, headers.get("accept", ""))
            return raw(found, content_type=kind)

        return routes
