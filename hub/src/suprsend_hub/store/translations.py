"""Files of texts by locale: a draft of each, and what is live."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suprsend_hub.domain.document import Document
from suprsend_hub.store.database import Connection, Record, count_changed
from suprsend_hub.store.json_columns import from_column, to_column

Action = Literal["added", "changed", "deleted", "unchanged"]


@dataclass(frozen=True, slots=True)
class Translation:
    """A file as it is in the draft or live; `action` is what the next commit does to it."""

    filename: str
    locale: str
    content: Document | None
    action: Action
    version_no: int | None
    commit_message: str
    committed_at: datetime | None
    updated_at: datetime


_ACTION = (
    "case when draft is null then 'deleted' when live is null then 'added'"
    " when draft::text = live::text then 'unchanged' else 'changed' end as action"
)
_COLUMNS = f"filename, locale, {_ACTION}, nullif(version_no, 0) as version_no, commit_message, committed_at, updated_at"
_CONTENT = "(case when $2 then live else draft end)"


async def page_translations(
    connection: Connection, workspace_id: int, limit: int, offset: int, mode: Literal["draft", "live"]
) -> tuple[int, list[Translation]]:
    """How many files there are, and one page of them by name, with their content."""
    live = mode == "live"
    count = await connection.fetchval(
        f"select count(*) from translation where workspace_id = $1 and {_CONTENT} is not null",  # noqa: S608 - constant
        workspace_id,
        live,
    )
    rows = await connection.fetch(
        f"select {_COLUMNS}, {_CONTENT} as content from translation"  # noqa: S608 - constant
        f" where workspace_id = $1 and {_CONTENT} is not null order by filename limit $3 offset $4",
        workspace_id,
        live,
        limit,
        offset,
    )
    return count, [_translation(row) for row in rows]


async def find_translation(
    connection: Connection, workspace_id: int, filename: str, mode: Literal["draft", "live"]
) -> Translation | None:
    """The file of that name, in the draft or live."""
    row = await connection.fetchrow(
        f"select {_COLUMNS}, {_CONTENT} as content from translation"  # noqa: S608 - constant
        f" where workspace_id = $1 and {_CONTENT} is not null and filename = $3",
        workspace_id,
        mode == "live",
        filename,
    )
    return _translation(row) if row else None


async def put_translation(
    connection: Connection, workspace_id: int, filename: str, locale: str, content: Document, now: datetime
) -> bool:
    """Replace the draft of a file; says whether there was none of that name."""
    is_new: bool = await connection.fetchval(
        "insert into translation (workspace_id, filename, locale, draft, updated_at) values ($1, $2, $3, $4, $5)"
        " on conflict (workspace_id, filename) do update set draft = excluded.draft, updated_at = excluded.updated_at"
        " returning xmax = 0",
        workspace_id,
        filename,
        locale,
        to_column(content),
        now,
    )
    return is_new


async def drop_translation(connection: Connection, workspace_id: int, filename: str, now: datetime) -> bool:
    """Take a file out of the draft; says whether it was there."""
    done = await connection.execute(
        "update translation set draft = null, updated_at = $3"
        " where workspace_id = $1 and filename = $2 and draft is not null",
        workspace_id,
        filename,
        now,
    )
    return done == "UPDATE 1"


async def publish_translations(connection: Connection, workspace_id: int, message: str, now: datetime) -> int:
    """Make every draft live, in one; says how many files that changed."""
    done = await connection.execute(
        "update translation set live = draft, version_no = version_no + 1, commit_message = $2, committed_at = $3,"
        " updated_at = $3 where workspace_id = $1 and draft::text is distinct from live::text",
        workspace_id,
        message,
        now,
    )
    await connection.execute(
        "delete from translation where workspace_id = $1 and draft is null and live is null", workspace_id
    )
    return count_changed(done)


def _translation(row: Record) -> Translation:
    return Translation(**{**row, "content": from_column(row["content"])})
