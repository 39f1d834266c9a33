"""Preferences on the way of a message: looked at when it is planned, and once more when it is sent."""

import json
from typing import Any

import pytest
from suprsend_hub.actions.edit_categories import save_categories
from suprsend_hub.actions.edit_preferences import Scope, WantedChoice, choose, restrict
from suprsend_hub.actions.edit_tenant_categories import TenantChanges, change_tenant_category
from suprsend_hub.domain.category import Category, CategoryTree, RootCategory, Section
from suprsend_hub.domain.job import Plan, Send
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.vendors import put_vendor

from .scene import Scene, trigger_body

ADA = {"distinct_id": "u1", "$email": ["ada@example.com"]}
NEWS = Category("newsletter", "Newsletter")
ALERTS = Category(
    "alerts", "Alerts", default_preference="cant_unsubscribe", default_mandatory_channels=("email",), is_commercial=None
)
TREE = CategoryTree(
    (
        RootCategory("system", (Section(categories=(ALERTS,)),)),
        RootCategory("promotional", (Section("Offers", categories=(NEWS,)),)),
    )
)


async def commit(scene: Scene, tree: CategoryTree = TREE) -> None:
    await save_categories(scene.pool, scene.workspace.id, tree, scene.now(), commit=True, message="")


async def opt(scene: Scene, category: str, wanted: WantedChoice, tenant_id: str = "default") -> None:
    await choose(scene.pool, Scope(scene.workspace.id, tenant_id), ProfileKey("u1"), category, wanted, scene.now())


async def outcomes(scene: Scene) -> dict[str, tuple[str, str | None]]:
    """What became of the newest message of each channel."""
    return {each["channel"]: (each["status"], each["failure_code"]) for each in await scene.messages()}


def news(**changes: Any) -> dict[str, Any]:
    return trigger_body(users=[ADA], notification_category="newsletter", **changes)


async def test_who_opted_out_gets_nothing_and_is_told_why(scene: Scene) -> None:
    await commit(scene)
    await opt(scene, "newsletter", WantedChoice("opt_out"))
    await scene.go_through(news())
    out = ("not_to_be_triggered", "category_opted_out")
    found = await outcomes(scene)
    assert (found["email"], found["inbox"]) == (out, out)
    told = {each["channel"]: each["failure_reason"] for each in await scene.messages()}
    assert told["email"] == "the user opted out of this category"


async def test_one_channel_that_is_off_is_on_the_run_and_the_others_are_sent(scene: Scene) -> None:
    await commit(scene)
    await opt(scene, "newsletter", WantedChoice("opt_in", ("email",)))
    await scene.go_through(news())
    assert await outcomes(scene) == {"inbox": ("sent_by_vendor", None)}
    exclusions = json.loads(await scene.pool.fetchval("select exclusions from run"))
    assert {"channel": "email", "reason": "channel_opted_out"} in exclusions


async def test_a_restricted_channel_gets_only_what_is_mandatory(scene: Scene) -> None:
    await commit(scene)
    await restrict(scene.pool, Scope(scene.workspace.id, "default"), ProfileKey("u1"), {"email": True}, scene.now())
    await scene.go_through(news())
    assert "email" not in await outcomes(scene)
    await scene.go_through(trigger_body(users=[ADA], notification_category="alerts"))
    assert (await outcomes(scene))["email"] == ("sent_by_vendor", None)


async def test_each_tenant_has_its_own_word_and_its_people_theirs(scene: Scene) -> None:
    await commit(scene)
    changes = TenantChanges(preference="opt_out")
    await change_tenant_category(scene.pool, scene.workspace.id, "acme", "newsletter", changes, scene.now())
    await scene.go_through(news(tenant_id="acme"))
    assert (await outcomes(scene))["email"] == ("not_to_be_triggered", "off_by_tenant")
    await opt(scene, "newsletter", WantedChoice("opt_in"), "acme")
    await scene.go_through(news(tenant_id="acme"))
    assert (await outcomes(scene))["email"] == ("sent_by_vendor", None)
    await change_tenant_category(
        scene.pool, scene.workspace.id, "acme", "newsletter", TenantChanges(enabled=False), scene.now()
    )
    await scene.go_through(news(tenant_id="acme"))
    assert (await outcomes(scene))["email"] == ("not_to_be_triggered", "category_disabled_for_tenant")
    await scene.go_through(news())
    assert (await outcomes(scene))["email"] == ("sent_by_vendor", None)


