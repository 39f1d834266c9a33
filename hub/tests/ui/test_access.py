"""Who may see and do what: every route of the console, every role, and every way in which a change may be forged."""

from collections.abc import Awaitable, Callable

import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.edit_vendors import VendorDesk
from suprsend_hub.actions.edit_webhooks import WebhookDesk
from suprsend_hub.hub import Hub
from suprsend_hub.store.console_roles import put_workspace_role
from suprsend_hub.store.console_users import ROLES, Role
from suprsend_hub.store.database import Pool
from suprsend_hub.ui.access import ACCESS
from suprsend_hub.ui.router import make_console, make_router
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.webhook_poster import WebhookPoster

from hub.tests.actions.scene import Scene
from hub.tests.conftest import Reply
from hub.tests.ui.browser import PASSWORD, Browser, name_of

Route = tuple[str, str]
SignedIn = Callable[[Role], Awaitable[Browser]]

# What the role matrix puts into the place of parameters.
NAMES = {
    "workspace": "demo",
    "name": "nobody",
    "version_no": "1",
    "workflow": "purchase",
    "event": "ORDERED",
    "schema": "order",
}
THEME = {"theme": "dark", "next": "/console/demo"}
NOT_SIGNED_IN = "/console/~/sign-in"


@pytest.fixture
def routes(hub: Hub) -> set[Route]:
    """Every route that the console has."""
    webhooks = WebhookDesk(WebhookPoster().check, WebhookPoster().visit)
    router = make_router(make_console(hub.pool, hub.vault, "", VendorDesk({}, Sender().send), webhooks, hub.now))
    return {(method, route.path_format) for route in router.routes for method in route.methods - {"OPTIONS"}}


