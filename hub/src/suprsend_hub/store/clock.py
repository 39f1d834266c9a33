"""How far the clock of development mode was put forward; a hub in production never writes this."""

from datetime import timedelta

from suprsend_hub.store.database import Connection


async def read_ahead(connection: Connection) -> timedelta:
    """How far this database's hub is ahead of the time of day."""
    return await connection.fetchval("select ahead from test_clock") or timedelta(0)


async def write_ahead(connection: Connection, ahead: timedelta) -> None:
    """Note how far the clock was put forward in all."""
    await connection.execute(
        "insert into test_clock (ahead) values ($1) on conflict (is_only) do update set ahead = excluded.ahead", ahead
    )
