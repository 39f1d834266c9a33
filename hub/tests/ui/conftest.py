"""The console of the real application, and people of each role who may use it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Dialog, Page, async_playwright
from suprsend_hub.store.console_roles import put_workspace_role
from suprsend_hub.store.console_users import ROLES, Role, insert_console_user
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace

from hub.tests.actions.scene import Scene
from hub.tests.conftest import Api
from hub.tests.ui.browser import PASSWORD, PASSWORD_HASH, Browser, name_of
from hub.tests.ui.chromium import OPTIONS, find_chromium


@pytest.fixture
async def people(pool: Pool) -> None:
    """Somebody of each role, all with one password."""
    async with pool.acquire() as connection:
        for role in ROLES:
            await insert_console_user(connection, name_of(role), role, PASSWORD_HASH)


@pytest.fixture
def browser(api: Api, people: None) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(api)


@pytest.fixture
def signed_in(api: Api, people: None, workspace: Workspace) -> Callable[[Role], Awaitable[Browser]]:
    """Makes a browser in which somebody of a role is signed in."""

    async def make(role: Role) -> Browser:
        made = Browser(api)
        assert (await made.sign_in(name_of(role))).status_code == 303
        return made

    return make


@pytest.fixture
def signed_in_to(api: Api, people: None, pool: Pool, workspace: Workspace) -> Callable[[Role], Awaitable[Browser]]:
    """Makes a browser in which somebody is signed in who has a role in the workspace, and none in any other."""

    async def make(role: Role) -> Browser:
        name = f"{role}-of-demo@example.com"
        async with pool.acquire() as connection:
            user_id = await insert_console_user(connection, name, None, PASSWORD_HASH)
            assert user_id is not None
            await put_workspace_role(connection, user_id, workspace.id, role)
        made = Browser(api)
        assert (await made.sign_in(name)).status_code == 303
        return made

    return make


@pytest.fixture
async def admin(signed_in: Callable[[Role], Awaitable[Browser]]) -> Browser:
    """A browser in which an admin is signed in."""
    return await signed_in("admin")


@pytest.fixture
async def scene(pool: Pool, vault: Vault, workspace: Workspace) -> Scene:
    """The workspace's template and vendors."""
    return await Scene(pool, vault, workspace).prepare()


@pytest.fixture
async def page(api: Api, people: None) -> AsyncIterator[Page]:
    """A page of a real browser in which an editor is signed in; what the page logs as an error fails the test."""
    async with async_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        browser = await playwright.chromium.launch(executable_path=program, args=OPTIONS)
        page = await browser.new_page(base_url=api.base_url, viewport={"width": 1280, "height": 1000})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.extend(_unwanted(dialog)))
        await page.goto("/console/~/sign-in")
        await page.fill("#name", name_of("editor"))
        await page.fill("#password", PASSWORD)
        await page.click("button.main")
        yield page
        assert errors == []
        await browser.close()


def _unwanted(dialog: Dialog) -> list[str]:
    """What a dialog says; whether what is not saved may be left, tests answer themselves."""
    return [] if dialog.type == "beforeunload" else [dialog.message]
