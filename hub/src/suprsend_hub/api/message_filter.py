"""Which messages `GET /v1/message/` is asked for (wire.md 3.12)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar.params import QueryParameter

from suprsend_hub.api.pages import Text
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.message import INBOX_MARKS, STATUS_GROUPS, STATUSES, InboxMark, Status
from suprsend_hub.store.message_log import MessageFilter

Texts = Annotated[Sequence[str] | None, QueryParameter()]

# Clients write booleans in their own languages.
_TRUE = ("true", "1")
_FALSE = ("", "false", "0")


def read_filter(
    message_id: Text = None,
    idempotency_key: Text = None,
    tenant_id: Text = None,
    channel: Text = None,
    workflow_slug: Text = None,
    execution_id: Text = None,
    object_type: Text = None,
    object_id: Text = None,
    is_campaign: Text = None,
    recipient_id: Texts = None,
    status: Texts = None,
    category: Texts = None,
    recipient_ids: Annotated[Sequence[str] | None, QueryParameter(name="recipient_id[]")] = None,
    statuses: Annotated[Sequence[str] | None, QueryParameter(name="status[]")] = None,
    categories: Annotated[Sequence[str] | None, QueryParameter(name="category[]")] = None,
    created_at_gte: Text = None,
    created_at_lte: Text = None,
) -> MessageFilter:
    """Which messages are wanted, lists with and without brackets."""
    created_from, created_to = _read_times(created_at_gte, created_at_lte)
    _check_object(object_type, object_id)
    wanted, marks = _read_statuses([*(status or ()), *(statuses or ())])
    return MessageFilter(
        message_id=message_id,
        idempotency_key=idempotency_key,
        tenant_id=tenant_id,
        channel=channel,
        workflow=workflow_slug,
        execution_id=execution_id,
        recipients=[*(recipient_id or ()), *(recipient_ids or ())],
        statuses=wanted,
        marks=marks,
        categories=[*(category or ()), *(categories or ())],
        created_from=created_from,
        created_to=created_to,
        is_campaign=read_flag(is_campaign, "is_campaign"),
        object_type=object_type,
        object_id=object_id,
    )


def _check_object(object_type: str | None, object_id: str | None) -> None:
    if (object_type is None) != (object_id is None):
        missing = "object_id" if object_id is None else "object_type"
        raise Invalid(missing, "object_type and object_id belong together")


def read_flag(text: str | None, field: str) -> bool:
    """A flag as any client writes it."""
    written = (text or "").strip().lower()
    if written not in (*_TRUE, *_FALSE):
        raise Invalid(field, f"{written[:40]!r} is neither true nor false")
    return written in _TRUE


def _read_statuses(wanted: Sequence[str]) -> tuple[Sequence[Status] | None, Sequence[InboxMark]]:
    """The statuses and the marks of the inbox; None for the statuses where only marks, or nothing, were asked for."""
    statuses: list[Status] = []
    marks: list[InboxMark] = []
    for each in wanted:
        exact = [known for known in STATUSES if known == each]
        mark = [known for known in INBOX_MARKS if known == each]
        if each not in STATUS_GROUPS and not exact and not mark:
            known = ", ".join(dict.fromkeys((*STATUS_GROUPS, *STATUSES, *INBOX_MARKS)))
            raise Invalid("status", f"{each[:40]!r} is not a status; use {known}")
        statuses += STATUS_GROUPS.get(each, exact)
        marks += mark
    return (statuses if len(marks) < len(wanted) else None), marks


def _read_times(at_least: str | None, at_most: str | None) -> tuple[datetime | None, datetime | None]:
    """The first moment that is wanted, and the first after it that is not."""
    first, last = _second(at_least, "created_at_gte"), _second(at_most, "created_at_lte")
    if first is not None and last is not None and last < first:
        raise Invalid("created_at_lte", "must not be before created_at_gte")
    return first, None if last is None else last + timedelta(seconds=1)


def _second(text: str | None, field: str) -> datetime | None:
    """A time to the second, which is how exact clients are told that times are."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        # Beyond these years no other zone, and no id, has the time.
        if not 1971 <= known.year <= 9000:
            raise ValueError
        return known.astimezone(UTC).replace(microsecond=0)
    except ValueError:
        raise Invalid(field, f"{text[:40]!r} is not an RFC 3339 time") from None
