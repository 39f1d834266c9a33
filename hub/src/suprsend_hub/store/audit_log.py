"""Who changed what: written in the transaction of the change, and never changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from suprsend_hub.domain.document import Document
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column, to_column
from suprsend_hub.store.keyset import Keyset, fetch_page

# What a name in the log is the name of: of a console user, of a user of the machine, or of a token.
ActorKind: TypeAlias = Literal["person", "command line", "service token"]

KEPT_FOR = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change; `workspace` is None for what belongs to the whole installation."""

    id: int
    happened_at: datetime
    user_kind: ActorKind
    user_name: str
    workspace: str | None
    action: str
    target: str
    details: Document


async def insert_entry(
    connection: Connection,
    user_id: int | None,
    user_kind: ActorKind,
    user_name: str,
    workspace_id: int | None,
    action: str,
    target: str,
    details: Document,
) -> None:
    """Note a change, inside its transaction; nothing secret may be in the details."""
    await connection.execute(
        "insert into audit_entry (console_user_id, user_kind, user_name, workspace_id, action, target, details)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        user_id,
        user_kind,
        user_name,
        workspace_id,
        action,
        target,
        to_column(details),
    )


async def page_entries(connection: Connection, keyset: Keyset) -> list[AuditEntry]:
    """One page of changes, newest first, and one more where there are more."""
    rows = await fetch_page(
        connection,
        "select a.id, a.happened_at, a.user_kind, a.user_name, w.name as workspace, a.action, a.target, a.details"
        " from audit_entry a left join workspace w on w.id = a.workspace_id where true",
        "a.id",
        keyset,
    )
    return [_entry(row) for row in rows]


async def prune_entries(connection: Connection) -> None:
    """Forget what is older than two years."""
    await connection.execute("delete from audit_entry where happened_at < now() - $1::interval", KEPT_FOR)


def _entry(row: Record) -> AuditEntry:
    return AuditEntry(**{**row, "details": from_column(row["details"])})
