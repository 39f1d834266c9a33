"""Vendor accounts: seen by everybody, set up by admins, and their secrets never shown again."""

import re
from collections.abc import Awaitable, Callable

import pytest
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.vendors import list_vendors
from suprsend_hub.store.workspaces import Workspace

from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

VENDORS = "/console/demo/vendors"
SECRET = "s3cret-of-smtp"
SMTP = {
    "vendor": "smtp",
    "nickname": "main",
    "priority": "3",
    "rate": "2.5",
    "category": "transactional",
    "setting-host": "127.0.0.1",
    "setting-port": "9",
    "setting-security": "none",
    "setting-from_address": "shop@example.com",
    "setting-username": "shop",
    "setting-password": SECRET,
}


@pytest.fixture
async def added(admin: Browser) -> str:
    """The address of an account that was added with the form."""
    answer = await admin.post(VENDORS, SMTP)
    assert answer.status_code == 303, answer.text
    page = (await admin.get(VENDORS)).text
    assert "main now sends email." in page
    return page.split(f'href="{VENDORS}/')[2].partition('"')[0]


async def stored(pool: Pool, vault: Vault, workspace: Workspace) -> list[VendorAccount]:
    """The accounts of the workspace."""
    async with pool.acquire() as connection:
        return await list_vendors(connection, vault, workspace.id)


async def test_without_accounts_the_page_says_what_to_do(admin: Browser) -> None:
    assert "No accounts yet" in (await admin.get(VENDORS)).text
    chosen = (await admin.get(f"{VENDORS}/new")).text
    assert "vendor=smtp" in chosen
    assert "vendor=apprise" in chosen


async def test_an_account_is_added_as_its_form_says_and_it_is_noted(
    admin: Browser, added: str, pool: Pool, vault: Vault, workspace: Workspace
) -> None:
    (account,) = await stored(pool, vault, workspace)
    assert (account.nickname, account.vendor, account.channel, account.priority) == ("main", "smtp", "email", 3)
    assert (account.rate_per_second, account.roots) == (2.5, frozenset({"transactional"}))
    assert (account.settings["port"], account.settings["password"]) == (9, SECRET)
    noted = await pool.fetchrow("select * from audit_entry where action = 'added vendor'")
    assert noted
    assert noted["target"] == "main"
    assert SECRET not in str(dict(noted))


async def test_secrets_are_not_shown_and_stay_where_they_are_left_empty(
    admin: Browser, added: str, pool: Pool, vault: Vault, workspace: Workspace
) -> None:
    page = (await admin.get(f"{VENDORS}/{added}")).text
    assert SECRET not in page
    assert "127.0.0.1" in page
    changed = {**SMTP, "setting-password": "", "setting-host": "localhost", "priority": "1"}
    assert (await admin.post(f"{VENDORS}/{added}", changed)).status_code == 303
    (account,) = await stored(pool, vault, workspace)
    assert (account.settings["host"], account.settings["password"], account.priority) == ("localhost", SECRET, 1)
    assert await pool.fetchval("select target from audit_entry where action = 'changed vendor'") == "main"
    without = {**changed, "setting-username": "", "forget": "password"}
    assert (await admin.post(f"{VENDORS}/{added}", without)).status_code == 303
    (account,) = await stored(pool, vault, workspace)
    assert "password" not in account.settings


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"setting-host": ""}, "is required"),
        ({"setting-port": "99999"}, "65535"),
        ({"setting-nonsense": "x"}, "is not a setting of this vendor"),
        ({"priority": "-1"}, "priority"),
        ({"category": "everything"}, "is not known"),
        ({"fallback": "5m"}, "does not report deliveries"),
        ({"channel": "sms"}, "serves email and nothing else"),
    ],
)
async def test_what_is_wrong_is_said_beside_what_was_typed(
    admin: Browser, pool: Pool, changes: dict[str, str], said: str
) -> None:
    answer = await admin.post(VENDORS, {**SMTP, **changes})
    assert answer.status_code == 400
    assert said in answer.text.lower()
    assert "shop@example.com" in answer.text
    assert SECRET not in answer.text
    assert await pool.fetchval("select count(*) from vendor") == 0


