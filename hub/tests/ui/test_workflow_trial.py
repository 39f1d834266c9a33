"""Running a workflow by hand: for one user, once a form, noted, and by the rules of every trigger."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import unescape

import msgspec
import pytest
from suprsend_hub.actions.edit_payload_schema import SchemaChanges, save_schema
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS
from hub.tests.ui.test_workflows import PURCHASE, SEND, definition, save

RUN = f"{PURCHASE}/run"
WANTED = {"user": "u1", "data": '{"first_name": "Grace"}', "sure": "true"}
REQUESTS = "select count(*) from request where workflow_version_id is not null"


@pytest.fixture
async def editor(signed_in: Callable[[Role], Awaitable[Browser]], scene: Scene) -> Browser:
    """An editor of a workspace that has a live workflow, and a user."""
    await scene.accept(trigger_body())
    await scene.plan_all()
    await save(scene, definition(SEND))
    return await signed_in("editor")


async def fields(editor: Browser, **changes: str) -> dict[str, str]:
    """The form with its token, and what is typed."""
    found = re.search(r'name="token" value="([^"]+)"', (await editor.get(RUN)).text)
    assert found
    return {**WANTED, "token": found[1], **changes}


async def test_a_workflow_runs_for_one_user_and_leads_to_its_request(editor: Browser, scene: Scene, pool: Pool) -> None:
    sent = await editor.post(RUN, await fields(editor, tenant="acme"))
    row = await pool.fetchrow("select id, body, tenant_id, category from request where workflow_version_id is not null")
    assert row
    assert sent.headers["location"] == f"/console/demo/requests/{row['id']}"
    assert (row["tenant_id"], row["category"]) == ("acme", "transactional")
    body = msgspec.json.decode(row["body"])
    assert (body["recipients"], body["data"]) == (["u1"], {"first_name": "Grace"})
    page = (await editor.get(sent.headers["location"])).text
    assert "It runs." in page
    assert f'href="{PURCHASE}"' in page
    await scene.plan_all()
    await scene.send_all()
    assert "Thanks, Grace" in [message.content.get("subject") for _, message in scene.recorder.sent]
    entry = await pool.fetchrow("select target, details from audit_entry where action = 'ran workflow'")
    assert entry
    number = await pool.fetchval("select id from profile where distinct_id = 'u1' and tenant_id = ''")
    assert (entry["target"], msgspec.json.decode(entry["details"])) == (
        "purchase",
        {"user": number, "request": row["id"]},
    )


async def test_a_form_that_is_sent_twice_counts_once(editor: Browser, pool: Pool) -> None:
    form = await fields(editor)
    together = await asyncio.gather(editor.post(RUN, form), editor.post(RUN, form))
    later = await editor.post(RUN, form)
    assert len({each.headers["location"] for each in (*together, later)}) == 1
    assert "Nothing was sent again." in (await editor.get(later.headers["location"])).text
    assert await pool.fetchval(REQUESTS) == 1
    assert await pool.fetchval("select count(*) from audit_entry where action = 'ran workflow'") == 1
    await editor.post(RUN, await fields(editor))
    assert await pool.fetchval(REQUESTS) == 2


async def test_what_was_sent_so_long_ago_that_it_is_forgotten_is_not_sent_again(editor: Browser, pool: Pool) -> None:
    form = await fields(editor)
    await editor.post(RUN, form)
    await pool.execute("delete from request where workflow_version_id is not null")
    again = await editor.post(RUN, form)
    assert again.headers["location"] == "/console/demo/requests"
    assert "nothing was sent again" in (await editor.get("/console/demo/requests")).text
    assert await pool.fetchval(REQUESTS) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user": "nobody"}, "user-problem"),
        ({"user": ""}, "user-problem"),
        ({"user": XSS}, "user-problem"),
        ({"data": "{"}, "data-problem"),
        ({"data": f'["{XSS}"]'}, "data-problem"),
        ({"data": '{"$attachments": 1}'}, "data.$attachments: must be an array"),
        ({"data": '{"a": "\\u0000"}'}, "data.a: must not hold the NUL"),
        ({"sure": ""}, "sure-problem"),
        ({"token": ""}, "load the page anew"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_sent(
    editor: Browser, pool: Pool, changes: dict[str, str], said: str
) -> None:
    form = await fields(editor, **changes)
    refused = await editor.post(RUN, form)
    assert refused.status_code == 400
    assert said in unescape(refused.text)
    assert "<script>alert" not in refused.text
    kept = unescape(refused.text)
    assert form["data"] in kept
    assert not form["token"] or f'name="token" value="{form["token"]}"' in kept
    assert await pool.fetchval(REQUESTS) == 0
    assert await pool.fetchval("select count(*) from audit_entry where action = 'ran workflow'") == 0


async def test_what_is_not_live_or_is_disabled_does_not_run(editor: Browser, scene: Scene, pool: Pool) -> None:
    form = await fields(editor)
    await editor.post(f"{PURCHASE}/disable")
    assert "It is disabled" in (await editor.get(RUN)).text
    assert (await editor.post(RUN, form)).status_code == 400
    await save(scene, definition(SEND), "later", commit=None)
    later = PURCHASE.replace("purchase", "later") + "/run"
    assert "Nothing of it is live yet" in (await editor.get(later)).text
    assert (await editor.post(later, form)).status_code == 400
    assert await pool.fetchval(REQUESTS) == 0


async def test_data_that_does_not_fit_the_schema_is_refused_as_over_the_api(
    editor: Browser, scene: Scene, pool: Pool
) -> None:
    document = {"type": "object", "properties": {"first_name": {"type": "integer"}}}
    await save_schema(scene.pool, scene.workspace.id, "bought", SchemaChanges(document), scene.now(), commit="")
    await save(scene, definition(SEND, payload_schema={"schema": "bought"}))
    refused = await editor.post(RUN, await fields(editor))
    assert refused.status_code == 400
    assert "data.first_name" in refused.text
    assert await pool.fetchval(REQUESTS) == 0
    assert (await editor.post(RUN, await fields(editor, data='{"first_name": 1}'))).status_code == 303


async def test_a_viewer_runs_nothing(
    editor: Browser, signed_in: Callable[[Role], Awaitable[Browser]], pool: Pool
) -> None:
    form, viewer = await fields(editor), await signed_in("viewer")
    assert (await viewer.get(RUN)).status_code == 403
    assert (await viewer.post(RUN, form)).status_code == 403
    assert await pool.fetchval(REQUESTS) == 0
