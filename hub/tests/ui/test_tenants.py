"""Tenants in the console: how they look, and changing them with a note of who did."""

from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any

from suprsend_hub.actions.edit_tenant import save_tenant
from suprsend_hub.domain.tenant_form import TenantForm
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.tenants import find_tenant

from hub.tests.actions.scene import Scene
from hub.tests.conftest import Reply
from hub.tests.ui.browser import Browser, Fields
from hub.tests.ui.test_pages import outline

TENANTS = "/console/demo/tenants"
ACME = {
    "tenant_name": "Acme",
    "primary_color": "#112233",
    "blocked_channels": ["sms"],
    "website": "https://acme.example",
}
SignedIn = Callable[[Role], Awaitable[Browser]]


async def make(scene: Scene, tenant_id: str, name: str = "Acme", **fields: Any) -> None:
    form = TenantForm(tenant_name=name, **fields)
    await save_tenant(scene.pool, scene.workspace.id, tenant_id, form, scene.now())


async def save(browser: Browser, path: str, fields: Fields) -> Reply:
    """The answer to the form of a tenant's page."""
    return await browser.post(path, {"seen": seen_of((await browser.get(path)).text), **fields})


def seen_of(page: str) -> str:
    """The mark of the tenant that a page shows."""
    return page.partition('name="seen" value="')[2].partition('"')[0]


async def test_the_default_tenant_is_first_and_the_others_follow_by_id(admin: Browser, scene: Scene) -> None:
    for number in range(60):
        await make(scene, f"t{number:02}")
    first = (await admin.get(TENANTS)).text
    assert first.index(">default<") < first.index(">t00<") < first.index(">t49<")
    assert ">t50<" not in first
    way_on = unescape(first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0])
    second = (await admin.get(TENANTS + way_on)).text
    assert ">t50<" in second
    assert ">default<" not in second


async def test_a_tenant_is_changed_with_a_note_of_who_did(admin: Browser, scene: Scene) -> None:
    await make(scene, "acme/eu", "Before", logo="https://acme.example/logo.png")
    path = f"{TENANTS}/acme%2Feu"
    assert "https://acme.example/logo.png" in (await admin.get(path)).text
    assert (await save(admin, path, ACME)).status_code == 303
    page = (await admin.get(path)).text
    assert 'fill="#112233"' in page
    assert outline(page).faults == []
    async with scene.pool.acquire() as connection:
        after = await find_tenant(connection, scene.workspace.id, "acme/eu")
    assert after is not None
    assert (after.tenant_name, after.logo, after.blocked_channels) == ("Acme", None, ("sms",))
    assert after.social_links == {"website": "https://acme.example"}
    rows = await scene.pool.fetch(
        "select action, target from audit_entry where user_kind = 'person' and workspace_id is not null"
    )
    assert [tuple(row) for row in rows] == [("changed tenant", "acme/eu")]


async def test_whoever_saves_over_somebody_else_is_told_and_saves_nothing(admin: Browser, scene: Scene) -> None:
    await make(scene, "acme", "Before")
    path, mine = f"{TENANTS}/acme", {**ACME, "tenant_name": "Mine", "properties": '{"floor": 4}'}
    seen = seen_of((await admin.get(path)).text)
    await make(scene, "acme", "Theirs")
    refused = await admin.post(path, {**mine, "seen": seen})
    assert refused.status_code == 409
    assert "somebody else changed the tenant &#39;acme&#39; meanwhile. Nothing was saved." in refused.text
    assert outline(refused.text).faults == []
    for text in ("&#34;tenant_name&#34;: &#34;Theirs&#34;", "&#34;tenant_name&#34;: &#34;Mine&#34;", 'value="Mine"'):
        assert text in refused.text
    assert await scene.pool.fetchval("select tenant_name from tenant where tenant_id = 'acme'") == "Theirs"
    assert (await admin.post(path, {**mine, "seen": seen_of(refused.text)})).status_code == 303
    assert await scene.pool.fetchval("select tenant_name from tenant where tenant_id = 'acme'") == "Mine"
    assert (await admin.post(path, mine)).status_code == 409


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(admin: Browser, scene: Scene) -> None:
    await make(scene, "acme")
    for name, value in (
        ("primary_color", "red"),
        ("website", "javascript:alert(1)"),
        ("timezone", "Mars/Base"),
        ("logo", "ftp://x"),
        ("tenant_name", "<b>Acme</b>"),
    ):
        refused = await save(admin, f"{TENANTS}/acme", {**ACME, "tenant_name": "Other", name: value})
        assert refused.status_code == 400, name
        assert f'aria-describedby="{name}-problem"' in refused.text
        assert "<b>Acme" not in refused.text
    assert (await save(admin, f"{TENANTS}/acme", {"primary_color": "#112233"})).status_code == 400
    assert await scene.pool.fetchval("select tenant_name from tenant where tenant_id = 'acme'") == "Acme"
    assert (await admin.post(f"{TENANTS}/nothing", ACME)).status_code == 404