def fill(path: str) -> str:
    """A path with names in the place of parameters."""
    parts = (NAMES.get(part[1:-1], "x") if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def is_let_in(reply: Reply) -> bool:
    """Whether a visit is let in, or has another reason than who makes it not to be."""
    assert reply.status_code < 500, reply.text
    return reply.status_code != 403 and not reply.headers.get("location", "").startswith(NOT_SIGNED_IN)


def test_every_route_stands_in_the_table_and_the_table_names_no_other(routes: set[Route]) -> None:
    assert routes == set(ACCESS)


def test_no_name_of_a_workspace_hides_a_page_and_no_page_hides_a_workspace() -> None:
    first = {path.removeprefix("/console").strip("/").partition("/")[0] for _, path in ACCESS}
    assert first == {"", "~", "{workspace}"}


async def test_only_development_mode_leads_to_an_outbox(admin: Browser) -> None:
    assert (await admin.get("/console/outbox")).status_code == 404


async def test_every_route_is_open_to_its_roles_and_to_nobody_else(
    routes: set[Route], signed_in: SignedIn, browser: Browser, scene: Scene
) -> None:
    visitors = {role: await signed_in(role) for role in ROLES}
    for method, path in sorted(routes - {("POST", "/console/~/sign-out"), ("POST", "/console/~/sign-in")}):
        needed = ACCESS[(method, path)]
        found: set[Role] = set()
        for role, visitor in visitors.items():
            ask = visitor.get if method == "GET" else visitor.post
            if is_let_in(await ask(fill(path))):
                found.add(role)
        expected = set(ROLES) if needed in ("open", "known") else set(ROLES[ROLES.index(needed) :])
        assert found == expected, f"{method} {path}"
        asked = await (browser.get(fill(path)) if method == "GET" else browser.post(fill(path)))
        assert is_let_in(asked) == (needed == "open"), f"{method} {path} without a session"


async def test_a_role_in_one_workspace_opens_what_is_of_that_workspace_and_nothing_else(
    routes: set[Route], signed_in_to: SignedIn, scene: Scene
) -> None:
    await create_workspace(scene.pool, scene.vault, "other")
    editor = await signed_in_to("editor")
    for method, path in sorted(routes - {("POST", "/console/~/sign-out"), ("POST", "/console/~/sign-in")}):
        needed, ask = ACCESS[(method, path)], editor.get if method == "GET" else editor.post
        is_below = "{workspace}" in path
        expected = needed in ("open", "known") or (is_below and needed in ("viewer", "editor"))
        assert is_let_in(await ask(fill(path))) == expected, f"{method} {path}"
        if is_below:
            elsewhere = fill(path.replace("{workspace}", "other"))
            nowhere = fill(path.replace("{workspace}", "nowhere"))
            answers = [await ask(elsewhere), await ask(nowhere)]
            assert [each.status_code for each in answers] == [404, 404], f"{method} {path}"
            assert answers[0].text.replace("other", "nowhere") == answers[1].text


async def test_the_higher_of_two_roles_counts(signed_in: SignedIn, scene: Scene) -> None:
    other = await create_workspace(scene.pool, scene.vault, "other")
    viewer = await signed_in("viewer")
    user_id = await scene.pool.fetchval("select id from console_user where name = $1", name_of("viewer"))
    async with scene.pool.acquire() as connection:
        await put_workspace_role(connection, user_id, other.workspace.id, "admin")
    assert (await viewer.get("/console/other/vendors/new")).status_code == 200
    assert (await viewer.get("/console/demo/vendors")).status_code == 200
    assert (await viewer.get("/console/demo/vendors/new")).status_code == 403
    assert (await viewer.get("/console/~/team")).status_code == 403


async def test_only_the_workspaces_that_one_may_see_are_offered(signed_in_to: SignedIn, scene: Scene) -> None:
    await create_workspace(scene.pool, scene.vault, "other")
    admin = await signed_in_to("admin")
    assert (await admin.get("/console/")).headers["location"] == "/console/demo"
    chosen = (await admin.get("/console/?all")).text
    assert "/console/demo" in chosen
    assert "other" not in chosen
    page = (await admin.get("/console/demo")).text
    assert not any(each in page for each in ("/console/~/team", "/console/~/audit", "/console/~/tokens"))
    account = (await admin.get("/console/~/account")).text
    assert "In demo" in account
    await scene.pool.execute("delete from console_user_workspace")
    assert "no workspace that you may see" in (await admin.get("/console/")).text
    assert (await admin.get("/console/demo")).status_code == 404


async def test_what_is_not_in_the_table_is_refused(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ACCESS, ("GET", "/console/~/team"))
    assert (await admin.get("/console/~/team")).status_code == 403


async def test_a_role_counts_from_the_next_click_on(admin: Browser, signed_in: SignedIn) -> None:
    viewer = await signed_in("viewer")
    assert (await viewer.get("/console/~/team")).status_code == 403
    assert (await admin.post(f"/console/~/team/{name_of('viewer')}/role", {"role": "admin"})).status_code == 303
    assert (await viewer.get("/console/~/team")).status_code == 200


CHANGE = "/console/~/account/password"
FIELDS = {"former": PASSWORD, "password": "battery horse correct", "repeated": "battery horse correct"}


@pytest.mark.parametrize("token", [None, "", "x", "{other}"])
async def test_a_change_without_the_token_of_its_session_is_refused(
    admin: Browser, signed_in: SignedIn, pool: Pool, token: str | None
) -> None:
    other = await signed_in("viewer")
    given = {} if token is None else {"csrf": token.replace("{other}", await other.token())}
    refused = await admin.send("POST", CHANGE, {**FIELDS, **given}, {"Origin": admin.api.base_url})
    assert refused.status_code == 403
    assert "load the page anew" in refused.text
    assert await pool.fetchval("select count(*) from audit_entry where action = 'changed password'") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[bad"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_change_from_a_page_of_somebody_else_is_refused(admin: Browser, headers: dict[str, str]) -> None:
    token = await admin.token()
    refused = await admin.send("POST", CHANGE, {**FIELDS, "csrf": token}, headers)
    assert refused.status_code == 403
    signed_in_by_force = await Browser(admin.api).send(
        "POST", "/console/~/sign-in", {"name": name_of("admin"), "password": PASSWORD}, headers
    )
    assert signed_in_by_force.status_code == 403
    assert "set-cookie" not in signed_in_by_force.headers


async def test_no_change_is_taken_without_a_token_or_from_elsewhere(admin: Browser, scene: Scene, pool: Pool) -> None:
    token, own = await admin.token(), {"Origin": admin.api.base_url}
    before = await pool.fetchval("select count(*) from audit_entry")
    for method, path in sorted(route for route in ACCESS if route[0] != "GET"):
        forged = [
            ({"csrf": token}, {"Origin": "https://evil.example"}),
            ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"}),
        ]
        if ACCESS[(method, path)] != "open":
            forged += [({}, own), ({"csrf": "x"}, own), ({}, {"HX-Request": "true", "x-csrf-token": "x", **own})]
        for fields, headers in forged:
            refused = await admin.send(method, fill(path), fields, headers)
            assert refused.status_code == 403, f"{method} {path} with {fields} and {headers}"
    assert await pool.fetchval("select count(*) from audit_entry") == before
    assert (await admin.get("/console/~/account")).status_code == 200


async def test_htmx_may_send_the_token_as_a_header(admin: Browser) -> None:
    headers = {"x-csrf-token": await admin.token(), "Origin": admin.api.base_url, "Sec-Fetch-Site": "same-origin"}
    assert (await admin.send("POST", CHANGE, FIELDS, headers)).status_code == 303


async def test_an_htmx_request_without_a_session_leads_the_whole_page_to_the_form(browser: Browser) -> None:
    asked = await browser.get("/console/demo", HX_Request="true")
    assert asked.headers["hx-redirect"] == NOT_SIGNED_IN
    assert asked.text == ""