async def test_a_nickname_is_of_one_account(admin: Browser, added: str, pool: Pool) -> None:
    answer = await admin.post(VENDORS, SMTP)
    assert "there is an account" in answer.text
    assert await pool.fetchval("select revision from vendor") == 1


async def test_a_test_says_what_the_vendor_said(admin: Browser, added: str, pool: Pool) -> None:
    assert (await admin.post(f"{VENDORS}/{added}/test", {"to": "ada@example.com"})).status_code == 303
    page = (await admin.get(f"{VENDORS}/{added}")).text
    assert "deferred: vendor_unreachable" in page
    assert await pool.fetchval("select count(*) from audit_entry where action = 'sent a test'") == 1


async def test_an_account_is_removed(admin: Browser, added: str, pool: Pool) -> None:
    assert (await admin.post(f"{VENDORS}/{added}/remove")).status_code == 303
    assert await pool.fetchval("select count(*) from vendor") == 0
    assert await pool.fetchval("select count(*) from audit_entry where action = 'removed vendor'") == 1
    assert (await admin.get(f"{VENDORS}/{added}")).status_code == 404


async def test_an_account_is_disabled_and_enabled(
    admin: Browser, added: str, pool: Pool, vault: Vault, workspace: Workspace
) -> None:
    assert (await admin.post(f"{VENDORS}/{added}/disable")).status_code == 303
    assert [each.is_enabled for each in await stored(pool, vault, workspace)] == [False]
    assert "disabled" in (await admin.get(VENDORS)).text
    assert (await admin.post(f"{VENDORS}/{added}", SMTP)).status_code == 303
    assert [each.is_enabled for each in await stored(pool, vault, workspace)] == [False], "a change enables nothing"
    assert (await admin.post(f"{VENDORS}/{added}/enable")).status_code == 303
    assert [each.is_enabled for each in await stored(pool, vault, workspace)] == [True]
    noted = await pool.fetch("select action from audit_entry where target = 'main' order by id")
    assert [row["action"] for row in noted] == ["added vendor", "disabled vendor", "changed vendor", "enabled vendor"]
    assert (await admin.post(f"{VENDORS}/999/disable")).status_code == 404


async def test_the_order_of_smart_delivery_and_what_queues_is_shown(admin: Browser, added: str, pool: Pool) -> None:
    other = {"vendor": "webhook", "channel": "sms", "nickname": "texts", "cost": "0.5"}
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    answer = await admin.post(
        VENDORS, {**other, "setting-base_url": "https://sms.example.com/", "setting-secret": secret}
    )
    assert answer.status_code == 303, answer.text
    await pool.execute(
        "insert into vendor_budget (vendor_id, tokens, counted_at, queued_until)"
        " values ($1, 0, now(), array[now() + interval '3 minutes'])",
        int(added),
    )
    page = (await admin.get(VENDORS)).text
    assert "full for" in page
    assert re.sub(r"<[^>]+>", "", page).count("email (0) → sms (0.5)") == 1


async def test_viewers_see_accounts_and_no_way_to_change_them(
    signed_in: Callable[[Role], Awaitable[Browser]], added: str
) -> None:
    viewer = await signed_in("viewer")
    page = (await viewer.get(VENDORS)).text
    assert "main" in page
    assert "Add an account" not in page
    assert "Remove" not in page


async def test_whatever_is_written_is_shown_as_it_is(admin: Browser) -> None:
    hostile = {**SMTP, "nickname": XSS[:64], "tenant": XSS, "setting-username": XSS}
    assert (await admin.post(VENDORS, hostile)).status_code == 303
    page = (await admin.get(VENDORS)).text
    account = page.split(f'href="{VENDORS}/')[2].partition('"')[0]
    for shown in (page, (await admin.get(f"{VENDORS}/{account}")).text):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(" in shown
        assert outline(shown).faults == []
        assert outline(shown).open == []
