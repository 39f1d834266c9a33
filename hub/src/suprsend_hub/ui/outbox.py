"""The outbox of development mode: what the stand-ins for vendors got, as people would see it, and the hub's clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from markupsafe import escape
from msgspec import Meta, Struct

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.duration import read_duration
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.inbox_notifications import list_put_down
from suprsend_hub.ui.chat_lines import chat_lines
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.development import Arrival, Development, Place, Sought
from suprsend_hub.ui.forms import read_form, read_query
from suprsend_hub.ui.preference_choices import CHANNEL_NAMES
from suprsend_hub.ui.seen_content import lay_out_content
from suprsend_hub.ui.visit import ThisVisit, Visit

SHOWN = 25
# Of each workspace's notifications so many are looked at: enough for whoever develops.
_MOST_NOTIFICATIONS = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_CHARACTERS = 20_000
# A mail may look as it likes, and do nothing: no scripts, no forms, nothing from plain http such as the hub's own
# pictures, which would tell that the mail was opened. A link opens in a window of its own.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_MAIL_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: https:; form-action 'none'; base-uri 'none';"
        f" frame-ancestors 'self'; sandbox {_SANDBOX}"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class OutboxForm(Struct, frozen=True):
    """What is looked for in the outbox; `before` is a place, whose moment is told in microseconds."""

    channel: Channel | None = None
    recipient: Annotated[str, Meta(max_length=500)] | None = None
    before: Annotated[str, Meta(pattern=r"^[0-9]{1,16}\.[0-9A-Za-z]{1,26}$")] | None = None

    @property
    def sought(self) -> Sought:
        """The same as the stand-ins are asked."""
        if self.before is None:
            return Sought(self.channel, self.recipient)
        moment, _, key = self.before.partition(".")
        return Sought(self.channel, self.recipient, Place(_EPOCH + timedelta(microseconds=int(moment)), key))


class ClockForm(Struct, frozen=True):
    """How far the clock is put forward."""

    advance: Annotated[str, Meta(max_length=20)] = ""


def outbox_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of the outbox; outside development mode there is nothing at them."""

    @get("/~/outbox")
    async def show(visit: ThisVisit) -> Page:
        """The newest messages, and the clock."""
        shown = await _shown(console, visit, _development(console))
        return console.page(visit, "outbox/list.html", facts=_facts(shown), **shown)

    @get("/~/outbox/live")
    async def follow(visit: ThisVisit) -> Page:
        """What has come since."""
        shown = await _shown(console, visit, _development(console))
        return console.part(visit, "outbox/_live.html", _facts(shown), **shown)

    @get("/~/outbox/{number:str}/mail")
    async def load(visit: ThisVisit, number: FromPath[str]) -> Page:
        """A mail for its frame: the hub's own pages share nothing with it."""
        known = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
        arrival = _development(console).find(known)
        if arrival is None or arrival.channel != "email":
            raise NotFound("There is no such mail in the outbox; it begins anew with the hub.")
        return Response(_mail(arrival), media_type=MediaType.HTML, headers=_MAIL_HEADERS)

    @post("/~/outbox/clock")
    async def put_forward(visit: ThisVisit) -> Page:
        """Whatever waits for the time that is skipped is done now."""
        development = _development(console)
        form = await read_form(visit.request, ClockForm)
        by = read_duration(form.advance, "advance")
        await development.put_forward(by, visit.actor.noting("put the clock forward", form.advance))
        return console.go(visit, "/console/~/outbox", f"The clock was put forward by {form.advance}.")

    return [show, follow, load, put_forward]


def _development(console: Console) -> Development:
    if console.development is None:
        raise NotFound("There is an outbox in development mode only.")
    return console.development


async def _shown(console: Console, visit: Visit, development: Development) -> dict[str, Any]:
    form = read_query(visit.request, OutboxForm)
    found = [*development.read(form.sought, SHOWN + 1), *await _notifications(console, form.sought)]
    found = sorted(found, key=lambda each: each.place, reverse=True)
    shown = found[:SHOWN]
    return {
        "form": form,
        "channels": [("", "Every channel"), *((each, CHANNEL_NAMES[each]) for each in CHANNELS)],
        "names": CHANNEL_NAMES,
        "arrivals": shown,
        "older": _written(shown[-1].place) if len(found) > SHOWN else None,
        "lines": chat_lines,
        "lay_out": lay_out_content,
        "raw": _raw,
        "sandbox": _SANDBOX,
    }


def _written(place: Place) -> str:
    return f"{(place.at - _EPOCH) // timedelta(microseconds=1)}.{place.key}"


async def _notifications(console: Console, sought: Sought) -> Sequence[Arrival]:
    """What was put into inboxes, which go through no vendor; it is kept, unlike what the stand-ins got."""
    if sought.channel not in (None, "inbox"):
        return []
    recipient = sought.recipient.strip() if sought.recipient else None
    async with console.pool.acquire() as connection:
        before = (sought.before.at, sought.before.key) if sought.before else None
        found = await list_put_down(connection, recipient, before, SHOWN + 1, _MOST_NOTIFICATIONS)
    return [
        Arrival(0, "inbox", "the hub itself", each.distinct_id, each.created_at, each.id, "accept", each.content)
        for each in found
    ]


def _facts(shown: dict[str, Any]) -> object:
    return [(each.number, each.message_id, each.received_at) for each in shown["arrivals"]]


def _raw(arrival: Arrival) -> str:
    text = msgspec.json.format(msgspec.json.encode(arrival.content), indent=2).decode()
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def _mail(arrival: Arrival) -> str:
    html = arrival.content.get("html")
    if not isinstance(html, str) or not html.strip():
        text = arrival.content.get("text") or arrival.content.get("title") or ""
        html = f"<pre style='font:14px/1.5 system-ui,sans-serif;white-space:pre-wrap'>{escape(text)}</pre>"
    # Mails are written for white paper.
    return f'<!doctype html><base target="_blank"><style>:root{{background:#fff;color:#000}}</style>{html}'