async def test_a_transient_trigger_honours_what_its_user_chose(scene: Scene) -> None:
    await commit(scene)
    await opt(scene, "newsletter", WantedChoice("opt_out"))
    await scene.go_through(news() | {"users": [ADA | {"is_transient": True}]})
    assert (await outcomes(scene))["email"] == ("not_to_be_triggered", "category_opted_out")


async def test_what_was_planned_before_an_opt_out_is_not_sent_after_it(scene: Scene) -> None:
    await commit(scene)
    await scene.accept(news())
    await scene.plan_all()
    assert (await outcomes(scene))["email"] == ("to_be_triggered", None)
    await opt(scene, "newsletter", WantedChoice("opt_out"))
    await scene.send_all()
    assert (await outcomes(scene))["email"] == ("not_to_be_triggered", "category_opted_out")
    assert scene.recorder.sent == []


async def test_an_off_default_sends_only_to_those_who_opted_in(scene: Scene) -> None:
    digest = Category("digest", "Digest", default_preference="opt_out")
    await commit(scene, CategoryTree((RootCategory("promotional", (Section(categories=(digest,)),)),)))
    body = trigger_body(users=[ADA, {"distinct_id": "u2"}], notification_category="digest")
    await opt(scene, "digest", WantedChoice("opt_in"))
    await scene.go_through(body)
    found = {(each["distinct_id"], each["failure_code"]) for each in await scene.messages() if each["address"]}
    assert found == {("u1", None), ("u2", "off_by_category")}


async def test_the_root_is_that_of_the_live_tree_from_acceptance_on(scene: Scene) -> None:
    await commit(scene)
    await scene.accept(news())
    await commit(scene, CategoryTree((RootCategory("transactional", (Section(categories=(NEWS,)),)),)))
    await scene.accept(news(), trigger_body(users=[ADA], notification_category="unheard-of"))
    await scene.accept(trigger_body(users=[ADA], notification_category="promotional"))
    await scene.plan_all()
    jobs = await scene.jobs()
    roots = ["promotional", "transactional", "promotional"]
    assert [each.root for each in jobs if isinstance(each, Plan)] == roots
    assert {each.root for each in jobs if isinstance(each, Send)} == {"promotional", "transactional"}
    stored = await scene.pool.fetch("select root from request order by id")
    assert [each["root"] for each in stored] == ["promotional", "transactional", "transactional", "promotional"]


async def test_a_vendor_of_a_root_carries_the_categories_below_it(scene: Scene) -> None:
    await commit(scene)
    own = VendorAccount(0, 0, "email", "ses", "bulk", -1, 0.0, {}, roots=frozenset({"promotional"}))
    async with scene.pool.acquire() as connection:
        await put_vendor(connection, scene.vault, scene.workspace.id, own)
    await scene.go_through(news())
    await scene.go_through(trigger_body(users=[ADA], notification_category="alerts"))
    assert [vendor for vendor, message in scene.recorder.sent] == ["ses", "smtp"]


@pytest.mark.parametrize(("said", "expected"), [(None, True), (False, False)])
async def test_commercial_categories_decide_which_mails_can_be_unsubscribed(
    scene: Scene, said: bool | None, expected: bool
) -> None:
    scene.public_url = "https://hub.example.com"
    letter = Category("newsletter", "Newsletter", is_commercial=said)
    await commit(scene, CategoryTree((RootCategory("promotional", (Section(categories=(letter,)),)),)))
    await scene.go_through(news())
    _, mail = next(each for each in scene.recorder.sent if each[1].channel == "email")
    assert bool(mail.unsubscribe_url) is expected
