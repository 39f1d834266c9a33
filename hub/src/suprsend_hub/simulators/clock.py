"""A clock that can be put forward, for tests and for people who don't want to wait; dev mode only."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.duration import read_duration
from suprsend_hub.domain.reading import read_json


class TestClock:
    """The time of day, and as much as it was put forward."""

    __test__ = False

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self._ahead = ahead

    @property
    def ahead(self) -> timedelta:
        """How far it was put forward in all."""
        return self._ahead

    def now(self) -> datetime:
        """What the hub takes for now."""
        return datetime.now(UTC) + self._ahead

    def put_forward(self, by: timedelta) -> None:
        """From now on be so much later."""
        self._ahead += by


class AdvanceForm(msgspec.Struct, frozen=True):
    """How far to go: a duration such as `1h`, or seconds."""

    advance: str | int


_DECODER = msgspec.json.Decoder(AdvanceForm)


def clock_routes(clock: TestClock, bring_forward: Callable[[timedelta], Awaitable[None]]) -> list[HTTPRouteHandler]:
    """The routes of the clock; `bring_forward` makes what waits due so much earlier."""

    def tell() -> Document:
        return {"now": clock.now()}

    @get("/dev/clock/", summary="What time it is for the hub", tags=["dev"])
    async def read_clock() -> Document:
        """The hub's time."""
        return tell()

    @post("/dev/clock/", summary="Put the hub's clock forward", tags=["dev"], status_code=200)
    async def advance(request: Request[object, object, State]) -> Document:
        """Whatever waits for the time that is skipped is done now: `{"advance": "1h"}`."""
        form = read_json(await request.body(), _DECODER)
        by = read_duration(form.advance, "advance")
        clock.put_forward(by)
        await bring_forward(by)
        return tell()

    return [read_clock, advance]
