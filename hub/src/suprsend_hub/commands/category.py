"""`suprsend-hub category`: the categories of a workspace, from a file and back."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from suprsend_hub.actions.edit_categories import note_commit, note_draft, save_categories
from suprsend_hub.commands.operator import operator
from suprsend_hub.commands.workspace import WorkspaceOption, open_workspace
from suprsend_hub.domain.category import ROOT_TREE, CategoryTree
from suprsend_hub.domain.category_reading import TREE_DECODER, check_tree
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_json, refuse_nul
from suprsend_hub.store.categories import StoredTree, read_tree
from suprsend_hub.terminal import run

category_commands = typer.Typer(help="Categories: what people can opt in to and out of.", no_args_is_help=True)


@category_commands.command("push")
def push(
    file: Annotated[Path, typer.Argument(help="the tree as JSON, as the API gives it", dir_okay=False)],
    workspace: WorkspaceOption,
    commit: Annotated[bool, typer.Option(help="make it live")] = True,
    commit_message: Annotated[str, typer.Option(help="what changed")] = "",
) -> None:
    """Replace the categories of a workspace."""

    async def work() -> StoredTree:
        tree = _read(file)
        async with open_workspace(workspace) as (hub, opened):
            actor = operator(opened.id)
            return await save_categories(
                hub.pool,
                opened.id,
                tree,
                hub.now(),
                commit=commit,
                message=commit_message,
                along=note_draft(actor, tree),
                along_commit=note_commit(actor, commit_message),
            )

    stored = run(work())
    live = "not live yet" if stored.draft != stored.live else f"live as version {stored.version_no}"
    Console().print(f"{sum(1 for _ in stored.draft.entries())} categories, {live}")


@category_commands.command("show")
def show(
    workspace: WorkspaceOption,
    mode: Annotated[Literal["live", "draft"], typer.Option(help="which version")] = "live",
) -> None:
    """List the categories of a workspace."""

    async def work() -> CategoryTree:
        async with open_workspace(workspace) as (hub, opened), hub.pool.acquire() as connection:
            stored = await read_tree(connection, opened.id)
        shown = (stored.draft if mode == "draft" else stored.live) if stored else None
        return shown or ROOT_TREE

    table = Table("root", "section", "category", "default", "mandatory", "on", "commercial")
    for each in run(work()).entries():
        category = each.category
        locked = category.default_preference == "cant_unsubscribe"
        table.add_row(
            each.root,
            each.section.name or "",
            category.category,
            category.default_preference,
            ", ".join(category.default_mandatory_channels or ("all",)) if locked else "",
            ", ".join(category.default_opt_in_channels or ("all",)),
            "yes" if each.is_commercial else "",
        )
    Console().print(table)


def _read(file: Path) -> CategoryTree:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Invalid("file", f"can't read {file}: {error.strerror}") from None
    tree = check_tree(read_json(raw, TREE_DECODER))
    refuse_nul(msgspec.json.decode(raw), "file")
    return tree
