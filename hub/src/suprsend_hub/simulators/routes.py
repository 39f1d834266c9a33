"""`/dev/…`: what reached the stand-ins, and how they are to treat an address; dev mode only."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Request, delete, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect
from pyreqwest.client import ClientBuilder

from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.reading import read_json
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.behaviour import EVERYBODY, Behaviour
from suprsend_hub.simulators.received import Received
from suprsend_hub.simulators.simulation import Simulation

MOST_SHOWN = 1000


class BehaviourForm(msgspec.Struct, frozen=True):
    """How an address is to be treated from now on; `*` is every address without a rule of its own."""

    behaviour: Behaviour
    address: str = EVERYBODY


class ReportForm(msgspec.Struct, frozen=True):
    """What happened to the newest message for an address."""

    recipient: str
    happening: Happening
    vendor: str | None = None


_DECODER = msgspec.json.Decoder(BehaviourForm)
_REPORT_DECODER = msgspec.json.Decoder(ReportForm)


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

    @post("/dev/reports/", summary="Let a vendor report on a message", tags=["dev"], status_code=200)
    async def report(request: Request[object, object, State]) -> Document:
        """Report that something happened to the newest message for an address; tells what the hub answered."""
        form = read_json(await request.body(), _REPORT_DECODER)
        found = [each for each in simulation.received.find(form.recipient) if form.vendor in (None, each.vendor)]
        if not found:
            raise NotFound(f"no vendor received anything for {form.recipient[:80]!r}")
        posted = found[-1].report(form.happening, simulation.now())
        if posted is None:
            raise Invalid("happening", f"{found[-1].vendor} does not report that a message was {form.happening}")
        async with ClientBuilder().timeout(timedelta(seconds=30)).build() as client:
            answer = await client.post(posted.url).headers(dict(posted.headers)).body_bytes(posted.body).build().send()
            return {"status": answer.status, "body": await answer.text()}

    @get("/dev/browser/{name:str}", summary="A subscription of the simulated browser", tags=["dev"])
    async def subscribe(name: FromPath[str]) -> Document:
        """What a browser gives a page that may notify: an address for the channel webpush."""
        return simulation.browser.subscription(quote(name, safe=""))

    @get("/console/", summary="What there is to see in a browser", tags=["dev"], include_in_schema=False)
    async def console() -> Redirect:
        """To the outbox, which is all that can be looked at so far."""
        return Redirect("/dev/outbox/")

    return [console, outbox, clear_outbox, set_behaviour, clear_behaviours, report, subscribe]


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
