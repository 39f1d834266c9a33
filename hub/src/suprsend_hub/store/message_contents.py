"""What people saw: rendered contents, kept for a while."""

import zlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.ulid import first_id
from suprsend_hub.store.database import Connection, count_changed
from suprsend_hub.store.json_columns import from_column

# The fastest: mails shrink to an eighth, and the server's own compression costs five times as much.
_LEVEL = 1


class NewContent(Struct, frozen=True):
    """The content of a message as its vendor got it, without what only tracks it."""

    message_id: str
    content: Document


async def put_contents(connection: Connection, workspace_id: int, contents: Sequence[NewContent]) -> None:
    """Keep contents; what was kept of a message before is replaced."""
    await connection.execute(
        "insert into message_content (workspace_id, message_id, content)"
        " select $1, * from unnest($2::text[], $3::bytea[])"
        " on conflict (message_id) do update set content = excluded.content",
        workspace_id,
        [each.message_id for each in contents],
        [zlib.compress(msgspec.json.encode(each.content), _LEVEL) for each in contents],
    )


async def read_contents(connection: Connection, workspace_id: int, message_ids: Sequence[str]) -> dict[str, Document]:
    """What people saw of these messages, by id, as far as it is still kept."""
    rows = await connection.fetch(
        "select message_id, content from message_content where message_id = any($2) and workspace_id = $1",
        workspace_id,
        message_ids,
    )
    notifications = await connection.fetch(
        "select id, content from inbox_notification where workspace_id = $1 and id = any($2)",
        workspace_id,
        message_ids,
    )
    return {row["id"]: from_column(row["content"]) for row in notifications} | {
        row["message_id"]: msgspec.json.decode(inflate(row["content"])) for row in rows
    }


def inflate(content: bytes) -> str:
    """The JSON of a content as it is stored."""
    return zlib.decompress(content).decode()


async def prune_contents(connection: Connection, before: datetime, limit: int) -> int:
    """Forget so many contents of messages that were made before; returns how many there were."""
    done = await connection.execute(
        "delete from message_content where message_id = any(array("
        "select message_id from message_content where message_id < $1 order by message_id limit $2))",
        first_id(before),
        limit,
    )
    return count_changed(done)
