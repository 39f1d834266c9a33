"""Workspaces and the credentials that open them."""

from dataclasses import dataclass, field
from datetime import datetime

from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Tracking:
    """What mails of a workspace tell of their readers."""

    opens: bool
    clicks: bool


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace; `secrets` holds the current secret and, for a while after a rotation, the one before.

    `inbox_secret` is None for a workspace that is older than it, until it is asked for.
    """

    id: int
    name: str
    uid: str
    key: str
    created_at: datetime
    secrets: tuple[str, ...] = field(repr=False)
    inbox_secret: str | None = field(repr=False, default=None)
    requests_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceName:
    """A workspace without what opens it."""

    id: int
    name: str


_COLUMNS = """
    id, name, uid, key, secret, previous_secret, previous_secret_until > now() as has_previous, created_at,
    inbox_secret, requests_per_second
"""


async def insert_workspace(
    connection: Connection, vault: Vault, name: str, uid: str, key: str, secret: str
) -> Workspace:
    """Add a workspace; its name, uid and key must be new."""
    await connection.execute(
        "insert into workspace (name, uid, key, secret) values ($1, $2, $3, $4)",
        name,
        uid,
        key,
        vault.seal(secret.encode(), f"workspace:{uid}"),
    )
    workspace = await find_workspace(connection, vault, name)
    assert workspace is not None, "the row was just written"
    return workspace


async def find_workspace_key(connection: Connection, workspace_id: int) -> str:
    """The key by which clients name the workspace; it opens nothing without the secret."""
    key: str = await connection.fetchval("select key from workspace where id = $1", workspace_id)
    return key


async def find_workspace(connection: Connection, vault: Vault, name: str) -> Workspace | None:
    """The workspace of that name (its slug)."""
    row = await connection.fetchrow(f"select {_COLUMNS} from workspace where name = $1", name)  # noqa: S608 - constant
    return _workspace(vault, row) if row else None


async def find_workspace_by_key(connection: Connection, vault: Vault, key: str) -> Workspace | None:
    """The workspace with that workspace key or uid."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} from workspace where key = $1 or uid = $1 limit 1",  # noqa: S608 - constant columns
        key,
    )
    return _workspace(vault, row) if row else None


async def find_workspace_by_id(connection: Connection, vault: Vault, workspace_id: int) -> Workspace | None:
    """The workspace of that row id."""
    row = await connection.fetchrow(f"select {_COLUMNS} from workspace where id = $1", workspace_id)  # noqa: S608 - constant
    return _workspace(vault, row) if row else None


async def find_workspace_name(connection: Connection, name: str) -> WorkspaceName | None:
    """The workspace of that name, without its secrets."""
    row = await connection.fetchrow("select id, name from workspace where name = $1", name)
    return WorkspaceName(**row) if row else None


async def list_workspace_names(connection: Connection, limit: int = 1000) -> list[WorkspaceName]:
    """Workspaces by name, without their secrets."""
    rows = await connection.fetch("select id, name from workspace order by name limit $1", limit)
    return [WorkspaceName(**row) for row in rows]


async def list_workspaces(connection: Connection, vault: Vault) -> list[Workspace]:
    """All workspaces, oldest first."""
    rows = await connection.fetch(f"select {_COLUMNS} from workspace order by id")  # noqa: S608 - constant columns
    return [_workspace(vault, row) for row in rows]


async def page_workspaces(connection: Connection, vault: Vault, limit: int, offset: int) -> tuple[int, list[Workspace]]:
    """How many workspaces there are, and one page of them, oldest first."""
    count = await connection.fetchval("select count(*) from workspace")
    rows = await connection.fetch(
        f"select {_COLUMNS} from workspace order by id limit $1 offset $2",  # noqa: S608 - constant columns
        limit,
        offset,
    )
    return count, [_workspace(vault, row) for row in rows]


async def replace_secret(
    connection: Connection, vault: Vault, workspace: Workspace, secret: str, previous_until: datetime
) -> None:
    """Give a workspace a new secret; the old one still opens it until `previous_until`."""
    await connection.execute(
        "update workspace set previous_secret = secret, previous_secret_until = $2, secret = $3 where id = $1",
        workspace.id,
        previous_until,
        vault.seal(secret.encode(), f"workspace:{workspace.uid}"),
    )


async def read_tracking(connection: Connection, workspace_id: int) -> Tracking:
    """What mails of a workspace tell of their readers."""
    row = await connection.fetchrow(
        "select tracks_opens as opens, tracks_clicks as clicks from workspace where id = $1", workspace_id
    )
    return Tracking(**row) if row else Tracking(opens=False, clicks=False)


async def set_tracking(connection: Connection, workspace_id: int, tracking: Tracking) -> None:
    """Let mails of a workspace tell this of their readers from now on."""
    await connection.execute(
        "update workspace set tracks_opens = $2, tracks_clicks = $3 where id = $1",
        workspace_id,
        tracking.opens,
        tracking.clicks,
    )


async def limit_workspace(connection: Connection, workspace_id: int, rate: float | None) -> None:
    """Let the workspace key make so many requests a second."""
    await connection.execute("update workspace set requests_per_second = $2 where id = $1", workspace_id, rate)


async def lock_workspace(connection: Connection, workspace_id: int) -> None:
    """Let nobody else who asks for the same go on until the transaction ends: what is counted after this stays true.

    Nobody else waits, not even whoever adds what belongs to the workspace.
    """
    await connection.execute("select from workspace where id = $1 for no key update", workspace_id)


async def keep_inbox_secret(connection: Connection, vault: Vault, workspace: Workspace, secret: str) -> None:
    """Give a workspace its inbox secret, unless it has one."""
    await connection.execute(
        "update workspace set inbox_secret = $2 where id = $1 and inbox_secret is null",
        workspace.id,
        vault.seal(secret.encode(), _inbox_context(workspace.uid)),
    )


def _workspace(vault: Vault, row: Record) -> Workspace:
    inbox_secret: bytes | None = row["inbox_secret"]
    sealed = [row["secret"], *([row["previous_secret"]] if row["has_previous"] else [])]
    return Workspace(
        id=row["id"],
        name=row["name"],
        uid=row["uid"],
        key=row["key"],
        created_at=row["created_at"],
        secrets=tuple(vault.open(each, f"workspace:{row['uid']}").decode() for each in sealed),
        inbox_secret=None if inbox_secret is None else vault.open(inbox_secret, _inbox_context(row["uid"])).decode(),
        requests_per_second=row["requests_per_second"],
    )


def _inbox_context(uid: str) -> str:
    return f"workspace inbox:{uid}"
