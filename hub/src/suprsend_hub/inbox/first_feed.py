"""What the first inbox clients ask and mark (wire.md 4.5)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from suprsend_hub.actions.act_on_notifications import act, mark_all_read
from suprsend_hub.actions.caller import Caller
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.inbox import Inbox, read_store, read_stores
from suprsend_hub.domain.reading import read_json, refuse_nul
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.inbox.documents import first_document, from_milliseconds
from suprsend_hub.inbox.marks import read_action
from suprsend_hub.inbox.opening import DONE, AnyRequest, Person, StoresText, StoreText, Tenant, no_notification
from suprsend_hub.store.database import Pool, transact
from suprsend_hub.store.inbox_feed import count_notifications, count_unread, page_by_number
from suprsend_hub.store.inbox_notifications import find_notification, find_tenant, reset_bell

# Who calls, from Authorization, distinct_id and subscriber_id.
AuthenticateFirst: TypeAlias = Callable[[str, str, str], Awaitable[Caller]]
Subscriber: TypeAlias = Annotated[str, QueryParameter(max_length=255)]


class FirstForm(msgspec.Struct, frozen=True):
    """Whose inbox it is."""

    distinct_id: str
    subscriber_id: Annotated[str, Meta(max_length=255)]
    tenant_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    action: str = ""


_FORM = msgspec.json.Decoder(FirstForm)
_EXAMPLE = {"distinct_id": "user-1", "subscriber_id": "aOfVVcUGyfLM25KNwU-MTeIpjTL8LDI1fFQaLrAxRZY"}


class FirstInboxes:
    """Opens inboxes to those who hold the subscriber id of their person."""

    def __init__(self, authenticate: AuthenticateFirst) -> None:
        self._authenticate = authenticate

    async def of_query(self, request: AnyRequest, distinct_id: str, subscriber_id: str, tenant_id: str) -> Inbox:
        """The inbox that a query names."""
        person = read_distinct_id(distinct_id)
        caller = await self._authenticate(request.headers.get("authorization", ""), person, subscriber_id)
        return Inbox(caller.workspace.id, person, tenant_id)

    async def of_body(self, request: AnyRequest) -> tuple[Inbox, FirstForm]:
        """The inbox that a body names."""
        form = read_json(await request.body(), _FORM)
        refuse_nul([form.distinct_id, form.subscriber_id, form.tenant_id, form.action], "body")
        tenant_id = form.tenant_id or "default"
        return await self.of_query(request, form.distinct_id, form.subscriber_id, tenant_id), form


def first_feed_routes(
    authenticate: AuthenticateFirst, pool: Pool, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes that read."""
    inboxes = FirstInboxes(authenticate)

    @get("/notification_count", summary="Count what a person has not read", tags=["first inbox clients"])
    async def count(
        request: AnyRequest,
        distinct_id: Person,
        subscriber_id: Subscriber,
        tenant_id: Tenant = "default",
        stores: StoresText = "",
    ) -> Document:
        """The bell's number, and what is unread in each tab by its `store_id`; none is above 1000."""
        inbox = await inboxes.of_query(request, distinct_id, subscriber_id, tenant_id)
        tabs = read_stores(stores)
        async with pool.acquire() as connection:
            counts = await count_unread(connection, inbox, tabs, now())
        return {"ss_bell_count": counts.badge, **dict(zip((each.id for each in tabs), counts.unread, strict=True))}

    @get("/notifications", summary="List a person's inbox", tags=["first inbox clients"])
    async def list_notifications(
        request: AnyRequest,
        distinct_id: Person,
        subscriber_id: Subscriber,
        tenant_id: Tenant = "default",
        page_no: Annotated[int, QueryParameter(ge=1, le=1000)] = 1,
        page_size: Annotated[int, QueryParameter(ge=1, le=50)] = 20,
        before: Annotated[int | None, QueryParameter()] = None,
        store: StoreText = "",
    ) -> Document:
        """A page by its number, of what there was at `before`, in milliseconds since 1970."""
        inbox = await inboxes.of_query(request, distinct_id, subscriber_id, tenant_id)
        tab, moment = read_store(store), _read_before(before) or now()
        offset = (page_no - 1) * page_size
        async with pool.acquire() as connection:
            found = await page_by_number(connection, inbox, tab, now(), limit=page_size, offset=offset, before=moment)
            total = await count_notifications(connection, inbox, tab, now())
        return {
            "results": [first_document(each) for each in found],
            "meta": {"current_page": page_no, "total_pages": -(-total // page_size)},
        }

    @get("/notification/{notification_id:str}", summary="Read a notification", tags=["first inbox clients"])
    async def read_one(
        request: AnyRequest,
        notification_id: FromPath[str],
        distinct_id: Person,
        subscriber_id: Subscriber,
        tenant_id: Tenant = "default",
    ) -> Document:
        """One notification, below `data`."""
        inbox = await inboxes.of_query(request, distinct_id, subscriber_id, tenant_id)
        async with pool.acquire() as connection:
            found = await find_notification(connection, inbox, notification_id)
        if found is None:
            raise no_notification(notification_id)
        return {"data": first_document(found)}

    return [count, list_notifications, read_one]


def first_mark_routes(
    authenticate: AuthenticateFirst, pool: Pool, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes that mark."""
    inboxes = FirstInboxes(authenticate)
    body = body_of(FirstForm, example=_EXAMPLE)

    @post(
        "/bell-clicked",
        summary="Reset the bell's number",
        tags=["first inbox clients"],
        status_code=200,
        operation_class=body,
    )
    async def click_bell(request: AnyRequest) -> Document:
        """Let the bell's number begin anew."""
        inbox, _ = await inboxes.of_body(request)
        await transact(pool, lambda connection: reset_bell(connection, inbox))
        return DONE

    @post(
        "/mark-all-read",
        summary="Mark everything as read",
        tags=["first inbox clients"],
        status_code=200,
        operation_class=body,
    )
    async def read_everything(request: AnyRequest) -> Document:
        """Mark every notification of the inbox as read."""
        inbox, _ = await inboxes.of_body(request)
        await mark_all_read(pool, inbox, now())
        return DONE

    @post(
        "/notification/{notification_id:str}/action",
        summary="Mark a notification",
        tags=["first inbox clients"],
        status_code=200,
        operation_class=body_of(FirstForm, example={**_EXAMPLE, "action": "read"}),
    )
    async def act_on_one(request: AnyRequest, notification_id: FromPath[str]) -> Document:
        """Mark as read or unread, or archive; which tenant's it is need not be said."""
        inbox, form = await inboxes.of_body(request)
        action = read_action(form.action)
        async with pool.acquire() as connection:
            tenant_id = await find_tenant(connection, inbox, notification_id)
        own = Inbox(inbox.workspace_id, inbox.distinct_id, tenant_id or inbox.tenant_id)
        if not await act(pool, own, [notification_id], action, now()):
            raise no_notification(notification_id)
        return DONE

    return [click_bell, read_everything, act_on_one]


def _read_before(before: int | None) -> datetime | None:
    try:
        return None if before is None else from_milliseconds(before)
    except OverflowError:
        raise Invalid("before", "must be milliseconds since 1970") from None
