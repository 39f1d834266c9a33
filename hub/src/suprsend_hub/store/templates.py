"""Templates: a draft that people edit, and versions that never change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template import TemplateVersion, Variant
from suprsend_hub.store.database import Connection, Record, count_changed
from suprsend_hub.store.json_columns import from_column, to_column
from suprsend_hub.store.keyset import Keyset, fetch_page


@dataclass(frozen=True, slots=True)
class Template:
    """A template's own row, without what it says."""

    id: int
    slug: str
    name: str
    description: str
    tags: list[str]
    enabled_channels: list[Channel]
    live_version_id: int | None
    live_version_no: int | None
    live_since: datetime | None
    commit_message: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TemplateFilter:
    """Which templates are looked for; all that is given must fit, `text` within the slug or the name."""

    text: str | None = None
    is_live: bool | None = None
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version without what it says; `variants` is how many it has."""

    version_no: int
    commit_message: str
    committed_at: datetime
    variants: int


@dataclass(frozen=True, slots=True)
class NamedTemplate:
    """What a workflow's page tells of a template; channels are those of its live version, if it has one."""

    slug: str
    name: str
    is_live: bool
    channels: Sequence[Channel]
    mock_data: Document


_COLUMNS = (
    "t.id, t.slug, t.name, t.description, t.tags, t.enabled_channels, t.live_version_id,"
    " v.version_no as live_version_no, v.committed_at as live_since, v.commit_message, t.created_at, t.updated_at"
)
_FROM = "from template t left join template_version v on v.id = t.live_version_id"

_VARIANTS = msgspec.json.Decoder(tuple[Variant, ...])


async def find_live_versions(
    connection: Connection, workspace_id: int, slugs: Iterable[str], *, hold: bool = False
) -> dict[str, int | None]:
    """The live version of each template that exists; None where nothing was committed yet.

    With `hold` they stay as they are until the transaction ends.
    """
    rows = await connection.fetch(
        "select slug, live_version_id from template"  # noqa: S608 - constants
        " where workspace_id = $1 and slug = any($2) and deleted_at is null"
        f"{' order by id for share' if hold else ''}",
        workspace_id,
        list(set(slugs)),
    )
    return {row["slug"]: row["live_version_id"] for row in rows}


async def read_named_templates(
    connection: Connection, workspace_id: int, slugs: Iterable[str]
) -> dict[str, NamedTemplate]:
    """Those of these templates that exist, by slug."""
    rows = await connection.fetch(
        "select t.slug, t.name, v.id is not null as is_live, coalesce(t.mock_data, '{}') as mock_data,"  # noqa: S608 - constants
        " array(select distinct variant ->> 'channel' from json_array_elements(v.variants) as variant) as channels"
        f" {_FROM} where t.workspace_id = $1 and t.slug = any($2) and t.deleted_at is null",
        workspace_id,
        list(set(slugs)),
    )
    return {row["slug"]: NamedTemplate(**{**row, "mock_data": from_column(row["mock_data"])}) for row in rows}


async def read_versions(connection: Connection, version_ids: Iterable[int]) -> dict[int, TemplateVersion]:
    """Published versions by id; those that are gone are missing."""
    rows = await connection.fetch(
        "select v.id, v.version_no, v.variants, t.slug, t.name, t.deleted_at from template_version v"
        " join template t on t.id = v.template_id where v.id = any($1)",
        list(version_ids),
    )
    return {row["id"]: _version(row) for row in rows}


async def page_templates(
    connection: Connection, workspace_id: int, limit: int, offset: int, *, only_live: bool = False
) -> tuple[int, list[Template]]:
    """How many templates there are, and one page of them by slug; `only_live` leaves out those never committed."""
    count = await connection.fetchval(
        "select count(*) from template"
        " where workspace_id = $1 and deleted_at is null and (not $2 or live_version_id is not null)",
        workspace_id,
        only_live,
    )
    rows = await connection.fetch(
        f"select {_COLUMNS} {_FROM} where t.workspace_id = $1 and t.deleted_at is null"
        " and (not $2 or t.live_version_id is not null) order by t.slug limit $3 offset $4",
        workspace_id,
        only_live,
        limit,
        offset,
    )
    return count, [Template(**row) for row in rows]


async def search_templates(
    connection: Connection, workspace_id: int, narrowed: TemplateFilter, keyset: Keyset
) -> list[Template]:
    """Templates by slug that fit, and one more where there are more; cursors are their ids."""
    given: list[object] = [workspace_id]
    conditions = ""
    if narrowed.text is not None:
        given.append(narrowed.text.lower())
        conditions += f" and (strpos(t.slug, ${len(given)}) > 0 or strpos(lower(t.name), ${len(given)}) > 0)"
    if narrowed.is_live is not None:
        conditions += f" and t.live_version_id is {'not null' if narrowed.is_live else 'null'}"
    if narrowed.channel is not None:
        given.append(narrowed.channel)
        conditions += f" and ${len(given)} = any(t.enabled_channels)"
    direction = "asc"
    if keyset.after is not None or keyset.before is not None:
        # A slug may be longer than a cursor; its row's id leads to it, also when it was deleted meanwhile.
        cursor = keyset.after if keyset.after is not None else keyset.before
        given.append(await _find_slug(connection, workspace_id, cursor))
        sign, direction = (">", "asc") if keyset.after is not None else ("<", "desc")
        conditions += f" and t.slug {sign} ${len(given)}"
    given.append(keyset.limit + 1)
    rows = await connection.fetch(
        f"select {_COLUMNS} {_FROM} where t.workspace_id = $1 and t.deleted_at is null{conditions}"
        f" order by t.slug {direction} limit ${len(given)}",
        *given,
    )
    found = [Template(**row) for row in rows]
    return found if direction == "asc" else found[::-1]


