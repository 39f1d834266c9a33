"""The audit log in the words of people: nothing of how a program writes values."""

import re
from html import unescape

import pytest
from suprsend_hub.store.database import Pool
from suprsend_hub.store.workspaces import Workspace
from suprsend_hub.ui.shown import show_detail

from hub.tests.ui.browser import Browser
from hub.tests.ui.test_vendors import SMTP, VENDORS


async def details(browser: Browser, action: str) -> list[str]:
    """The details of each change of that name, newest first."""
    page = (await browser.get("/console/~/audit")).text
    rows = [row for row in page.split("<tr>") if f"<td>{action}</td>" in row]
    return [
        unescape(" ".join(re.sub("<[^>]*>", " ", row.rpartition("<td")[2].partition(">")[2]).split())) for row in rows
    ]


async def test_a_rate_that_was_taken_away_is_no_limit(admin: Browser, pool: Pool) -> None:
    await admin.post(VENDORS, {**SMTP, "tenant": "acme"})
    number = await pool.fetchval("select id from vendor")
    await admin.post(f"{VENDORS}/{number}", {**SMTP, "rate": ""})
    changed, added = (await details(admin, "changed vendor"))[0], (await details(admin, "added vendor"))[0]
    assert "tenant acme rate 2.5 settings" in added
    assert "tenant every rate no limit settings" in changed
    for typed in ("", "0", "7"):
        await admin.post("/console/demo/keys/workspace/limit", {"rate": typed})
    assert await details(admin, "limited workspace key") == ["rate 7", "rate no limit", "rate the installation’s"]


async def test_nothing_in_the_log_is_written_as_a_program_writes_it(
    admin: Browser, pool: Pool, workspace: Workspace
) -> None:
    await pool.execute(
        "insert into audit_entry (user_name, workspace_id, action, target, details)"
        " values ('ada', $1, 'did', 'it', $2)",
        workspace.id,
        '{"rate": null, "message": "", "channels": ["email", "sms"], "secure": true, "to": [], "as": {"a": null}}',
    )
    [told] = await details(admin, "did")
    assert told == 'rate no limit message none channels email, sms secure yes to none as {"a":null}'


@pytest.mark.parametrize(
    ("value", "name", "shown"),
    [
        (None, "rate", "no limit"),
        (None, "message", "none"),
        ("", "states", "all"),
        ([], "channels", "none"),
        (["email", None, True], "channels", "email, all, yes"),
        (False, "secure", "no"),
        (2.0, "rate", "2"),
        (2.5, "rate", "2.5"),
        (1234567, "number", "1234567"),
        ("None", "message", "None"),
    ],
)
def test_a_detail_is_told_in_words(value: object, name: str, shown: str) -> None:
    assert show_detail(value, name) == shown
