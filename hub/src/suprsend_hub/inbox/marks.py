"""What people mark in the feed (wire.md 4.3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from suprsend_hub.actions.act_on_notifications import act, mark_all_read
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.inbox_change import Action
from suprsend_hub.domain.reading import read_json, refuse_nul
from suprsend_hub.inbox.opening import DONE, AnyRequest, Authenticate, Person, Tenant, no_notification, open_inbox
from suprsend_hub.store.database import Pool, transact
from suprsend_hub.store.inbox_notifications import ACTIONS, reset_bell

MOST_AT_ONCE = 100


class SeenForm(msgspec.Struct, frozen=True):
    """Which notifications were looked at."""

    notification_ids: Annotated[list[str], Meta(max_length=MOST_AT_ONCE)]


_SEEN = msgspec.json.Decoder(SeenForm)


def mark_routes(authenticate: Authenticate, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes that mark notifications."""

    @patch("/v1/feed/notifications/{notification_id:str}/{action:str}", summary="Mark a notification", tags=["inbox"])
    async def act_on_one(
        request: AnyRequest,
        notification_id: FromPath[str],
        action: FromPath[str],
        distinct_id: Person,
        tenant_id: Tenant = "default",
    ) -> Document:
        """Mark as seen, read, unread or interacted, or archive; the message moves on with it."""
        inbox = await open_inbox(authenticate, request, distinct_id, tenant_id)
        if not await act(pool, inbox, [notification_id], read_action(action), now()):
            raise no_notification(notification_id)
        return DONE

    @post(
        "/v1/feed/bulk/notifications/seen",
        summary="Mark notifications as seen",
        tags=["inbox"],
        status_code=200,
        operation_class=body_of(SeenForm, example={"notification_ids": ["01K"]}),
    )
    async def see_many(request: AnyRequest, distinct_id: Person, tenant_id: Tenant = "default") -> Document:
        """Mark what a person has looked at; ids of others are passed over."""
        inbox = await open_inbox(authenticate, request, distinct_id, tenant_id)
        form = read_json(await request.body(), _SEEN)
        refuse_nul(form.notification_ids, "notification_ids")
        await act(pool, inbox, form.notification_ids, "seen", now())
        return DONE

    @patch("/v1/feed/reset_bell_count", summary="Reset the bell's number", tags=["inbox"])
    async def reset_bell_count(request: AnyRequest, distinct_id: Person, tenant_id: Tenant = "default") -> Document:
        """Let the bell's number begin anew."""
        inbox = await open_inbox(authenticate, request, distinct_id, tenant_id)
        await transact(pool, lambda connection: reset_bell(connection, inbox))
        return DONE

    @patch("/v1/feed/mark_all_read", summary="Mark everything as read", tags=["inbox"])
    async def read_everything(request: AnyRequest, distinct_id: Person, tenant_id: Tenant = "default") -> Document:
        """Mark every notification of the inbox as read; the messages move on with it."""
        inbox = await open_inbox(authenticate, request, distinct_id, tenant_id)
        await mark_all_read(pool, inbox, now())
        return DONE

    return [act_on_one, see_many, reset_bell_count, read_everything]


def read_action(text: str) -> Action:
    """What is to be done to a notification; else Invalid."""
    for action in ACTIONS:
        if action == text:
            return action
    raise Invalid("action", f"{text[:40]!r} is not known; use {', '.join(ACTIONS)}")