async def page_versions(connection: Connection, template_id: int, keyset: Keyset) -> list[ShownVersion]:
    """A template's versions, newest first, and one more where there are more; cursors are their numbers."""
    statement = (
        "select version_no, commit_message, committed_at, json_array_length(variants) as variants"
        " from template_version where template_id = $1"
    )
    rows = await fetch_page(connection, statement, "version_no", keyset, template_id)
    return [ShownVersion(**row) for row in rows]


async def find_shown_version(connection: Connection, template_id: int, version_no: int) -> ShownVersion | None:
    """The version of that number, without what it says."""
    row = await connection.fetchrow(
        "select version_no, commit_message, committed_at, json_array_length(variants) as variants"
        " from template_version where template_id = $1 and version_no = $2",
        template_id,
        version_no,
    )
    return ShownVersion(**row) if row else None


async def find_version_id(connection: Connection, template_id: int, version_no: int) -> int | None:
    """The version of that number."""
    found: int | None = await connection.fetchval(
        "select id from template_version where template_id = $1 and version_no = $2", template_id, version_no
    )
    return found


async def count_variants(
    connection: Connection, templates: Iterable[Template], *, live: bool
) -> dict[int, dict[Channel, int]]:
    """How many variants each template has on each channel, in its draft or in its live version."""
    counts: dict[int, dict[Channel, int]] = {}
    rows = await connection.fetch(
        "select t.id, variant ->> 'channel' as channel, count(*) as variants from template t"
        " join template_version v on v.id = t.live_version_id cross join json_array_elements(v.variants) as variant"
        " where t.id = any($1) group by t.id, channel order by channel"
        if live
        else "select template_id as id, channel, count(*) as variants from template_variant"
        " where template_id = any($1) group by template_id, channel order by channel",
        [template.id for template in templates],
    )
    for row in rows:
        counts.setdefault(row["id"], {})[row["channel"]] = row["variants"]
    return counts


async def find_template(connection: Connection, workspace_id: int, slug: str, *, lock: bool = False) -> Template | None:
    """The template of that slug."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} {_FROM} where t.workspace_id = $1 and t.slug = $2"
        f" and t.deleted_at is null {'for update of t' if lock else ''}",
        workspace_id,
        slug,
    )
    return Template(**row) if row else None


async def insert_template(connection: Connection, workspace_id: int, slug: str, now: datetime) -> bool:
    """Add a template that is called as its slug; False where there is one of that slug, which stays as it is."""
    done = await connection.execute(
        "insert into template (workspace_id, slug, name, description, tags, enabled_channels, created_at, updated_at)"
        " values ($1, $2, $2, '', '{}', '{}', $3, $3) on conflict (workspace_id, slug) where deleted_at is null"
        " do nothing",
        workspace_id,
        slug,
        now,
    )
    return count_changed(done) == 1


async def put_template(
    connection: Connection,
    workspace_id: int,
    slug: str,
    *,
    name: str,
    description: str,
    tags: Sequence[str],
    enabled_channels: Sequence[str],
    now: datetime,
) -> None:
    """Add a template, or replace what is said of it."""
    await connection.execute(
        "insert into template (workspace_id, slug, name, description, tags, enabled_channels, created_at, updated_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict (workspace_id, slug) where deleted_at is null"
        " do update set name = excluded.name, description = excluded.description, tags = excluded.tags,"
        " enabled_channels = excluded.enabled_channels, updated_at = excluded.updated_at",
        workspace_id,
        slug,
        name,
        description,
        list(tags),
        list(enabled_channels),
        now,
    )


async def delete_template(connection: Connection, workspace_id: int, slug: str, now: datetime) -> None:
    """Take a template out of use; its versions stay, so that what it sent can still be explained."""
    await connection.execute(
        "update template set deleted_at = $3, updated_at = $3"
        " where workspace_id = $1 and slug = $2 and deleted_at is null",
        workspace_id,
        slug,
        now,
    )


async def publish(
    connection: Connection, template: Template, variants: Sequence[Variant], message: str, now: datetime
) -> int:
    """Make these variants the template's live version; returns its number."""
    row = await connection.fetchrow(
        "insert into template_version (template_id, version_no, variants, commit_message, committed_at)"
        " values ($1, (select coalesce(max(version_no), 0) + 1 from template_version where template_id = $1),"
        " $2, $3, $4) returning id, version_no",
        template.id,
        to_column(tuple(variants)),
        message,
        now,
    )
    assert row is not None, "an insert returns its row"
    await connection.execute(
        "update template set live_version_id = $2, updated_at = $3 where id = $1", template.id, row["id"], now
    )
    version_no: int = row["version_no"]
    return version_no


async def read_mock_data(connection: Connection, template_id: int) -> Document | None:
    """The sample data of a template."""
    text = await connection.fetchval("select mock_data from template where id = $1", template_id)
    return None if text is None else from_column(text)


async def write_mock_data(connection: Connection, template_id: int, data: Document) -> None:
    """Replace the sample data of a template."""
    await connection.execute("update template set mock_data = $2 where id = $1", template_id, to_column(data))


async def _find_slug(connection: Connection, workspace_id: int, template_id: object) -> object:
    return await connection.fetchval(
        "select slug from template where workspace_id = $1 and id = $2", workspace_id, template_id
    )


def _version(row: Record) -> TemplateVersion:
    return TemplateVersion(
        id=row["id"],
        template_slug=row["slug"],
        template_name=row["name"],
        version_no=row["version_no"],
        is_deleted=row["deleted_at"] is not None,
        variants=_VARIANTS.decode(row["variants"]),
    )
