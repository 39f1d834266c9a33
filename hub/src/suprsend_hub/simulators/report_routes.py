"""`/dev/…`: what vendors tell of messages afterwards, and addresses that lead to the stand-ins; dev mode only."""

from datetime import timedelta
from urllib.parse import quote

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from pyreqwest.client import ClientBuilder

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.reading import read_json
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.simulation import Simulation


class ReportForm(msgspec.Struct, frozen=True):
    """What happened to the newest message for an address."""

    recipient: str
    happening: Happening
    vendor: str | None = None


_DECODER = msgspec.json.Decoder(ReportForm)


def report_routes(simulation: Simulation) -> list[HTTPRouteHandler]:
    """The routes of reports; they need no credentials, for they exist only in dev mode."""

    @post("/dev/reports/", summary="Let a vendor report on a message", tags=["dev"], status_code=200)
    async def report(request: Request[object, object, State]) -> Document:
        """Report that something happened to the newest message for an address; tells what the hub answered."""
        form = read_json(await request.body(), _DECODER)
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

    @get("/dev/ms_teams/{name:str}", summary="Somebody's addresses in the simulated Teams", tags=["dev"])
    async def find_in_teams(name: FromPath[str]) -> Document:
        """Addresses for the channel ms_teams: of a person, whom the bot reaches, and of a channel's webhook."""
        known = quote(name, safe="")
        return {"person": simulation.ms_teams.person(known), "webhook": simulation.ms_teams.webhook(known)}

    return [report, subscribe, find_in_teams]
