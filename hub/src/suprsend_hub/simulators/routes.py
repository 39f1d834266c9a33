"""`/dev/…`: what reached the stand-ins, and how they are to treat an address; dev mode only."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Request, delete, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter

from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_json
from suprsend_hub.simulators.behaviour import EVERYBODY, Behaviour
from suprsend_hub.simulators.received import Received
from suprsend_hub.simulators.simulation import Simulation

MOST_SHOWN = 1000


class BehaviourForm(msgspec.Struct, frozen=True):
    """How an address is to be treated from now on; `*` is every address without a rule of its own."""

    behaviour: Behaviour
    address: str = EVERYBODY


_DECODER = msgspec.json.Decoder(BehaviourForm)


def simulation_routes(simulation: Simulation) -> Sequence[HTTPRouteHandler]:
    """The routes of the stand-ins; they need no credentials, for they exist only in dev mode."""

    @get("/dev/outbox/", summary="What reached the simulated vendors", tags=["dev"])
    async def outbox(
        recipient: FromQuery[str | None] = None,
        channel: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=MOST_SHOWN)] = 100,
    ) -> Document:
        """Messages as the vendors got them, newest first."""
        known = next((each for each in CHANNELS if each == channel), None)
        if channel is not None and known is None:
            raise Invalid("channel", f"{channel!r} is not a channel; use {', '.join(CHANNELS)}")
        found = simulation.received.find(recipient, known)
        return {"count": len(found), "results": [_document(each) for each in reversed(found[-limit:])]}

    @delete("/dev/outbox/", summary="Forget what was received", tags=["dev"], status_code=200)
    async def clear_outbox() -> Document:
        """Begin with an empty outbox."""
        simulation.received.clear()
        return {"status": "success"}

    @post("/dev/behaviour/", summary="Tell a vendor how to treat an address", tags=["dev"], status_code=200)
    async def set_behaviour(request: Request[object, object, State]) -> Document:
        """Accept, delay, refuse, fail, rate-limit or drop; `{"address", "behaviour": {"type", …}}`."""
        form = read_json(await request.body(), _DECODER)
        simulation.behaviours.set(form.address, form.behaviour)
        return {"status": "success"}

    @delete("/dev/behaviour/", summary="Let the vendors accept everything again", tags=["dev"], status_code=200)
    async def clear_behaviours() -> Document:
        """Forget every rule."""
        simulation.behaviours.clear()
        return {"status": "success"}

    return [outbox, clear_outbox, set_behaviour, clear_behaviours]


def _document(received: Received) -> Document:
    content = received.content
    return {
        "channel": received.channel,
        "vendor": received.vendor,
        "recipient": received.recipient,
        "message_id": received.message_id,
        "title": str(content.get("title", "")),
        "content": content,
        "received_at": received.received_at,
        "attempt": received.attempt,
        "behaviour": received.behaviour,
    }
