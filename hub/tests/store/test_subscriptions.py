"""Walking through the members of an object: everybody once, page by page, whatever the shape."""

from collections.abc import Sequence

import pytest
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.profiles import lock_profiles
from suprsend_hub.store.subscriptions import START, put_subscriptions, reach_members

from hub.tests.actions.scene import Scene

ROOT = ProfileKey("root", "team")
CHILD, OTHER, GRANDCHILD = (ProfileKey(name, "team") for name in ("child", "other", "grandchild"))


async def join(scene: Scene, parent: ProfileKey, *members: ProfileKey) -> None:
    """Let members subscribe to an object."""
    async with scene.pool.acquire() as connection:
        stored = await lock_profiles(connection, scene.workspace.id, {parent, *members}, scene.now())
        ids = {stored[each].id: each for each in members}
        by = {"by": parent.distinct_id}
        await put_subscriptions(connection, stored[parent].id, ids, by, scene.now())


def users(*numbers: int) -> list[ProfileKey]:
    """Users by number."""
    return [ProfileKey(f"u{number:02}") for number in numbers]


async def walk(scene: Scene, depth: int, limit: int) -> list[tuple[str, str]]:
    """Whom a walk reaches, and by which object."""
    reached: list[tuple[str, str]] = []
    place = START
    async with scene.pool.acquire() as connection:
        stored = await lock_profiles(connection, scene.workspace.id, [ROOT], scene.now())
        while page := await reach_members(connection, stored[ROOT].id, depth=depth, after=place, limit=limit):
            assert len(page) <= limit
            reached += [(each.key.distinct_id, each.properties["by"]) for each in page]
            place = page[-1].place
    return reached


def by(parent: str, members: Sequence[ProfileKey]) -> set[tuple[str, str]]:
    """Members that are reached by an object."""
    return {(each.distinct_id, parent) for each in members}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_everybody_is_reached_once(scene: Scene, limit: int) -> None:
    await join(scene, ROOT, *users(1, 2, 3), CHILD, OTHER)
    await join(scene, CHILD, *users(3, 4, 5), ROOT, GRANDCHILD)
    await join(scene, OTHER, *users(1, 5, 6), CHILD)
    await join(scene, GRANDCHILD, *users(7))
    direct = by("root", [*users(1, 2, 3), CHILD, OTHER])
    reached = await walk(scene, 1, limit)
    assert (set(reached), len(reached)) == (direct, len(direct))
    reached = await walk(scene, 2, limit)
    names = [name for name, _ in reached]
    assert len(names) == len(set(names))
    assert set(names) == {"u01", "u02", "u03", "u04", "u05", "u06", "child", "other", "grandchild"}
    assert direct < set(reached)


async def test_an_object_without_members_reaches_nobody(scene: Scene) -> None:
    assert await walk(scene, 2, 10) == []
