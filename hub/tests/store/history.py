"""A workspace in which much has happened: the rows of it, and a database that has them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.store.database import Pool, open_pool
from suprsend_hub.store.sealing import Vault, make_master_key
from suprsend_hub.store.workspaces import Workspace

from hub.tests.actions.scene import Scene
from hub.tests.conftest import MIGRATED, copied_database

# Messages are twice as many. With fewer rows the planner is tempted sooner to read a table from end to end; a million
# are looked at by `make plans` all the same.
ROWS = int(os.environ.get("HISTORY_ROWS", "20000"))

DEFINITION = (
    '{"name": "a", "category": "system", "trigger_type": "api",'
    ' "tree": {"nodes": [{"node_type": "send_email", "template": "a"}]}}'
)


def fill(rows: int) -> str:
    """The statements that make so many of each."""
    return f"""
insert into profile (workspace_id, distinct_id, created_at, updated_at)
    select $1, 'p' || n, now(), now() from generate_series(1, {rows}) n;
insert into identity (profile_id, channel, provider, value, details, created_at)
    select id, 'email', '', distinct_id || '@example.com', '{{}}', now() from profile where workspace_id = $1;
insert into profile (workspace_id, distinct_id, object_type, created_at, updated_at)
    select $1, 't' || n, 'team', now(), now() from generate_series(1, 200) n;
insert into profile (workspace_id, distinct_id, tenant_id, created_at, updated_at)
    select $1, 'p' || n, 'acme', now(), now() from generate_series(1, {rows}) n;
insert into subscription (parent_id, member_id, is_object)
    select t.id, p.id, p.object_type <> '' from profile t join profile p on p.id % 200 = t.id % 200 and p.id <> t.id
    where t.object_type = 'team' and p.tenant_id = '';
insert into suppression (workspace_id, channel, provider, address, cause, reason, since, digest)
    select $1, 'email', '', 'p' || n || '@example.com', 'complaint', '', now(),
    encode(sha256(convert_to('p' || n || '@example.com', 'UTF8')), 'hex') from generate_series(2, {rows}) n;
insert into request (id, workspace_id, name, category, idempotency_key, template_version_id, body, state, accepted_at,
        due_at, planned_at)
    select 'q' || n, $1, 'wf', 'system', 'k' || n, 1, '{{}}', 'planned', now(), now(), now()
    from generate_series(1, {rows}) n;
insert into request (id, workspace_id, name, category, template_version_id, body, state, accepted_at, due_at,
        waiting_people)
    select 'l' || n, $1, 'wf', 'system', 1, ('{{"users": [{{"distinct_id": "p' || n || '"}}]}}')::json, 'accepted',
    now(), now() + interval '1 hour', array['p' || n] from generate_series(1, {rows}) n;
insert into run (id, workspace_id, request_id, position, distinct_id, exclusions, created_at)
    select 'r' || n, $1, 'q' || n, 0, 'p' || n, '[]', now() from generate_series(1, {rows}) n;
insert into message (id, workspace_id, run_id, template_version_id, category, distinct_id, channel, provider, address,
        status, due_at, created_at, updated_at)
    select 'm' || n, $1, 'r' || n, 1, 'system', 'p' || n, 'email', '', 'a@example.com', 'sent_by_vendor', now(), now(),
        now() from generate_series(1, {rows}) n;
insert into message (id, workspace_id, run_id, template_version_id, category, distinct_id, channel, provider, address,
        status, due_at, created_at, updated_at, success)
    select 'w' || n, $1, 'r' || n, 1, 'system', 'p' || n, 'sms', '', '+15005550006', 'to_be_triggered',
        now() + interval '1 hour', now(), now(), case n % 2 when 0 then 'seen' else 'ORDER_OPENED' end
        from generate_series(1, {rows}) n;
insert into event (id, workspace_id, distinct_id, name, properties, happened_at, received_at)
    select 'e' || n, $1, 'p' || n, 'ORDER_OPENED', '{{}}', now(), now() from generate_series(1, {rows}) n;
insert into inbox_notification (id, workspace_id, tenant_id, distinct_id, category, content, created_at)
    select 'm' || n, $1, 'default', 'p' || n, 'system', '{{}}', now() from generate_series(1, {rows}) n;
insert into inbox (workspace_id, distinct_id, tenant_id, latest_at)
    select $1, 'p' || n, 'default', now() from generate_series(1, {rows}) n;
insert into webhook_delivery (id, workspace_id, endpoint_id, message_id, status, happened_at, state, created_at)
    select 'd' || n, $1, 1 + n % 10, 'm' || n, 'seen', now(), (array['delivered', 'pending', 'failed'])[1 + n % 3],
        now() from generate_series(1, {rows}) n;
insert into tenant (workspace_id, tenant_id, tenant_name, updated_at)
    select $1, 't' || n, 'T', now() from generate_series(1, {rows}) n;
insert into workflow (workspace_id, slug, draft, draft_hash)
    select $1, 'w' || n, '{{}}', '' from generate_series(1, {rows}) n;
insert into workflow_version (workflow_id, version_no, name, category, definition, hash)
    select id, 1, slug, 'system', '{DEFINITION}', '' from workflow where workspace_id = $1;
update workflow w set live_version_id = v.id from workflow_version v where v.workflow_id = w.id;
insert into workflow_event (workspace_id, event_name, workflow_id)
    select $1, slug, id from workflow where workspace_id = $1;
insert into event_definition (workspace_id, name, schema_slug)
    select $1, 'w' || n, 's' || n from generate_series(1, {rows}) n;
