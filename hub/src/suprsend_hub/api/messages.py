"""Messages: what became of what was triggered, marking them, and why it became so (wire.md 3.12)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from suprsend_hub.actions.explain import explain_message, explain_request
from suprsend_hub.actions.mark import mark
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.message_documents import message_document
from suprsend_hub.api.message_filter import read_filter, read_flag
from suprsend_hub.api.pages import Limit, Text, keyset_page
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.message_action import MessageAction, Refusal
from suprsend_hub.store.database import Pool
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.message_contents import read_contents
from suprsend_hub.store.message_log import MessageFilter, page_messages

MOST_MARKS = 1000


class MarkForm(msgspec.Struct, frozen=True):
    """What is told of one message."""

    message_id: Annotated[str, Meta(min_length=1, max_length=255)]
    action: MessageAction


class MarksForm(msgspec.Struct, frozen=True):
    """What is told of messages."""

    messages: Annotated[list[MarkForm], Meta(min_length=1, max_length=MOST_MARKS)]


_MARKS = msgspec.json.Decoder(MarksForm)


def message_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of messages."""

    @get(
        "/v1/message/",
        summary="List messages",
        tags=["messages"],
        dependencies={"narrowed": Provide(read_filter, sync_to_thread=False)},
    )
    async def list_messages(
        request: AnyRequest,
        narrowed: NamedDependency[MessageFilter],
        limit: Limit = 10,
        after: Text = None,
        before: Text = None,
        include_content: Text = None,
    ) -> Document:
        """Messages of the workspace, newest first, one page at a time; `after` continues towards older ones."""
        workspace = await gatekeeper.workspace(request)
        keyset = Keyset(limit, after, before if after is None else None)
        contents: Mapping[str, Document] | None = None
        async with pool.acquire() as connection:
            rows = await page_messages(connection, workspace.id, narrowed, keyset)
            if read_flag(include_content, "include_content"):
                contents = await read_contents(connection, workspace.id, [row["id"] for row in rows])
        return keyset_page(rows, keyset, lambda row: row["id"], lambda row: message_document(row, contents))

    @patch(
        "/v1/bulk/message/",
        summary="Mark messages",
        tags=["messages"],
        status_code=202,
        operation_class=body_of(MarksForm, example={"messages": [{"message_id": "01K", "action": "seen"}]}),
    )
    async def mark_messages(request: AnyRequest) -> Document:
        """Tell of up to 1000 messages that they were seen, clicked, dismissed, read, unread, archived, unarchived."""
        workspace = await gatekeeper.workspace(request)
        form = await read_body(request, _MARKS)
        _refuse_twice(form.messages)
        marks = [(each.message_id, each.action) for each in form.messages]
        refusals = await mark(pool, workspace.id, marks, now())
        return {
            "status": "success",
            "records": [_record(each, refusal) for each, refusal in zip(form.messages, refusals, strict=True)],
        }

    @get("/v1/message/{message_id:str}/why/", summary="Why a message was sent, or not", tags=["messages"])
    async def explain_one(request: AnyRequest, message_id: FromPath[str]) -> Document:
        """What was decided of a message and by which rule, what happened to it, and what comes next."""
        workspace = await gatekeeper.workspace(request)
        found = await explain_message(pool, workspace.id, message_id, now())
        if found is None:
            raise NotFound(f"this workspace has no message {message_id[:40]!r}")
        return found

    @get("/v1/request/{request_id:str}/why/", summary="What a request led to, and why", tags=["messages"])
    async def explain_all(request: AnyRequest, request_id: FromPath[str]) -> Document:
        """The same of a whole request, also of one that led to no message."""
        workspace = await gatekeeper.workspace(request)
        found = await explain_request(pool, workspace.id, request_id, now())
        if found is None:
            raise NotFound(f"this workspace has no request {request_id[:40]!r}")
        return found

    return [list_messages, mark_messages, explain_one, explain_all]


def _refuse_twice(marks: Sequence[MarkForm]) -> None:
    seen: set[str] = set()
    for index, each in enumerate(marks):
        if each.message_id in seen:
            raise Invalid(f"messages[{index}].message_id", f"{each.message_id[:40]!r} is named more than once")
        seen.add(each.message_id)


def _record(told: MarkForm, refusal: Refusal | None) -> Document:
    error = None if refusal is None else {"type": refusal.kind, "message": refusal.message}
    return {
        "message_id": told.message_id,
        "status_code": 202 if refusal is None else refusal.status_code,
        "error": error,
    }
