"""What people want goes with them: when they are merged, exported and erased, and when a tenant is deleted."""

from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.edit_preferences import Scope, WantedChoice, choose, restrict
from suprsend_hub.actions.edit_tenant import remove_tenant, save_tenant
from suprsend_hub.actions.edit_tenant_categories import TenantChanges, change_tenant_category
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.export_user import export_user
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.preference import Choosable
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.tenant_form import TenantForm

from .scene import Scene, trigger_body

ADA, BOB = ProfileKey("ada"), ProfileKey("bob")


async def opt(scene: Scene, key: ProfileKey, preference: Choosable, tenant_id: str = "default") -> None:
    """Let somebody choose for promotional messages of a tenant."""
    scope = Scope(scene.workspace.id, tenant_id)
    await choose(scene.pool, scope, key, "promotional", WantedChoice(preference), scene.now())


async def restrict_mails(scene: Scene, key: ProfileKey, tenant_id: str = "default") -> None:
    """Let somebody want no more mails than they must have."""
    await restrict(scene.pool, Scope(scene.workspace.id, tenant_id), key, {"email": True}, scene.now())


async def stored(scene: Scene) -> set[tuple[str, ...]]:
    """What everybody said: whose it is, for which tenant, and what."""
    rows = await scene.pool.fetch(
        "select p.distinct_id, c.tenant_id, c.preference as word from profile p"
        " join category_preference c on c.profile_id = p.id union all"
        " select p.distinct_id, r.tenant_id, r.channel from profile p join channel_restriction r on r.profile_id = p.id"
    )
    return {tuple(row) for row in rows}


async def test_a_merged_user_s_words_are_the_other_s_where_that_one_said_nothing(scene: Scene) -> None:
    await opt(scene, ADA, "opt_out")
    await opt(scene, ADA, "opt_out", "acme")
    await restrict_mails(scene, ADA)
    await opt(scene, BOB, "opt_in", "acme")
    await merge_users(scene.pool, scene.workspace.id, ADA, BOB, scene.now())
    assert await stored(scene) == {
        ("bob", "default", "opt_out"),
        ("bob", "acme", "opt_in"),
        ("bob", "default", "email"),
    }


async def test_what_waits_for_a_merged_user_goes_by_the_words_of_the_one_who_stays(scene: Scene) -> None:
    user = {"distinct_id": "ada", "$email": ["ada@example.com"]}
    await opt(scene, BOB, "opt_out")
    await scene.accept(trigger_body(users=[user], notification_category="promotional"))
    await scene.plan_all()
    await merge_users(scene.pool, scene.workspace.id, ADA, BOB, scene.now())
    await scene.send_all()
    assert {each["failure_code"] for each in await scene.messages() if each["address"]} == {"category_opted_out"}


@pytest.mark.parametrize("key", [ADA, ProfileKey("red", "team")])
async def test_preferences_go_when_their_holder_is_erased(scene: Scene, key: ProfileKey) -> None:
    for each in (key, BOB):
        await opt(scene, each, "opt_out")
        await restrict_mails(scene, each)
    assert await erase(scene.pool, scene.workspace.id, key, scene.now())
    assert await stored(scene) == {("bob", "default", "opt_out"), ("bob", "default", "email")}


async def test_an_export_tells_what_somebody_wants(scene: Scene) -> None:
    await opt(scene, ADA, "opt_out", "acme")
    await restrict_mails(scene, ADA)
    await opt(scene, BOB, "opt_out")
    text = "".join([part async for part in export_user(scene.pool, scene.workspace.id, "ada")])
    exported: dict[str, Any] = msgspec.json.decode(text)
    [choice], [restricted] = exported["preferences"], exported["restricted_channels"]
    assert (choice["tenant_id"], choice["category"], choice["preference"]) == ("acme", "promotional", "opt_out")
    assert (restricted["tenant_id"], restricted["channel"]) == ("default", "email")


async def test_with_a_tenant_goes_what_it_and_people_said_of_its_messages(scene: Scene) -> None:
    for tenant_id in ("acme", "bakery"):
        await save_tenant(scene.pool, scene.workspace.id, tenant_id, TenantForm(tenant_name="T"), scene.now())
        changes = TenantChanges(preference="opt_out")
        await change_tenant_category(scene.pool, scene.workspace.id, tenant_id, "promotional", changes, scene.now())
        await opt(scene, ADA, "opt_in", tenant_id)
        await restrict_mails(scene, ADA, tenant_id)
    await remove_tenant(scene.pool, scene.workspace.id, "acme")
    assert await stored(scene) == {("ada", "bakery", "opt_in"), ("ada", "bakery", "email")}
    assert await scene.pool.fetchval("select array_agg(tenant_id) from tenant_category") == ["bakery"]


async def test_what_is_left_of_a_tenant_that_is_not_there_goes_too(scene: Scene) -> None:
    await opt(scene, ADA, "opt_out", "acme")
    await remove_tenant(scene.pool, scene.workspace.id, "acme")
    assert await stored(scene) == set()
    with pytest.raises(NotFound, match="acme"):
        await remove_tenant(scene.pool, scene.workspace.id, "acme")
