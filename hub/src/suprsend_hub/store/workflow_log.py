"""Workflows as people look for them, and what their versions said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.workflow import Status, status_of
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column
from suprsend_hub.store.keyset import Keyset, fetch_page


@dataclass(frozen=True, slots=True)
class ListedWorkflow:
    """A workflow in a list; what it says is that of the live version, or of the draft where there is none.

    Drafts are whatever people wrote, so all of it may be missing.
    """

    id: int
    slug: str
    is_enabled: bool
    live_version_no: int | None
    is_ahead: bool
    name: str | None
    category: str | None
    trigger_type: str | None
    trigger_events: Sequence[str]
    last_executed_at: datetime | None
    updated_at: datetime

    @property
    def status(self) -> Status:
        """What it does with a trigger."""
        return status_of(is_live=self.live_version_no is not None, is_enabled=self.is_enabled)


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version without what it says; `steps` is how many nodes it has."""

    version_no: int
    commit_message: str
    committed_at: datetime
    steps: int


@dataclass(frozen=True, slots=True)
class CommittedVersion:
    """A version, with what it says."""

    version_no: int
    commit_message: str
    committed_at: datetime
    definition: Document
    hash: str


_LISTED = """
select w.id, w.slug, w.is_enabled, v.version_no as live_version_no, v.hash is distinct from w.draft_hash as is_ahead,
    left(coalesce(v.name, w.draft ->> 'name'), 255) as name,
    left(coalesce(v.category, w.draft ->> 'category'), 128) as category,
    left(coalesce(v.definition, w.draft) ->> 'trigger_type', 40) as trigger_type,
    coalesce(v.definition, w.draft) ->> 'trigger_events' as trigger_events,
    (select q.accepted_at from request q where q.workspace_id = $1 and q.name = w.slug
        and q.workflow_version_id is not null order by q.accepted_at desc limit 1) as last_executed_at, w.updated_at
from workflow w left join workflow_version v on v.id = w.live_version_id
where w.workspace_id = $1 and w.deleted_at is null
"""


async def search_workflows(
    connection: Connection, workspace_id: int, prefix: str, keyset: Keyset
) -> list[ListedWorkflow]:
    """Workflows by slug whose slugs begin so, and one more where there are more; cursors are their ids."""
    given: list[object] = [workspace_id]
    conditions, direction = "", "asc"
    if prefix:
        given.append(prefix)
        # All that slugs are made of sorts before the tilde.
        conditions += ' and w.slug collate "C" >= $2 and w.slug collate "C" < $2 || \'~\''
    if keyset.after is not None or keyset.before is not None:
        # A slug may be longer than a cursor; its row's id leads to it, also when it was deleted meanwhile.
        cursor = keyset.after if keyset.after is not None else keyset.before
        given.append(
            await connection.fetchval(
                "select slug from workflow where workspace_id = $1 and id = $2", workspace_id, cursor
            )
        )
        sign, direction = (">", "asc") if keyset.after is not None else ("<", "desc")
        conditions += f' and w.slug collate "C" {sign} ${len(given)}'
    given.append(keyset.limit + 1)
    rows = await connection.fetch(
        f'{_LISTED}{conditions} order by w.slug collate "C" {direction} limit ${len(given)}', *given
    )
    found = [_listed(row) for row in rows]
    return found if direction == "asc" else found[::-1]


async def page_workflow_versions(connection: Connection, workflow_id: int, keyset: Keyset) -> list[ShownVersion]:
    """A workflow's versions, newest first, and one more where there are more; cursors are their numbers."""
    statement = (
        "select version_no, commit_message, committed_at,"
        " json_array_length(definition #> '{tree,nodes}') as steps from workflow_version where workflow_id = $1"
    )
    rows = await fetch_page(connection, statement, "version_no", keyset, workflow_id)
    return [ShownVersion(**row) for row in rows]


async def find_committed_version(connection: Connection, workflow_id: int, version_no: int) -> CommittedVersion | None:
    """The version of that number."""
    row = await connection.fetchrow(
        "select version_no, commit_message, committed_at, definition, hash from workflow_version"
        " where workflow_id = $1 and version_no = $2",
        workflow_id,
        version_no,
    )
    return CommittedVersion(**{**row, "definition": from_column(row["definition"])}) if row else None


def _listed(row: Record) -> ListedWorkflow:
    return ListedWorkflow(**{**row, "trigger_events": _read_events(row["trigger_events"])})


def _read_events(text: str | None) -> list[str]:
    try:
        return msgspec.json.decode(text or "[]", type=list[str])
    except msgspec.DecodeError:
        return []
