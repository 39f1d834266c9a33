"""Categories of notifications: the draft, the versions, what is live, and its words in other languages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from suprsend_hub.domain.category import CategoryTree, root_of
from suprsend_hub.domain.category_translation import CategoryWords
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import to_column


@dataclass(frozen=True, slots=True)
class StoredTree:
    """A workspace's categories: the draft, and the version that is live, if any."""

    draft: CategoryTree
    updated_at: datetime
    live: CategoryTree | None
    version_no: int | None
    commit_message: str | None
    committed_at: datetime | None


_TREE = msgspec.json.Decoder(CategoryTree)
_WORDS = msgspec.json.Decoder(CategoryWords)


async def read_tree(connection: Connection, workspace_id: int, *, lock: bool = False) -> StoredTree | None:
    """What a workspace said of its categories; None where it said nothing."""
    row = await connection.fetchrow(
        "select t.draft, t.updated_at, v.tree as live, t.version_no, v.commit_message, v.committed_at"  # noqa: S608
        " from category_tree t left join category_tree_version v"
        " on v.workspace_id = t.workspace_id and v.version_no = t.version_no"
        f" where t.workspace_id = $1 {'for update of t' if lock else ''}",  # one of two constants
        workspace_id,
    )
    if row is None:
        return None
    live = None if row["live"] is None else _TREE.decode(row["live"])
    return StoredTree(**{**row, "draft": _TREE.decode(row["draft"]), "live": live})


async def read_live_tree(connection: Connection, workspace_id: int) -> CategoryTree | None:
    """The live categories; None where none were committed."""
    text = await connection.fetchval(
        "select v.tree from category_tree t join category_tree_version v"
        " on v.workspace_id = t.workspace_id and v.version_no = t.version_no where t.workspace_id = $1",
        workspace_id,
    )
    return None if text is None else _TREE.decode(text)


async def put_draft(connection: Connection, workspace_id: int, tree: CategoryTree, now: datetime) -> None:
    """Replace the draft."""
    await connection.execute(
        "insert into category_tree (workspace_id, draft, updated_at) values ($1, $2, $3)"
        " on conflict (workspace_id) do update set draft = excluded.draft, updated_at = excluded.updated_at",
        workspace_id,
        to_column(tree),
        now,
    )


async def publish_tree(
    connection: Connection, workspace_id: int, tree: CategoryTree, message: str, now: datetime
) -> None:
    """Make this the live version."""
    await connection.execute(
        "with next as (insert into category_tree_version (workspace_id, version_no, tree, commit_message, committed_at)"
        " values ($1, (select coalesce(max(version_no), 0) + 1 from category_tree_version where workspace_id = $1),"
        " $2, $3, $4) returning version_no)"
        " update category_tree set version_no = next.version_no from next where workspace_id = $1",
        workspace_id,
        to_column(tree),
        message,
        now,
    )
    await connection.execute("delete from category where workspace_id = $1", workspace_id)
    entries = list(tree.entries())
    await connection.executemany(
        "insert into category (workspace_id, category, root, is_commercial, preference, mandatory_channels,"
        " opt_in_channels) values ($1, $2, $3, $4, $5, $6, $7)",
        [
            (
                workspace_id,
                each.category.category,
                each.root,
                each.is_commercial,
                each.category.default_preference,
                each.category.default_mandatory_channels,
                each.category.default_opt_in_channels,
            )
            for each in entries
        ],
    )


async def find_commercial(connection: Connection, workspace_id: int, categories: Iterable[str]) -> frozenset[str]:
    """Those of these categories whose mails offer to unsubscribe with one click."""
    asked = set(categories)
    rows = await connection.fetch(
        "select category, is_commercial from category where workspace_id = $1 and category = any($2)",
        workspace_id,
        list(asked),
    )
    known = {row["category"]: row["is_commercial"] for row in rows}
    return frozenset(each for each in asked if known.get(each, root_of(each) == "promotional"))


async def list_locales(connection: Connection, workspace_id: int) -> list[str]:
    """The languages into which categories are translated."""
    rows = await connection.fetch(
        "select locale from category_translation where workspace_id = $1 order by locale", workspace_id
    )
    return [row["locale"] for row in rows]


async def read_words(connection: Connection, workspace_id: int, locales: Iterable[str]) -> Mapping[str, CategoryWords]:
    """The words of these languages, as far as there are any."""
    rows = await connection.fetch(
        "select locale, content from category_translation where workspace_id = $1 and locale = any($2)",
        workspace_id,
        list(locales),
    )
    return {row["locale"]: _WORDS.decode(row["content"]) for row in rows}


async def put_words(
    connection: Connection, workspace_id: int, locale: str, words: CategoryWords, now: datetime
) -> None:
    """Replace the words of a language."""
    await connection.execute(
        "insert into category_translation (workspace_id, locale, content, updated_at) values ($1, $2, $3, $4)"
        " on conflict (workspace_id, locale) do update set content = excluded.content,"
        " updated_at = excluded.updated_at",
        workspace_id,
        locale,
        to_column(words),
        now,
    )
