"""Keys: made ones are shown once, ended ones open nothing, and all of it is noted without them."""

import re
from collections.abc import Awaitable, Callable
from html import unescape

import pytest
from suprsend_hub.store.api_keys import find_api_key
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace, find_workspace

from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

KEYS = "/console/demo/keys"


def shown_once(page: str) -> str:
    """What a page shows only once."""
    found = re.search(r"<pre>(.*?)</pre>\n<p class=\"faint\">Keep it now", page, re.DOTALL)
    assert found, page
    return unescape(found[1])


async def noted(pool: Pool) -> list[str]:
    """What people did in the console, and everything that the audit log says of it, in one line each."""
    rows = await pool.fetch(
        "select action, target, details::text as details from audit_entry"
        " where user_kind = 'person' and action <> 'signed in' order by id"
    )
    return [f"{row['action']} {row['target']} {row['details']}" for row in rows]


async def test_an_api_key_is_shown_once_and_ends_at_a_click(admin: Browser, pool: Pool, vault: Vault) -> None:
    key = shown_once((await admin.post(f"{KEYS}/api", {"name": "checkout"})).text)
    assert key not in (await admin.get(KEYS)).text
    async with pool.acquire() as connection:
        found = await find_api_key(connection, vault, key)
        assert found
        assert (await admin.post(f"{KEYS}/api/{found[1].id}/end")).status_code == 303
        assert await find_api_key(connection, vault, key) is None
    assert (await admin.post(f"{KEYS}/api/{found[1].id}/end")).status_code == 404
    lines = await noted(pool)
    assert [line.startswith(("made API key checkout", "ended API key")) for line in lines] == [True, True]
    assert not any(key in line for line in lines)


async def test_a_public_key_is_made_secured_renewed_and_ended(admin: Browser, pool: Pool) -> None:
    assert (await admin.post(f"{KEYS}/public", {"name": "shop", "is_secure": "true"})).status_code == 303
    row = await pool.fetchrow("select * from public_key where name = 'shop'")
    assert row
    assert row["is_secure"]
    assert row["key"] in (await admin.get(KEYS)).text
    path = f"{KEYS}/public/{row['id']}"
    assert (await admin.post(f"{path}/secure", {"is_secure": "false"})).status_code == 303
    assert (await admin.post(f"{path}/renew")).status_code == 303
    now = await pool.fetchrow("select * from public_key where id = $1", row["id"])
    assert now
    assert not now["is_secure"]
    assert now["key"] != row["key"]
    assert (await admin.post(f"{path}/end")).status_code == 303
    assert now["key"] not in (await admin.get(KEYS)).text
    assert (await admin.post(f"{path}/renew")).status_code == 404
    assert len(await noted(pool)) == 4


async def test_signing_keys_are_made_and_replaced(admin: Browser, pool: Pool) -> None:
    await admin.post(f"{KEYS}/signing/roll")
    assert "there is no signing key to roll" in (await admin.get(KEYS)).text
    first = shown_once((await admin.post(f"{KEYS}/signing")).text)
    second = shown_once((await admin.post(f"{KEYS}/signing/roll", {"hours": "1"})).text)
    assert "BEGIN PRIVATE KEY" in first
    assert first != second
    page = (await admin.get(KEYS)).text
    assert "PRIVATE KEY" not in page
    assert "replaced" in page
    assert await pool.fetchval("select count(*) from signing_key where status = 'active'") == 1
    assert not any("PRIVATE" in line for line in await noted(pool))


async def test_a_rotated_secret_is_shown_once_and_the_old_one_is_good_for_a_while(
    admin: Browser, pool: Pool, vault: Vault, workspace: Workspace
) -> None:
    secret = shown_once((await admin.post(f"{KEYS}/secret/rotate", {"hours": "2"})).text)
    async with pool.acquire() as connection:
        now = await find_workspace(connection, vault, workspace.name)
    assert now
    assert now.secrets == (secret, *workspace.secrets)
    page = (await admin.get(KEYS)).text
    assert not any(each in page for each in now.secrets)
    assert "the one before is good for a while yet" in page
    (line,) = await noted(pool)
    assert line.startswith("rotated workspace secret demo")
    assert secret not in line


@pytest.mark.parametrize("name", ["", "x" * 65])
async def test_a_name_that_is_none_makes_no_key(admin: Browser, pool: Pool, name: str) -> None:
    before = await pool.fetchval("select count(*) from api_key")
    answer = await admin.post(f"{KEYS}/api", {"name": name})
    assert answer.status_code == 400
    assert "must have 1 to 64 printable characters" in answer.text
    assert (await admin.post(f"{KEYS}/public", {"name": name})).status_code == 400
    assert await pool.fetchval("select count(*) from api_key") == before
    assert await noted(pool) == []


async def test_viewers_see_keys_and_no_way_to_change_them(signed_in: Callable[[Role], Awaitable[Browser]]) -> None:
    page = (await (await signed_in("viewer")).get(KEYS)).text
    assert "Workspace key" in page
    assert "<button" not in page.partition('<main id="content"')[2]


async def test_whatever_a_key_is_called_is_shown_as_it_is(admin: Browser) -> None:
    await admin.post(f"{KEYS}/public", {"name": XSS[:64]})
    page = (await admin.post(f"{KEYS}/api", {"name": XSS[:64]})).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(" in page
    assert outline(page).faults == []
    assert outline(page).open == []


async def test_rates_are_shown_with_the_usual_one_and_set(admin: Browser, pool: Pool) -> None:
    await admin.post(f"{KEYS}/api", {"name": "checkout", "rate": "2.5"})
    number = await pool.fetchval("select id from api_key where name = 'checkout'")
    page = (await admin.get(KEYS)).text
    assert '<summary class="button">2.5</summary>' in page
    assert "usual: any" in page
    assert (await admin.post(f"{KEYS}/api/{number}/limit", {"rate": "0"})).status_code == 303
    assert await pool.fetchval("select requests_per_second from api_key where id = $1", number) == 0
    assert (await admin.post(f"{KEYS}/api/{number}/limit", {"rate": ""})).status_code == 303
    assert await pool.fetchval("select requests_per_second from api_key where id = $1", number) is None
    public = await pool.fetchval("select id from public_key")
    assert (await admin.post(f"{KEYS}/public/{public}/limit", {"rate": "7"})).status_code == 303
    assert await pool.fetchval("select requests_per_second from public_key") == 7
    assert (await admin.post(f"{KEYS}/workspace/limit", {"rate": "9"})).status_code == 303
    assert await pool.fetchval("select requests_per_second from workspace") == 9
    lines = await noted(pool)
    assert [line.rpartition(" {")[0].rpartition(" ")[0] for line in lines[1:]] == [
        "limited API key",
        "limited API key",
        "limited public key",
        "limited workspace key",
    ]
    assert lines[-1].startswith("limited workspace key demo ")
    await admin.post(f"{KEYS}/workspace/limit", {"rate": "-1"})
    assert "Nothing was set" in (await admin.get(KEYS)).text
    assert await pool.fetchval("select requests_per_second from workspace") == 9
    for gone in (999, "9" * 20, "9" * 5000):
        assert (await admin.post(f"{KEYS}/api/{gone}/limit", {"rate": "1"})).status_code == 404
