"""Requests: looking for them, and one of them with its runs."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.cancel import cancel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.message import shown_body
from suprsend_hub.domain.ulid import first_id
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.database import Connection
from suprsend_hub.store.request_log import STATES, RequestFilter, page_requests, sum_up_requests
from suprsend_hub.store.run_log import ShownRequest, ShownRun, find_request, last_of_repeats, list_messages, page_runs
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_query
from suprsend_hub.ui.pager import Pager, cut, read_position, search_on
from suprsend_hub.ui.references import has_tenant, known_users
from suprsend_hub.ui.visit import AnyRequest, ThisVisit, Visit

_Text = Annotated[str, Meta(max_length=255)]
_BODY = msgspec.json.Decoder(Document)


class SearchForm(Struct, frozen=True):
    """What is looked for; everything that is given must fit. Times are UTC."""

    request: _Text | None = None
    user: _Text | None = None
    workflow: _Text | None = None
    template: _Text | None = None
    state: Literal["accepted", "planned", "cancelled", "failed"] | None = None
    key: _Text | None = None
    since: _Text | None = None
    until: _Text | None = None


def request_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of requests."""

    @get("/{workspace:str}/requests")
    async def search(visit: ThisVisit) -> Page:
        """A page of requests, newest first."""
        form, keyset = read_query(visit.request, SearchForm), read_position(visit.request)
        async with console.pool.acquire() as connection:
            found = await page_requests(connection, visit.workspace_id, _narrowed(form), keyset)
            outcomes = await sum_up_requests(connection, visit.workspace_id, [each.id for each in found.rows])
            people = [*(each.person for each in outcomes.values()), *(each.person for each in found.rows)]
            known = await known_users(connection, visit.workspace_id, people)
        if found.is_search:
            shown, pager = search_on(visit.request, found.rows, keyset, lambda row: row.id, found.horizon)
        else:
            shown, pager = cut(visit.request, found.rows, keyset, lambda row: row.id)
        return console.page(
            visit,
            "requests/list.html",
            part="requests/_rows.html",
            facts=(shown, outcomes, known, pager) if keyset.is_first else None,
            form=form,
            states=STATES,
            is_narrowed=form != SearchForm(),
            requests=shown,
            outcomes=outcomes,
            known=known,
            pager=pager,
            horizon=found.horizon,
        )

    @get("/{workspace:str}/requests/{request_id:str}")
    async def show(visit: ThisVisit, request_id: FromPath[str]) -> Page:
        """A request: what was asked for, and a page of its runs."""
        async with console.pool.acquire() as connection:
            request = await _find(connection, visit.workspace_id, request_id)
            live = await _live(connection, visit, request)
            is_tenant = await has_tenant(connection, visit.workspace_id, request.tenant_id)
        body = msgspec.json.format(msgspec.json.encode(shown_body(_BODY.decode(request.body))), indent=2).decode()
        return console.page(visit, "requests/show.html", body=body, has_tenant=is_tenant, facts=live, **live)

    @get("/{workspace:str}/requests/{request_id:str}/live")
    async def follow(visit: ThisVisit, request_id: FromPath[str]) -> Page:
        """What of the page moves."""
        async with console.pool.acquire() as connection:
            request = await _find(connection, visit.workspace_id, request_id)
            live = await _live(connection, visit, request)
        return console.part(visit, "requests/_live.html", live, **live)

    @post("/{workspace:str}/requests/{request_id:str}/cancel")
    async def end(visit: ThisVisit, request_id: FromPath[str]) -> Page:
        """End all that is left of a request; what has left the hub is not called back."""
        async with console.pool.acquire() as connection:
            await _find(connection, visit.workspace_id, request_id)
        noting = visit.actor.noting("cancelled request", request_id)
        narrowed = RunFilter(request_id=request_id)
        ended = await cancel(console.pool, visit.workspace_id, narrowed, console.now(), noting)
        said = "Cancelled: nothing more of it is sent." if ended else "There was nothing left to cancel."
        return console.go(visit, f"{visit.home}/requests/{request_id}", said, "good" if ended else "bad")

    return [search, show, follow, end]


async def _find(connection: Connection, workspace_id: int, request_id: str) -> ShownRequest:
    found = await find_request(connection, workspace_id, request_id)
    if found is None:
        raise NotFound("There is no request of that id in this workspace; it may have been forgotten.")
    return found


async def _live(connection: Connection, visit: Visit, request: ShownRequest) -> dict[str, Any]:
    """What of the page of a request may change while somebody looks at it."""
    keyset = read_position(visit.request, limit=25)
    rows = await page_runs(connection, visit.workspace_id, request.id, keyset)
    runs, pager = _cut_runs(visit.request, rows, keyset.limit)
    messages = await list_messages(connection, visit.workspace_id, [run.id for run in runs])
    known = await known_users(connection, visit.workspace_id, (run.distinct_id for run in runs))
    last = last_of_repeats(messages)
    by_run = {run.id: [each for each in last if each.run_id == run.id] for run in runs}
    is_moving = request.state == "accepted" or any(
        run.waits_until is not None or any(each.is_waiting for each in by_run[run.id]) for run in runs
    )
    shown = {"request": request, "runs": runs, "messages": by_run, "known": known}
    return {**shown, "pager": pager, "is_moving": is_moving}


def _cut_runs(request: AnyRequest, rows: list[ShownRun], limit: int) -> tuple[list[ShownRun], Pager]:
    """Runs stand in the order of their making: the way on leads to later ones."""
    is_first = not request.query_params.get("after")
    last = rows[limit - 1].id if len(rows) > limit else None
    return rows[:limit], Pager(None if is_first else "?", None if last is None else f"?after={last}", True)


def _narrowed(form: SearchForm) -> RequestFilter:
    since, until = _moment(form.since, "since"), _moment(form.until, "until")
    return RequestFilter(
        request_id=_stripped(form.request),
        idempotency_key=_stripped(form.key),
        user=_stripped(form.user),
        workflow=_stripped(form.workflow),
        template=_stripped(form.template),
        state=form.state,
        first_id=first_id(since) if since else None,
        # The minute that is named belongs to what is wanted.
        end_id=first_id(until + timedelta(minutes=1)) if until else None,
    )


def _stripped(text: str | None) -> str | None:
    return text.strip() or None if text else None


def _moment(text: str | None, field: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(field, f"{text[:40]!r} is not a time, such as 2026-01-31T09:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment.year < 1971:
        raise Invalid(field, "is before all that there is")
    return moment
