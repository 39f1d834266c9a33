"""A message: what the person saw, each try, and why it is where it is."""

from dataclasses import dataclass
from typing import Any

from litestar import MediaType, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.explain import explain_run
from suprsend_hub.actions.resend import resend
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, NotFound
from suprsend_hub.domain.message import UNSETTLED, shown_address
from suprsend_hub.domain.repeating import objection_to_repeating
from suprsend_hub.store.database import Connection
from suprsend_hub.store.message_contents import read_contents
from suprsend_hub.store.run_log import ShownMessage, find_message, find_request, find_run
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.pace import pace_of
from suprsend_hub.ui.seen_content import lay_out_content, read_html
from suprsend_hub.ui.visit import ThisVisit, Visit

# A mail is a page of somebody else: no script runs in it, nothing of it is sent, and it is of no origin of ours.
MAIL_HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline';"
        " form-action 'none'; frame-ancestors 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Cookie",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """A message with its content, None where that is not kept any more."""

    message: ShownMessage
    content: Document | None


def message_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of messages."""

    async def gather(visit: Visit, message_id: str) -> dict[str, Any]:
        """All that the page shows, read as one snapshot."""
        async with (
            console.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            reached = await _reach(connection, visit.workspace_id, message_id)
            run = await find_run(connection, visit.workspace_id, reached.message.run_id)
            request = await find_request(connection, visit.workspace_id, run.request_id) if run else None
            explained = await explain_run(connection, visit.workspace_id, reached.message.run_id, console.now())
        if run is None or request is None or explained is None:
            raise _gone()
        message, content = reached.message, reached.content
        told = next(each for each in explained["messages"] if each["message_id"] == message.id)
        return {
            "request": request,
            "run": run,
            "message": message,
            "explained": told,
            "deliveries": [each for each in explained["deliveries"] if each["node"] == message.node],
            "content": lay_out_content(message.channel, content) if content is not None else None,
            "objection": objection_to_repeating(
                message.status, message.failure_code, message.address, run_is_cancelled=run.cancelled_at is not None
            ),
            "pace": pace_of([message], console.now(), is_moving=_is_moving(message, told["repeated_as"])),
        }

    @get("/{workspace:str}/messages/{message_id:str}")
    async def show(visit: ThisVisit, message_id: FromPath[str]) -> Page:
        """The page of a message."""
        facts = await gather(visit, message_id)
        return console.page(visit, "messages/show.html", facts=facts, shown_address=shown_address, **facts)

    @get("/{workspace:str}/messages/{message_id:str}/live")
    async def follow(visit: ThisVisit, message_id: FromPath[str]) -> Page:
        """What of the page moves."""
        facts = await gather(visit, message_id)
        return console.part(visit, "messages/_live.html", facts, shown_address=shown_address, **facts)

    @post("/{workspace:str}/messages/{message_id:str}/resend")
    async def send_again(visit: ThisVisit, message_id: FromPath[str]) -> Page:
        """A new message that repeats this one; a form that comes twice leads to the same."""
        try:
            resent = await resend(console.pool, visit.workspace_id, message_id, visit.actor, console.now())
        except Conflict as fault:
            return console.go(visit, f"{visit.home}/messages/{message_id}", fault.message, "bad")
        new = "This new message repeats it; what becomes of it is told below."
        said = new if resent.is_new else "It was repeated before, as this message."
        return console.go(visit, f"{visit.home}/messages/{resent.message_id}", said)

    @get("/{workspace:str}/messages/{message_id:str}/mail")
    async def show_mail(visit: ThisVisit, message_id: FromPath[str]) -> Response[str]:
        """A mail as the person saw it, for the frame on the message's page."""
        async with console.pool.acquire() as connection:
            reached = await _reach(connection, visit.workspace_id, message_id)
        html = read_html(reached.content) if reached.message.channel == "email" and reached.content else None
        if html is None:
            raise NotFound("There is no mail of this message any more.")
        return Response(html, media_type=MediaType.HTML, headers=MAIL_HEADERS)

    return [show, follow, send_again, show_mail]


def _is_moving(message: ShownMessage, repeat: Document | None) -> bool:
    """Whether the hub has something left to do for a message, or for the one that repeats it."""
    return message.is_waiting or (repeat is not None and repeat["status"] in UNSETTLED)


async def _reach(connection: Connection, workspace_id: int, message_id: str) -> Reached:
    message = await find_message(connection, workspace_id, message_id)
    if message is None:
        raise _gone()
    contents = await read_contents(connection, workspace_id, [message_id])
    return Reached(message, contents.get(message_id))


def _gone() -> NotFound:
    return NotFound("There is no message of that id in this workspace; it may have been forgotten.")
