"""The timeline of a run whose workflow has several steps."""

import re
from datetime import datetime

from suprsend_hub.domain.job import Advance, Plan

from hub.tests.actions.scene import Scene
from hub.tests.actions.stored_workflow import DELAY, SEND, commit_workflow, run_jobs, trigger
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS
from hub.tests.ui.test_requests import steps_of


async def test_each_step_of_a_workflow_stands_in_the_timeline_with_when_it_was_due(
    admin: Browser, scene: Scene
) -> None:
    await commit_workflow(scene, SEND, DELAY, {**SEND, "name": "Reminder"}, {**DELAY, "name": XSS})
    await trigger(scene)
    await run_jobs(scene, Plan)
    row = await scene.pool.fetchrow("select id, waits_until, created_at from run")
    assert row
    first_wait, path = row["waits_until"], f"/console/demo/runs/{row['id']}"
    page = (await admin.get(path)).text
    steps = [each for each in steps_of(page) if each.startswith("Step")]
    assert steps == [
        "Step 1: Send a mail · due, with purchase-made",
        "Step 2: Wait 1 hour · the workflow waits until then",
        "Step 3: Reminder · due then, with purchase-made",
    ]
    assert times_of(page, "Step") == [row["created_at"], first_wait, first_wait]
    await run_jobs(scene, Advance)
    second_wait = await scene.pool.fetchval("select waits_until from run")
    page = (await admin.get(path)).text
    steps = [each for each in steps_of(page) if each.startswith("Step")]
    assert steps[1:3] == [
        "Step 2: Wait 1 hour · the workflow waited until then",
        "Step 3: Reminder · due, with purchase-made",
    ]
    assert steps[3].startswith("Step 4: ")
    assert times_of(page, "Step") == [row["created_at"], first_wait, first_wait, second_wait]
    assert "<script>alert" not in page
    assert "Channels of step 3, Reminder" in page
    await admin.post(f"{path}/cancel")
    page = (await admin.get(path)).text
    assert "the workflow would have waited until then" in steps_of(page)[-1]
    assert times_of(page, "Step")[-1] == second_wait
    assert "3</span> Send a mail" in (await admin.get("/console/demo/workflows/purchase")).text, "counted as there"


def times_of(page: str, what: str) -> list[datetime]:
    """The times of those moments of a page's timeline whose words begin with these."""
    found = re.findall(rf'class="moment-what">{what}.*?datetime="([^"]+)"', page, re.DOTALL)
    return [datetime.fromisoformat(each) for each in found]
