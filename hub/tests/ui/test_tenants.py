"""Tenants in the console: how they look, and changing them with a note of who did."""

from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any

from suprsend_hub.actions.edit_tenant import save_tenant
from suprsend_hub.domain.tenant_form import TenantForm
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.tenants import find_tenant

from hub.tests.actions.scene import Scene
from hub.tests.ui.browser import Browser
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
    assert (await admin.post(path, ACME)).status_code == 303
    page = (await admin.get(path)).text
    assert 'fill="#112233"' in page
    assert outline(page).faults == []
    async with scene.pool.acquire() as connection:
        after = await find_tenant(connection, scene.workspace.id, "acme/eu")
    assert after is not None
    assert (after.tenant_name, after.logo, after.blocked_channels) == ("Acme", None, ("sms",))
    assert after.social_links == {"website": "https://acme.example"}
    rows = await scene.pool.fetch("select action, target from audit_entry where workspace_id is not null")
    assert [tuple(row) for row in rows] == [("changed tenant", "acme/eu")]


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(admin: Browser, scene: Scene) -> None:
    await make(scene, "acme")
    for name, value in (
        ("primary_color", "red"),
        ("website", "javascript:alert(1)"),
        ("timezone", "Mars/Base"),
        ("logo", "ftp://x"),
        ("tenant_name", "<b>Acme</b>"),
    ):
        refused = await admin.post(f"{TENANTS}/acme", {**ACME, "tenant_name": "Other", name: value})
        assert refused.status_code == 400, name
        assert f'aria-describedby="{name}-problem"' in refused.text
        assert "<b>Acme" not in refused.text
    assert (await admin.post(f"{TENANTS}/acme", {"primary_color": "#112233"})).status_code == 400
    assert await scene.pool.fetchval("select tenant_name from tenant where tenant_id = 'acme'") == "Acme"
    assert (await admin.post(f"{TENANTS}/nothing", ACME)).status_code == 404


async def test_the_default_tenant_is_changed_without_a_name(admin: Browser, scene: Scene) -> None:
    assert (await admin.post(f"{TENANTS}/default", {"primary_color": "#445566"})).status_code == 303
    assert 'fill="#445566"' in (await admin.get(TENANTS)).text


async def test_viewers_see_a_tenant_without_its_form(signed_in: SignedIn, scene: Scene) -> None:
    viewer = await signed_in("viewer")
    assert "Save the tenant" not in (await viewer.get(f"{TENANTS}/default")).text
