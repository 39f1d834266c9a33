"""Service tokens, which open the management API of every workspace; of each only a digest is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from suprsend_hub.store.database import Connection
from suprsend_hub.store.sealing import digest, mask

# What is written of a token's use is this exact.
_USED_EVERY = timedelta(minutes=1)
_COLUMNS = "id, name, masked, requests_per_second, made_by, created_at, used_at"


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """A service token, as it can be shown; `made_by` is None for those that are older than the note of it.

    A rate of None is that of the settings.
    """

    id: int
    name: str
    masked: str
    requests_per_second: float | None
    made_by: str | None
    created_at: datetime
    used_at: datetime | None


async def insert_service_token(connection: Connection, name: str, token: str, made_by: str) -> None:
    """Let a service token use the management API."""
    await connection.execute(
        "insert into service_token (name, digest, masked, made_by) values ($1, $2, $3, $4)",
        name,
        digest(token),
        mask(token),
        made_by,
    )


async def use_service_token(connection: Connection, token: str) -> ServiceToken | None:
    """The service token, unless it was deleted; that it was used is noted."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} from service_token where digest = $1 and deleted_at is null",  # noqa: S608 - constant
        digest(token),
    )
    if row is None:
        return None
    await connection.execute(
        "update service_token set used_at = now()"
        " where id = $1 and (used_at is null or used_at < now() - $2::interval)",
        row["id"],
        _USED_EVERY,
    )
    return ServiceToken(**row)


async def list_service_tokens(connection: Connection, limit: int = 1000) -> list[ServiceToken]:
    """All service tokens, newest first."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from service_token where deleted_at is null order by id desc limit $1",  # noqa: S608 - constant
        limit,
    )
    return [ServiceToken(**row) for row in rows]


async def delete_service_token(connection: Connection, token_id: int) -> str | None:
    """End a service token and return its name; None where there is none."""
    name: str | None = await connection.fetchval(
        "update service_token set deleted_at = now() where id = $1 and deleted_at is null returning name", token_id
    )
    return name
