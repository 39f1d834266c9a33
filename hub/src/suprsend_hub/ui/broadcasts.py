"""Broadcasts: how far each has come, what became of its messages, and ending it."""

from typing import Any

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.cancel import cancel
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.message import STATUSES, UNSETTLED
from suprsend_hub.store.broadcasts import ListedBroadcast, count_messages, list_broadcasts, page_broadcasts
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.database import Connection
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.pager import cut, read_position
from suprsend_hub.ui.visit import ThisVisit, Visit

# Messages are counted one by one, again and again while somebody looks on: of more members that is not worth it.
MOST_COUNTED = 5_000
COUNTING_SECONDS = 5.0


def broadcast_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of broadcasts."""

    async def gather(visit: Visit, broadcast_id: str) -> dict[str, Any]:
        """All of the page that moves."""
        async with console.pool.acquire() as connection:
            broadcast = await _find(connection, visit.workspace_id, broadcast_id)
            counts: dict[tuple[str, str], int] | None = None
            if broadcast.total <= MOST_COUNTED:
                counts = await count_messages(
                    connection, visit.workspace_id, broadcast_id, patience_seconds=COUNTING_SECONDS
                )
        is_waiting = any(status in UNSETTLED for _, status in counts or ())
        return {"broadcast": broadcast, "counts": counts, "is_moving": broadcast.state == "accepted" or is_waiting}

    @get("/{workspace:str}/broadcasts")
    async def show_all(visit: ThisVisit) -> Page:
        """A page of broadcasts, newest first."""
        keyset = read_position(visit.request)
        async with console.pool.acquire() as connection:
            rows = await page_broadcasts(connection, visit.workspace_id, keyset)
        broadcasts, pager = cut(visit.request, rows, keyset, lambda row: row.request_id)
        facts = (broadcasts, pager) if keyset.is_first else None
        return console.page(
            visit,
            "broadcasts/list.html",
            part="broadcasts/_rows.html",
            facts=facts,
            broadcasts=broadcasts,
            pager=pager,
        )

    @get("/{workspace:str}/broadcasts/{broadcast_id:str}")
    async def show(visit: ThisVisit, broadcast_id: FromPath[str]) -> Page:
        """The page of a broadcast."""
        facts = await gather(visit, broadcast_id)
        return console.page(visit, "broadcasts/show.html", facts=facts, **_shown(facts))

    @get("/{workspace:str}/broadcasts/{broadcast_id:str}/live")
    async def follow(visit: ThisVisit, broadcast_id: FromPath[str]) -> Page:
        """What of the page moves."""
        facts = await gather(visit, broadcast_id)
        return console.part(visit, "broadcasts/_live.html", facts, **_shown(facts))

    @post("/{workspace:str}/broadcasts/{broadcast_id:str}/cancel")
    async def end(visit: ThisVisit, broadcast_id: FromPath[str]) -> Page:
        """End all that is left of a broadcast; what has left the hub is not called back."""
        async with console.pool.acquire() as connection:
            await _find(connection, visit.workspace_id, broadcast_id)
        narrowed = RunFilter(of_broadcasts=True, execution_id=broadcast_id)
        noting = visit.actor.noting("cancelled broadcast", broadcast_id)
        ended = await cancel(console.pool, visit.workspace_id, narrowed, console.now(), noting)
        said = "Cancelled: nothing more of it is sent." if ended else "There was nothing left to cancel."
        return console.go(visit, f"{visit.home}/broadcasts/{broadcast_id}", said, "good" if ended else "bad")

    return [show_all, show, follow, end]


async def _find(connection: Connection, workspace_id: int, broadcast_id: str) -> ListedBroadcast:
    found = await list_broadcasts(connection, workspace_id, limit=1, request_ids=[broadcast_id])
    if not found:
        raise NotFound("There is no broadcast of that id in this workspace; it may have been forgotten.")
    return found[0]


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with what follows from them: a column for each state that there is, a row for each channel."""
    counts: dict[tuple[str, str], int] = facts["counts"] or {}
    present = {status for _, status in counts}
    states = [each for each in STATUSES if each in present]
    return facts | {"states": states, "channels": sorted({channel for channel, _ in counts}), "most": MOST_COUNTED}
