"""Two changes at once: whichever comes second knows what the first did, however late that is committed."""

import asyncio
from collections.abc import Awaitable, Callable

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.actions.edit_categories import save_categories
from suprsend_hub.actions.edit_template import TemplateChanges, remove_template, save_template
from suprsend_hub.actions.edit_webhooks import MOST_ENDPOINTS, add_endpoint
from suprsend_hub.actions.edit_workflow import add_workflow, commit_workflow, save_workflow
from suprsend_hub.actions.make_keys import MOST_SIGNING_KEYS, create_signing_key
from suprsend_hub.domain.category import ROOT_TREE, Category, CategoryTree, RootCategory, Section, hash_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.domain.webhook import Endpoint
from suprsend_hub.store.database import Connection, Pool

from .scene import EVERYTHING, WEBHOOK_SECRET, Scene
from .stored_workflow import SEND

TEMPLATE = "purchase-made"


def definition(name: str = "Purchase") -> Document:
    return {"name": name, "category": "transactional", "trigger_type": "api", "tree": {"nodes": [SEND]}}


async def come_of(
    pool: Pool, first: Callable[[Along], Awaitable[object]], second: Callable[[], Awaitable[object]]
) -> tuple[object, object]:
    """What comes of two changes, of which the second is begun before the first is committed."""
    begun: list[asyncio.Future[object]] = []

    async def begin(_: Connection) -> None:
        task = asyncio.ensure_future(second())
        begun.append(task)
        while not task.done() and not await pool.fetchval(
            "select exists (select from pg_stat_activity"
            " where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0)"
        ):
            pass

    [earlier] = await asyncio.gather(first(begin), return_exceptions=True)
    [later] = await asyncio.gather(*begun, return_exceptions=True)
    return earlier, later


async def test_the_last_endpoint_that_a_workspace_may_have_is_added_once(scene: Scene) -> None:
    endpoint = Endpoint("https://shop.example.com/", "", EVERYTHING, None, WEBHOOK_SECRET, {})

    async def check(_: str) -> None:
        return

    async def add(along: Along) -> int:
        return await add_endpoint(scene.pool, scene.vault, check, scene.workspace.id, endpoint, along)

    for _ in range(MOST_ENDPOINTS - 1):
        await scene.add_webhook()
    earlier, later = await come_of(scene.pool, add, lambda: add(nothing_along))
    assert isinstance(earlier, int)
    assert isinstance(later, Conflict)
    assert await scene.pool.fetchval("select count(*) from webhook_endpoint") == MOST_ENDPOINTS


async def test_the_last_signing_key_that_a_workspace_may_have_is_made_once(scene: Scene) -> None:
    async def make(along: Along) -> object:
        return await create_signing_key(scene.pool, scene.workspace.id, along)

    for _ in range(MOST_SIGNING_KEYS - 1):
        await make(nothing_along)
    earlier, later = await come_of(scene.pool, make, lambda: make(nothing_along))
    assert not isinstance(earlier, Exception)
    assert isinstance(later, Conflict)
    assert await scene.pool.fetchval("select count(*) from signing_key") == MOST_SIGNING_KEYS


async def test_a_workflow_is_added_once_and_says_what_the_first_said(scene: Scene) -> None:
    async def add(name: str, along: Along) -> None:
        await add_workflow(scene.pool, scene.workspace.id, "purchase", definition(name), scene.now(), along)

    earlier, later = await come_of(scene.pool, lambda along: add("One", along), lambda: add("Two", nothing_along))
    assert earlier is None
    assert isinstance(later, Invalid)
    assert await scene.pool.fetchval("select draft ->> 'name' from workflow") == "One"


async def test_a_template_is_added_once_and_is_called_as_the_first_said(scene: Scene) -> None:
    async def add(name: str, along: Along) -> object:
        changes = TemplateChanges(name)

        async def noting(connection: Connection, _is_new: bool) -> None:
            await along(connection)

        return await save_template(scene.pool, scene.workspace.id, "new", changes, scene.now(), noting, is_new=True)

    earlier, later = await come_of(scene.pool, lambda along: add("One", along), lambda: add("Two", nothing_along))
    assert not isinstance(earlier, Exception)
    assert isinstance(later, Invalid)
    assert await scene.pool.fetchval("select name from template where slug = 'new'") == "One"


async def test_a_template_stays_that_a_workflow_begins_to_send_meanwhile(scene: Scene) -> None:
    async def add(along: Along) -> None:
        await add_workflow(scene.pool, scene.workspace.id, "purchase", definition(), scene.now(), along)

    earlier, later = await come_of(scene.pool, add, lambda: remove(scene, nothing_along))
    assert earlier is None
    assert isinstance(later, Conflict)
    assert "is sent by the workflow purchase" in later.message


async def test_a_workflow_does_not_go_live_with_a_template_that_is_removed_meanwhile(scene: Scene) -> None:
    async def commit() -> object:
        await save_workflow(scene.pool, scene.workspace.id, "purchase", definition(), scene.now())
        return await commit_workflow(scene.pool, scene.workspace.id, "purchase", "", scene.now())

    earlier, later = await come_of(scene.pool, lambda along: remove(scene, along), commit)
    assert earlier is None
    assert isinstance(later, Invalid)
    assert "does not exist" in later.problem


async def test_the_categories_are_as_the_first_made_them(scene: Scene) -> None:
    async def save(name: str, along: Along) -> object:
        category = Category(category="offers", name=name, default_preference="opt_in")
        tree = CategoryTree((RootCategory("promotional", (Section(categories=(category,)),)),))
        return await save_categories(
            scene.pool,
            scene.workspace.id,
            tree,
            scene.now(),
            commit=False,
            message="",
            along=along,
            seen=hash_of(ROOT_TREE),
        )

    earlier, later = await come_of(scene.pool, lambda along: save("One", along), lambda: save("Two", nothing_along))
    assert not isinstance(earlier, Exception)
    assert isinstance(later, Conflict)
    assert '"One"' in await scene.pool.fetchval("select draft::text from category_tree")


async def remove(scene: Scene, along: Along) -> None:
    await remove_template(scene.pool, scene.workspace.id, TEMPLATE, scene.now(), along)
