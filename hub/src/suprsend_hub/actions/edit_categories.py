"""Changing a workspace's categories: a draft first, and live by a commit."""

from datetime import datetime

from suprsend_hub.actions.audit import Actor, Along, nothing_along
from suprsend_hub.domain.category import ROOT_TREE, CategoryTree, hash_of
from suprsend_hub.domain.fault import Conflict, NotFound
from suprsend_hub.store.categories import StoredTree, publish_tree, put_draft, read_tree
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.workspaces import lock_workspace


def note_draft(actor: Actor, tree: CategoryTree) -> Along:
    """Notes that somebody changed the draft."""
    return actor.noting("changed draft of categories", "", categories=len(list(tree.entries())))


def note_commit(actor: Actor, message: str) -> Along:
    """Notes that somebody made the draft live."""
    return actor.noting("committed categories", "", message=message)


async def save_categories(
    pool: Pool,
    workspace_id: int,
    tree: CategoryTree,
    now: datetime,
    *,
    commit: bool,
    message: str,
    along: Along = nothing_along,
    seen: str | None = None,
    along_commit: Along = nothing_along,
) -> StoredTree:
    """Replace the draft, and make it live at once where that is wanted.

    `seen` is the hash of the draft that the change was made from: where the draft says something else by now, Conflict,
    and nothing is changed.
    """

    async def work(connection: Connection) -> StoredTree:
        if seen is not None:
            await _refuse_stale(connection, workspace_id, seen)
        await put_draft(connection, workspace_id, tree, now)
        await along(connection)
        if commit:
            await _commit(connection, workspace_id, message, now, along_commit)
        return await _read(connection, workspace_id)

    return await transact(pool, work)


async def commit_categories(
    pool: Pool,
    workspace_id: int,
    message: str,
    now: datetime,
    along: Along = nothing_along,
    *,
    seen: str | None = None,
) -> StoredTree:
    """Make the draft live; committing twice is committing once.

    `seen` is the hash of the draft that was looked at: where it says something else by now, Conflict, and nothing goes
    live.
    """

    async def work(connection: Connection) -> StoredTree:
        if seen is not None:
            await _refuse_stale(connection, workspace_id, seen)
        await _commit(connection, workspace_id, message, now, along)
        return await _read(connection, workspace_id)

    return await transact(pool, work)


async def _refuse_stale(connection: Connection, workspace_id: int, seen: str) -> None:
    # Where nothing was said yet there is no draft to lock.
    await lock_workspace(connection, workspace_id)
    stored = await read_tree(connection, workspace_id, lock=True)
    if hash_of(stored.draft if stored else ROOT_TREE) != seen:
        raise Conflict("somebody else changed the draft of the categories meanwhile")


async def _commit(connection: Connection, workspace_id: int, message: str, now: datetime, along: Along) -> None:
    stored = await _read(connection, workspace_id, lock=True)
    if stored.draft != stored.live:
        await publish_tree(connection, workspace_id, stored.draft, message, now)
        await along(connection)


async def _read(connection: Connection, workspace_id: int, *, lock: bool = False) -> StoredTree:
    stored = await read_tree(connection, workspace_id, lock=lock)
    if stored is None:
        raise NotFound("this workspace has no draft of its categories yet; there is nothing to commit")
    return stored
