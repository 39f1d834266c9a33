"""Handing what happened with one user over to another."""

from suprsend_hub.store.database import Connection, count_changed

# What names a user, beside messages.
_TABLES = ("event", "inbox_notification")


async def hand_over_messages(
    connection: Connection, workspace_id: int, from_id: str, to_id: str, to_profile: int, limit: int
) -> int:
    """Let so many messages of one user be another's, with their runs; returns how many there were."""
    rows = await connection.fetch(
        # What goes to the inbox goes to a user.
        "update message set distinct_id = $3, address = case when channel = 'inbox' then $3 else address end"
        " where workspace_id = $1 and id = any(array(select id from message where workspace_id = $1"
        " and distinct_id = $2 order by id limit $4 for update)) returning run_id",
        workspace_id,
        from_id,
        to_id,
        limit,
    )
    await connection.execute(
        "update run set distinct_id = $3, profile_id = case when profile_id is null then null else $4::bigint end"
        " where workspace_id = $1 and id = any($2)",
        workspace_id,
        sorted({row["run_id"] for row in rows}),
        to_id,
        to_profile,
    )
    return len(rows)


async def hand_over_runs(
    connection: Connection, workspace_id: int, from_id: str, to_id: str, to_profile: int, limit: int
) -> int:
    """Let so many runs of one user that need not have a message be another's; returns how many there were."""
    done = await connection.execute(
        "update run set distinct_id = $3, profile_id = case when profile_id is null then null else $4::bigint end"
        " where workspace_id = $1 and id = any(array(select id from run where workspace_id = $1 and distinct_id = $2"
        " and (waits_until is not null or cancelled_at is not null) order by id limit $5 for update))",
        workspace_id,
        from_id,
        to_id,
        to_profile,
        limit,
    )
    return count_changed(done)


async def hand_over_rows(connection: Connection, workspace_id: int, from_id: str, to_id: str, limit: int) -> int:
    """Let so many events and notifications of one user be another's; returns how many there were."""
    moved = 0
    for table in _TABLES:
        done = await connection.execute(
            f"update {table} set distinct_id = $3 where workspace_id = $1 and id = any(array("  # noqa: S608 - made of constants
            f"select id from {table} where workspace_id = $1 and distinct_id = $2 limit $4))",
            workspace_id,
            from_id,
            to_id,
            limit,
        )
        moved += count_changed(done)
    done = await connection.execute(
        "with given as (delete from inbox where workspace_id = $1 and distinct_id = $2"
        " returning tenant_id, latest_at, bell_reset_at)"
        " insert into inbox select $1, $3, tenant_id, latest_at, bell_reset_at from given"
        " on conflict (workspace_id, distinct_id, tenant_id) do update set"
        " latest_at = greatest(inbox.latest_at, excluded.latest_at),"
        " bell_reset_at = greatest(inbox.bell_reset_at, excluded.bell_reset_at)",
        workspace_id,
        from_id,
        to_id,
    )
    return moved + count_changed(done)
