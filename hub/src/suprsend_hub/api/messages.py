"""`GET /v1/message/`: what became of what was triggered (wire.md 3.12)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.pages import Limit, Text, keyset_page
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.message import STATUS_GROUPS, STATUSES, shown_address
from suprsend_hub.store.database import Pool, Record
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.message_log import MessageFilter, page_messages

Texts = Annotated[Sequence[str] | None, QueryParameter()]


def message_routes(gatekeeper: Gatekeeper, pool: Pool) -> list[HTTPRouteHandler]:
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
    ) -> Document:
        """Messages of the workspace, newest first, one page at a time; `after` continues towards older ones."""
        workspace = await gatekeeper.workspace(request)
        keyset = Keyset(limit, after, before if after is None else None)
        async with pool.acquire() as connection:
            rows = await page_messages(connection, workspace.id, narrowed, keyset)
        return keyset_page(rows, keyset, lambda row: row["id"], message_document)

    return [list_messages]


def read_filter(
    message_id: Text = None,
    idempotency_key: Text = None,
    tenant_id: Text = None,
    channel: Text = None,
    workflow_slug: Text = None,
    execution_id: Text = None,
    recipient_id: Texts = None,
    status: Texts = None,
    category: Texts = None,
    recipient_ids: Annotated[Sequence[str] | None, QueryParameter(name="recipient_id[]")] = None,
    statuses: Annotated[Sequence[str] | None, QueryParameter(name="status[]")] = None,
    categories: Annotated[Sequence[str] | None, QueryParameter(name="category[]")] = None,
    created_at_gte: Text = None,
    created_at_lte: Text = None,
) -> MessageFilter:
    """Which messages are wanted; lists may be written with and without brackets."""
    return MessageFilter(
        message_id=message_id,
        idempotency_key=idempotency_key,
        tenant_id=tenant_id,
        channel=channel,
        workflow=workflow_slug,
        execution_id=execution_id,
        recipients=[*(recipient_id or ()), *(recipient_ids or ())],
        statuses=_statuses([*(status or ()), *(statuses or ())]),
        categories=[*(category or ()), *(categories or ())],
        created_from=_moment(created_at_gte, "created_at_gte"),
        created_to=_moment(created_at_lte, "created_at_lte"),
    )


_MOMENTS = ("triggered_at", "sent_at", "delivered_at", "seen_at", "clicked_at", "dismissed_at")


def message_document(row: Record) -> Document:
    """A message as the API shows it; tokens and other credentials are shortened."""
    recipient: dict[str, Any] = {"$type": "user", "distinct_id": row["distinct_id"]}
    return {
        "message_id": row["id"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        **{moment: row[moment] for moment in _MOMENTS},
        "status": row["status"],
        "channel": row["channel"],
        "channel_identity": {
            "value": shown_address(row["channel"], row["address"]),
            "provider": row["provider"],
        },
        "idempotency_key": row["idempotency_key"],
        "failure_code": row["failure_code"],
        "failure_reason": row["failure_reason"],
        "attempts": row["attempts"],
        "due_at": row["due_at"],
        "success": row["success"],
        "recipient": recipient,
        "vendor": {
            "name": row["vendor"],
            "nickname": row["vendor_nickname"],
            "message_id": row["vendor_message_id"],
        },
        "execution_id": row["run_id"],
        "request_id": row["request_id"],
        "is_campaign": row["is_campaign"],
        "tenant_id": row["tenant_id"],
        "workflow": {"slug": row["workflow_name"], "name": row["workflow_name"]},
        "template": {
            "slug": row["template_slug"],
            "name": row["template_name"],
            "version_no": row["version_no"],
            "variant_id": row["variant_id"],
        },
        "category": row["category"],
    }


def _statuses(wanted: Sequence[str]) -> list[str]:
    statuses: list[str] = []
    for each in wanted:
        if each in STATUS_GROUPS:
            statuses.extend(STATUS_GROUPS[each])
        elif each in STATUSES:
            statuses.append(each)
        else:
            known = ", ".join(dict.fromkeys((*STATUS_GROUPS, *STATUSES)))
            raise Invalid("status", f"{each!r} is not a status; use {known}")
    return statuses


def _moment(text: str | None, field: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(field, f"{text[:40]!r} is not an RFC 3339 time") from None
