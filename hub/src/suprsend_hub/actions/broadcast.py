"""Accepting broadcasts: the list's members of this moment are those who get it, whatever happens to the list."""

from datetime import datetime

from suprsend_hub.actions.edit_list import find_list_or_refuse
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.pin import missing
from suprsend_hub.domain.activity import Counted
from suprsend_hub.domain.broadcast import Broadcast
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.job import Expand, Job
from suprsend_hub.domain.subscriber_list import SubscriberList
from suprsend_hub.store.activity import append_activity
from suprsend_hub.store.broadcasts import insert_broadcast
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.requests import NewRequest, claim_keys, insert_requests
from suprsend_hub.store.subscriber_lists import hold_list
from suprsend_hub.store.templates import find_live_versions


async def accept_broadcast(pool: Pool, workspace_id: int, broadcast: Broadcast, now: datetime) -> str | None:
    """The id of the request, or None where this broadcast was accepted before; Invalid names what is wrong."""

    async def work(connection: Connection) -> str | None:
        if not await _is_new(connection, workspace_id, broadcast, now):
            return None
        version_id = await _find_template(connection, workspace_id, broadcast)
        found = await _hold_list(connection, workspace_id, broadcast.list_id)
        request = NewRequest(
            id=make_id(now),
            name=broadcast.node.template,
            category=broadcast.category,
            tenant_id=broadcast.tenant_id,
            idempotency_key=broadcast.idempotency_key,
            body=broadcast.body,
            due_at=broadcast.schedule.due_at(now),
            template_version_id=version_id,
            list_version_id=found.live.id,
        )
        roots = await insert_requests(connection, workspace_id, [request], now)
        members = (found.live.revision, found.live.subscribers_count)
        await insert_broadcast(connection, workspace_id, request.id, found.list_id, *members)
        begin = Expand(workspace_id, request.id, roots[request.id])
        await enqueue(connection, [Job(begin, request.due_at - now)])
        await append_activity(connection, workspace_id, [Counted("accepted", 1)], now)
        return request.id

    return await transact(pool, work)


async def _find_template(connection: Connection, workspace_id: int, broadcast: Broadcast) -> int:
    slug = broadcast.node.template
    versions = await find_live_versions(connection, workspace_id, {slug})
    version_id = versions.get(slug)
    if version_id is None:
        raise missing("template", slug, versions)
    return version_id


async def _hold_list(connection: Connection, workspace_id: int, list_id: str) -> SubscriberList:
    await hold_list(connection, workspace_id, list_id)
    try:
        found = await find_list_or_refuse(connection, workspace_id, list_id)
    except NotFound as fault:
        raise Invalid("list_id", fault.message) from None
    found.require_members()
    return found


async def _is_new(connection: Connection, workspace_id: int, broadcast: Broadcast, now: datetime) -> bool:
    keys = (("broadcast_insert", broadcast.insert_id), ("broadcast", broadcast.idempotency_key))
    for kind, key in keys:
        if key is not None and not await claim_keys(connection, workspace_id, kind, [key], now):
            return False
    return True
