"""Telling every process what changed in inboxes: heard once the transaction is committed, and never before."""

from collections.abc import Sequence

from suprsend_hub.domain.inbox_change import Change, write_changes
from suprsend_hub.store.database import Connection

CHANNEL = "suprsend_hub_inbox"


async def tell_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Tell of changes inside the transaction that makes them; many share a text."""
    texts = list(write_changes(changes))
    if texts:
        await connection.execute("select pg_notify($1, text) from unnest($2::text[]) text", CHANNEL, texts)