insert into payload_schema (workspace_id, slug, name, draft, draft_hash)
    select $1, 's' || n, 'S', '{{}}', '' from generate_series(1, {rows}) n;
insert into payload_schema_version (payload_schema_id, version_no, json_schema, hash)
    select id, 1, '{{}}', '' from payload_schema where workspace_id = $1;
update payload_schema s set live_version_id = v.id from payload_schema_version v where v.payload_schema_id = s.id;
insert into subscriber_list (workspace_id, list_id, list_type, created_at, updated_at)
    select $1, 'list-' || n, 'static_list', now(), now() from generate_series(1, 10) n;
insert into list_version (workspace_id, subscriber_list_id, version_id, status, subscribers_count, created_at,
        updated_at)
    select $1, id, 'live-' || id, 'live', {rows} / 10, now(), now() from subscriber_list;
insert into list_version (workspace_id, subscriber_list_id, version_id, status, created_at, updated_at)
    select $1, id, 'past-' || id, 'past', now(), now() from subscriber_list;
insert into list_member (list_version_id, distinct_id, since)
    select 1 + n % 10, 'p' || n, 0 from generate_series(1, {rows}) n;
insert into list_member (list_version_id, distinct_id, since)
    select 10, 'x' || n, 0 from generate_series(1, {rows} * 5) n;
insert into broadcast (request_id, workspace_id, list_id, revision, total)
    select 'q' || n, $1, 'list-' || n % 10, 0, 0 from generate_series(1, {rows}) n;
insert into message_try (workspace_id, message_id, vendor, vendor_nickname, outcome, happened_at)
    select $1, 'm' || n, 'smtp', 'smtp', 'deferred', now() from generate_series(1, {rows}) n;
insert into message_content (workspace_id, message_id, content)
    select $1, 'm' || n, decode('7801abae0500017500f9', 'hex') from generate_series(1, {rows}) n;
insert into idempotency (workspace_id, kind, key, accepted_at)
    select $1, 'trigger', 'k' || n, now() from generate_series(1, {rows}) n;
insert into category (workspace_id, category, root, is_commercial, preference)
    select $1, 'c' || n, 'promotional', true, 'opt_in' from generate_series(1, {rows}) n;
insert into tenant_category (workspace_id, tenant_id, category, enabled_for_tenant, visible_to_subscriber,
        blocked_channels, updated_at)
    select $1, 't' || n, 'c7', true, true, '{{}}', now() from generate_series(1, {rows}) n;
insert into category_preference (profile_id, workspace_id, tenant_id, category, preference, opt_out_channels,
        updated_at)
    select id, $1, 't' || id % 100, 'c7', 'opt_in', '{{}}', now() from profile where workspace_id = $1
    and tenant_id = '';
insert into channel_restriction (profile_id, workspace_id, tenant_id, channel, since)
    select id, $1, 't' || id % 100, 'sms', now() from profile where workspace_id = $1 and tenant_id = ''
"""


# What was over a year ago: ids that sort before all others, in the same tables.
OLD = f"""
insert into request (id, workspace_id, name, category, template_version_id, body, state, accepted_at, due_at)
    select lpad(n::text, 26, '0'), $1, 'wf', 'system', 1, '{{}}', 'planned', now(), now()
    from generate_series(1, {ROWS}) n;
insert into run (id, workspace_id, request_id, position, exclusions, created_at)
    select id, $1, id, 0, '[]', now() from request where id < '1';
insert into message (id, workspace_id, run_id, template_version_id, category, channel, provider, address, status,
        due_at, created_at, updated_at)
    select id, $1, id, 1, 'system', 'email', '', 'a@example.com', 'seen', now(), now(), now() - interval '1 year'
    from run where id < '1';
insert into message_try (workspace_id, message_id, vendor, vendor_nickname, outcome, happened_at)
    select $1, id, 'smtp', 'smtp', 'deferred', now() from run where id < '1';
insert into message_content (workspace_id, message_id, content) select $1, id, '' from run where id < '1';
insert into event (id, workspace_id, distinct_id, name, properties, happened_at, received_at)
    select id, $1, 'p', 'ORDER_OPENED', '{{}}', now(), now() from run where id < '1';
insert into inbox_notification (id, workspace_id, tenant_id, distinct_id, category, content, created_at)
    select id, $1, 'default', 'p', 'system', '{{}}', now() - interval '1 year' from run where id < '1'
"""


@dataclass(frozen=True, slots=True)
class History:
    """A database to copy, and what is needed to use the workspace in it."""

    database: str
    vault: Vault
    workspace: Workspace


@asynccontextmanager
async def a_history(database_server: str) -> AsyncIterator[History]:
    """A database with a workspace in which much has happened, and an endpoint that hears of it."""
    vault = Vault(make_master_key())
    async with copied_database(database_server, MIGRATED) as name:
        pool = await open_pool(database_server % name)
        made = await create_workspace(pool, vault, "demo")
        scene = await Scene(pool, vault, made.workspace).prepare()
        await scene.add_webhook()
        await add_rows(scene, fill(ROWS))
        await vacuum(pool)
        # A database that somebody is connected to can't be copied.
        await pool.close()
        yield History(name, vault, made.workspace)


async def add_rows(scene: Scene, statements: str) -> None:
    """Run these statements for the scene's workspace."""
    async with scene.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local statement_timeout = 0")
        for statement in statements.split(";"):
            await connection.execute(statement.replace("$1", str(scene.workspace.id)), timeout=900)


async def vacuum(pool: Pool) -> None:
    """Let the planner know what is in all tables, however long that takes."""
    async with pool.acquire() as connection:
        await connection.execute("set statement_timeout = 0")
        await connection.execute("vacuum analyze", timeout=900)
