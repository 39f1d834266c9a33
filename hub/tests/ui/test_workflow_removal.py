"""A workflow is removed: nothing of it begins any more, what runs goes on, and the history knows its name."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape

import pytest
from suprsend_hub.actions.accept import Receipt
from suprsend_hub.actions.advance import advance
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.job import Advance, Plan, Send
from suprsend_hub.store.console_users import Role

from hub.tests.actions.scene import Scene
from hub.tests.actions.stored_workflow import DELAY, SEND, commit_workflow, run_jobs, trigger
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import check_whole

HOME = "/console/demo/workflows"
PURCHASE = f"{HOME}/purchase"
REMOVE = f"{PURCHASE}/remove"


@pytest.fixture
async def editor(signed_in: Callable[[Role], Awaitable[Browser]], scene: Scene) -> Browser:
    """A browser of an editor, and a workflow that sends, waits, and sends."""
    await commit_workflow(scene, SEND, DELAY, SEND)
    return await signed_in("editor")


async def test_a_workflow_is_removed_by_whoever_writes_its_slug(editor: Browser, scene: Scene) -> None:
    for typed in ("", "purchas", "Purchase"):
        await editor.post(REMOVE, {"confirmation": typed})
        assert "Nothing was removed: write the workflow’s slug to confirm." in (await editor.get(PURCHASE)).text
    assert (await editor.post(REMOVE, {"confirmation": " purchase "})).headers["location"] == HOME
    page = (await editor.get(HOME)).text
    assert "The workflow was removed." in page
    assert PURCHASE not in page
    assert (await editor.get(PURCHASE)).status_code == 404
    assert isinstance(await trigger(scene), Invalid)
    [noted] = await scene.pool.fetch("select * from audit_entry where action = 'removed workflow'")
    assert (noted["target"], noted["user_name"]) == ("purchase", editor.name)
    assert (await editor.post(REMOVE, {"confirmation": "purchase"})).status_code == 404


async def test_what_runs_goes_on_with_its_version_and_its_pages_say_what_it_was(editor: Browser, scene: Scene) -> None:
    receipt = await trigger(scene)
    assert isinstance(receipt, Receipt)
    await run_jobs(scene, Plan)
    run_id = await scene.pool.fetchval("select id from run")
    pages = (f"/console/demo/requests/{receipt.request_ids[0]}", f"/console/demo/runs/{run_id}")
    for path in pages:
        assert f'href="{PURCHASE}"' in (await editor.get(path)).text
    assert (await editor.post(REMOVE, {"confirmation": "purchase"})).status_code == 303
    for path in pages:
        page = (await editor.get(path)).text
        assert f'href="{PURCHASE}"' not in page
        assert "version 1, removed since" in page
        check_whole(page)
    [waiting] = [job for job in await scene.jobs() if isinstance(job, Advance)]
    await advance(scene.pool, waiting, scene.now() + timedelta(hours=2))
    await run_jobs(scene, Send)
    assert [message.address for _, message in scene.recorder.sent] == ["ada@example.com"] * 2


async def test_another_workflow_of_that_slug_is_not_taken_for_it(editor: Browser, scene: Scene) -> None:
    receipt = await trigger(scene)
    assert isinstance(receipt, Receipt)
    await editor.post(REMOVE, {"confirmation": "purchase"})
    await commit_workflow(scene, SEND)
    page = (await editor.get(f"/console/demo/requests/{receipt.request_ids[0]}")).text
    assert "version 1, removed since" in page


async def test_who_removes_a_workflow_is_told_what_starts_it(editor: Browser, scene: Scene) -> None:
    page = unescape((await editor.get(PURCHASE)).text)
    assert "Its triggers are refused. What runs goes on" in page
    await commit_workflow(scene, SEND, events=("ORDERED", "$USER_ENTERED_LIST - <b>readers</b>"))
    page = (await editor.get(PURCHASE)).text
    assert "<code>ORDERED</code>, <code>$USER_ENTERED_LIST - &lt;b&gt;readers&lt;/b&gt;</code>" in page
    check_whole(page)


async def test_a_viewer_removes_no_workflow(editor: Browser, signed_in: Callable[[Role], Awaitable[Browser]]) -> None:
    viewer = await signed_in("viewer")
    assert REMOVE not in (await viewer.get(PURCHASE)).text
    assert (await viewer.post(REMOVE, {"confirmation": "purchase"})).status_code == 403
    assert (await viewer.get(PURCHASE)).status_code == 200