async def test_the_default_tenant_is_changed_without_a_name(admin: Browser, scene: Scene) -> None:
    assert (await save(admin, f"{TENANTS}/default", {"primary_color": "#445566"})).status_code == 303
    assert 'fill="#445566"' in (await admin.get(TENANTS)).text


async def test_viewers_see_a_tenant_without_its_form(signed_in: SignedIn, scene: Scene) -> None:
    viewer = await signed_in("viewer")
    assert "Save the tenant" not in (await viewer.get(f"{TENANTS}/default")).text


async def test_a_tenant_is_added_once(signed_in: SignedIn, scene: Scene) -> None:
    editor = await signed_in("editor")
    assert (await editor.post(TENANTS, {"tenant_id": "acme", "tenant_name": "Acme"})).status_code == 303
    assert "The tenant was added" in (await editor.get(f"{TENANTS}/acme")).text
    for tenant_id, name, problem in (
        ("acme", "Other", "is a tenant already"),
        ("default", "Other", "is a tenant already"),
        ("a/b", "Other", "must be 1 to 64 letters"),
        ("bakery", "", "must not be empty"),
    ):
        refused = await editor.post(TENANTS, {"tenant_id": tenant_id, "tenant_name": name})
        assert refused.status_code == 400, tenant_id
        assert problem in refused.text
    assert await scene.pool.fetchval("select tenant_name from tenant where tenant_id = 'acme'") == "Acme"
    assert await scene.pool.fetchval("select count(*) from audit_entry where action = 'added tenant'") == 1


async def test_a_tenant_is_removed_by_whoever_writes_its_id(signed_in: SignedIn, scene: Scene) -> None:
    await make(scene, "acme")
    admin, editor = await signed_in("admin"), await signed_in("editor")
    path = f"{TENANTS}/acme/remove"
    assert (await editor.post(path, {"confirmation": "acme"})).status_code == 403
    await admin.post(path, {"confirmation": "acm"})
    assert "Nothing was removed" in (await admin.get(f"{TENANTS}/acme")).text
    assert (await admin.post(path, {"confirmation": "acme"})).status_code == 303
    assert (await admin.get(f"{TENANTS}/acme")).status_code == 404
    assert await scene.pool.fetchval("select target from audit_entry where action = 'removed tenant'") == "acme"
    assert (await admin.post(f"{TENANTS}/default/remove", {"confirmation": "default"})).status_code == 400
    assert "/tenants/default/remove" not in (await admin.get(f"{TENANTS}/default")).text


async def test_properties_are_as_the_form_says(admin: Browser, scene: Scene) -> None:
    await make(scene, "acme", properties={"city": "Turin", "floor": 3})
    assert "&#34;city&#34;: &#34;Turin&#34;" in (await admin.get(f"{TENANTS}/acme")).text
    assert (await save(admin, f"{TENANTS}/acme", {**ACME, "properties": '{"floor": 4}'})).status_code == 303
    async with scene.pool.acquire() as connection:
        after = await find_tenant(connection, scene.workspace.id, "acme")
    assert after is not None
    assert after.properties == {"floor": 4}
    refused = await save(admin, f"{TENANTS}/acme", {**ACME, "properties": "[1]"})
    assert refused.status_code == 400
    assert 'aria-describedby="properties-problem"' in refused.text
