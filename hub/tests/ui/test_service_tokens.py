"""Service tokens: made ones are shown once, ended ones open nothing, and all of it is noted without them."""

import pytest
from suprsend_hub.store.database import Pool
from suprsend_hub.store.workspaces import Workspace

from hub.tests.conftest import Api
from hub.tests.ui.browser import Browser, name_of
from hub.tests.ui.test_keys import noted, shown_once
from hub.tests.ui.test_pages import XSS, outline

TOKENS = "/console/~/tokens"


async def ask(api: Api, token: str) -> int:
    """The answer of the management API to this token."""
    reply = await api.request("GET", "/v1/workspace/", headers={"Authorization": f"ServiceToken {token}"})
    return reply.status_code


async def test_a_token_is_shown_once_and_says_who_made_it_and_when_it_was_used(
    admin: Browser, api: Api, pool: Pool, workspace: Workspace
) -> None:
    token = shown_once((await admin.post(TOKENS, {"name": "pipeline"})).text)
    page = (await admin.get(TOKENS)).text
    assert token not in page
    row = next(each for each in page.split("<tr>") if ">pipeline<" in each)
    assert name_of("admin") in row
    assert "never" in row
    assert await ask(api, token) == 200
    row = next(each for each in (await admin.get(TOKENS)).text.split("<tr>") if ">pipeline<" in each)
    assert "never" not in row
    lines = await noted(pool)
    assert [line.startswith("made service token pipeline") for line in lines] == [True]
    assert token not in str(lines)


async def test_an_ended_token_opens_nothing(admin: Browser, api: Api, pool: Pool, workspace: Workspace) -> None:
    token = shown_once((await admin.post(TOKENS, {"name": "pipeline"})).text)
    number = await pool.fetchval("select id from service_token where name = 'pipeline'")
    assert (await admin.post(f"{TOKENS}/{number}/end")).status_code == 303
    assert await ask(api, token) == 401
    assert ">pipeline<" not in (await admin.get(TOKENS)).text
    assert (await admin.post(f"{TOKENS}/{number}/end")).status_code == 404
    assert (await noted(pool))[-1].startswith("ended service token pipeline")


@pytest.mark.parametrize("name", ["", "x" * 65])
async def test_a_name_that_is_none_makes_no_token(admin: Browser, pool: Pool, name: str) -> None:
    answer = await admin.post(TOKENS, {"name": name})
    assert answer.status_code == 400
    assert "must have 1 to 64 printable characters" in answer.text
    assert await pool.fetchval("select count(*) from service_token where made_by <> 'command line'") == 0


async def test_whatever_a_token_is_called_is_shown_as_it_is(admin: Browser) -> None:
    page = (await admin.post(TOKENS, {"name": XSS[:64]})).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(" in page
    assert outline(page).faults == []
    assert outline(page).open == []
