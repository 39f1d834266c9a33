"""A run: what was done for one person, as a timeline."""

from collections.abc import Sequence
from typing import Any

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.cancel import cancel
from suprsend_hub.actions.explain import explain_run
from suprsend_hub.actions.resend import resend_failed
from suprsend_hub.domain.fault import Conflict, NotFound
from suprsend_hub.domain.message import shown_address
from suprsend_hub.domain.repeating import FAILED
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.run_log import ShownMessage, ShownRun, find_request, find_run, last_of_repeats, list_messages
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.pace import pace_of
from suprsend_hub.ui.references import has_tenant, known_users
from suprsend_hub.ui.timeline import is_over, lay_out
from suprsend_hub.ui.visit import ThisVisit, Visit


def run_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of runs."""

    async def gather(visit: Visit, run_id: str) -> dict[str, Any]:
        """All that the page shows, read as one snapshot."""
        async with (
            console.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            run = await find_run(connection, visit.workspace_id, run_id)
            request = await find_request(connection, visit.workspace_id, run.request_id) if run else None
            told = await explain_run(connection, visit.workspace_id, run_id, console.now())
            if run is None or request is None or told is None:
                raise NotFound("There is no run of that id in this workspace; it may have been forgotten.")
            messages = await list_messages(connection, visit.workspace_id, [run.id])
            known = await known_users(connection, visit.workspace_id, [run.distinct_id])
            is_tenant = await has_tenant(connection, visit.workspace_id, request.tenant_id)
        over = is_over(run, messages)
        return {
            "request": request,
            "run": run,
            "messages": messages,
            "moments": lay_out(request, run, messages, told),
            "explained": {each["message_id"]: each for each in told["messages"]},
            "deliveries": told["deliveries"],
            "is_over": over,
            "pace": pace_of(messages, console.now(), is_moving=not over),
            "known": known,
            "has_tenant": is_tenant,
            "has_failed": _has_failed(run, messages),
        }

    @get("/{workspace:str}/runs/{run_id:str}")
    async def show(visit: ThisVisit, run_id: FromPath[str]) -> Page:
        """The page of a run."""
        facts = await gather(visit, run_id)
        return console.page(visit, "runs/show.html", facts=facts, shown_address=shown_address, **facts)

    @get("/{workspace:str}/runs/{run_id:str}/live")
    async def follow(visit: ThisVisit, run_id: FromPath[str]) -> Page:
        """What of the page moves."""
        facts = await gather(visit, run_id)
        return console.part(visit, "runs/_live.html", facts, shown_address=shown_address, **facts)

    @post("/{workspace:str}/runs/{run_id:str}/cancel")
    async def end(visit: ThisVisit, run_id: FromPath[str]) -> Page:
        """End what is left of a run; what has left the hub is not called back."""
        await gather(visit, run_id)
        noting = visit.actor.noting("cancelled run", run_id)
        ended = await cancel(console.pool, visit.workspace_id, RunFilter(execution_id=run_id), console.now(), noting)
        said = "Cancelled: nothing more of it is sent." if ended else "There was nothing left to cancel."
        return console.go(visit, f"{visit.home}/runs/{run_id}", said, "good" if ended else "bad")

    @post("/{workspace:str}/runs/{run_id:str}/resend")
    async def send_again(visit: ThisVisit, run_id: FromPath[str]) -> Page:
        """New messages that repeat those of the run that failed."""
        try:
            count = await resend_failed(console.pool, visit.workspace_id, run_id, visit.actor, console.now())
        except Conflict as fault:
            return console.go(visit, f"{visit.home}/runs/{run_id}", fault.message, "bad")
        new = "One new message repeats" if count == 1 else f"{count} new messages repeat"
        said = f"{new} what failed; what becomes of it is told below." if count else "Nothing was left to send again."
        return console.go(visit, f"{visit.home}/runs/{run_id}", said, "good" if count else "bad")

    return [show, follow, end, send_again]


def _has_failed(run: ShownRun, messages: Sequence[ShownMessage]) -> bool:
    """Whether something of a run failed that can be sent again and was not yet."""
    failed = any(each.status in FAILED and each.address for each in last_of_repeats(messages))
    return failed and run.cancelled_at is None
