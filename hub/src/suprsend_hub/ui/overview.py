"""The first page of a workspace: what was sent, through whom, what waits, and who fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from suprsend_hub.domain.activity import DAY, HOUR, MINUTES, Counted, Kind, begin_of, lay_stretches
from suprsend_hub.domain.channel import Channel
from suprsend_hub.store.activity import read_activity
from suprsend_hub.store.queue_depth import count_held, read_depths
from suprsend_hub.store.vendor_health import list_account_health
from suprsend_hub.ui.charts import Chart, Point, draw_bars
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_query
from suprsend_hub.ui.visit import ThisVisit

# How far back, the width of the stretches that are shown then, and of those that they are made of.
RANGES: dict[str, tuple[timedelta, timedelta, timedelta]] = {
    "1h": (HOUR, MINUTES, MINUTES),
    "24h": (DAY, HOUR, HOUR),
    "7d": (7 * DAY, 6 * HOUR, HOUR),
    "30d": (30 * DAY, DAY, DAY),
}


class RangeForm(Struct, frozen=True):
    """How far back the page looks, and at what alone; a vendor is the nickname of an account."""

    since: Literal["1h", "24h", "7d", "30d"] = "24h"
    channel: Channel | None = None
    vendor: Annotated[str, Meta(max_length=255)] | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether only a part of what was sent is looked at: no trigger belongs to one channel or account."""
        return self.channel is not None or self.vendor is not None

    def fits(self, counted: Counted) -> bool:
        """Whether this was counted of what is looked at."""
        return self.channel in (None, counted.channel) and self.vendor in (None, counted.vendor)

    def query(self, **changes: str | None) -> str:
        """The query of the same page with these changes."""
        given = {"since": self.since, "channel": self.channel, "vendor": self.vendor} | changes
        return "?" + urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class Share:
    """What became of the messages of one channel or account, or of all."""

    name: str
    counts: Mapping[Kind, int]

    def of(self, kind: Kind) -> int:
        """How often something happened."""
        return self.counts.get(kind, 0)

    @property
    def failed(self) -> int:
        """How many did not get through, by all that is known."""
        return self.of("failed") + self.of("returned")

    @property
    def tried(self) -> int:
        """How many came to an end with a vendor."""
        return self.of("sent") + self.of("failed")


@dataclass(frozen=True, slots=True)
class Activity:
    """What a workspace did in a range of time."""

    accepted: Chart
    messages: Chart
    heard: Chart
    total: Share
    channels: Sequence[Share]
    vendors: Sequence[Share]

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened at all."""
        return not any(self.total.counts.values())


def overview_routes(console: Console) -> list[HTTPRouteHandler]:
    """The route of the overview."""

    @get("/{workspace:str}")
    async def show(visit: ThisVisit) -> Page:
        """Numbers that were counted as things happened: no message is looked at."""
        form = read_query(visit.request, RangeForm)
        span, width, kept = RANGES[form.since]
        now = console.now()
        begin = now - span
        async with console.pool.acquire() as connection:
            counted = await read_activity(connection, visit.workspace_id, kept, begin_of(begin, width))
            depths, held = await read_depths(connection), await count_held(connection)
            accounts = await list_account_health(connection, visit.workspace_id)
        activity = _sum_up([each for each in counted if form.fits(each[1])], begin, now, width)
        return console.page(
            visit,
            "overview/show.html",
            part="overview/_live.html",
            facts=(activity, depths, held, accounts),
            ranges=[*RANGES],
            form=form,
            activity=activity,
            depths=depths,
            held=held,
            ailing=[each for each in accounts if each.is_enabled and not each.is_well],
            well=[each for each in accounts if each.is_enabled and each.is_well],
            disabled=[each for each in accounts if not each.is_enabled],
            unserved=sorted(
                {each.channel for each in accounts} - {each.channel for each in accounts if each.is_enabled}
            ),
        )

    return [show]


def _sum_up(rows: Sequence[tuple[datetime, Counted]], since: datetime, now: datetime, width: timedelta) -> Activity:
    stretches = lay_stretches(rows, since, now, width)
    return Activity(
        accepted=draw_bars(
            "Triggers", ["accepted"], [Point(each.began_at, each.of("accepted")) for each in stretches], width
        ),
        messages=draw_bars(
            "Messages",
            ["sent", "failed"],
            [Point(each.began_at, each.of("sent", "failed")) for each in stretches],
            width,
        ),
        heard=draw_bars(
            "Heard of them",
            ["delivered", "seen", "clicked"],
            [Point(each.began_at, each.of("delivered", "seen", "clicked")) for each in stretches],
            width,
            are_nested=True,
        ),
        total=next(iter(_shares(rows, lambda _: "all")), Share("all", {})),
        channels=_shares(rows, lambda counted: counted.channel),
        vendors=_shares(rows, lambda counted: counted.vendor),
    )


def _shares(rows: Sequence[tuple[datetime, Counted]], name_of: Callable[[Counted], str]) -> list[Share]:
    totals: dict[str, dict[Kind, int]] = {}
    for _, counted in rows:
        if name := name_of(counted):
            kinds = totals.setdefault(name, {})
            kinds[counted.kind] = kinds.get(counted.kind, 0) + counted.count
    found = [Share(name, kinds) for name, kinds in totals.items()]
    return sorted(found, key=lambda share: (-share.tried, share.name))
