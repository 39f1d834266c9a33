"""Preferences hold however a run begins and however late it sends, and cost a chunk no more than a few statements."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.accept import Submission, accept
from suprsend_hub.actions.advance import advance
from suprsend_hub.actions.begin_runs import Case, begin_runs
from suprsend_hub.actions.edit_preferences import Scope, WantedChoice, choose, choose_for_many
from suprsend_hub.actions.edit_profile import edit_profile
from suprsend_hub.actions.edit_workflow import save_workflow
from suprsend_hub.actions.programs import read_assignments
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.domain.details import read_details
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.job import Advance
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.recipient import Recipient
from suprsend_hub.domain.workflow_trigger import read_workflow_trigger
from suprsend_hub.store.requests import lock_accepted

from .scene import Scene, trigger_body

ADA = {"distinct_id": "u1", "$email": ["ada@example.com"]}
ADAS, TEAM = ProfileKey("u1"), ProfileKey("red", "team")
SEND = {"node_type": "send_email", "properties": {"template": "purchase-made"}}
DELAY = {"node_type": "delay", "properties": {"value": "1h"}}


async def opt_out(scene: Scene, key: ProfileKey = ADAS) -> None:
    """Let somebody, or something, opt out of a category."""
    scope = Scope(scene.workspace.id, "default")
    await choose(scene.pool, scope, key, "promotional", WantedChoice("opt_out"), scene.now())


async def make(scene: Scene, key: ProfileKey, email: str) -> None:
    """Add an address to a profile."""
    added = read_details({"$email": [email]}).added_to
    await edit_profile(scene.pool, scene.workspace.id, key, added, scene.now())


async def commit_workflow(scene: Scene, *nodes: Document, event: str | None = None) -> None:
    """Make a workflow live that sends mails, of promotional ones."""
    form: Document = {
        "name": "Offers",
        "category": "promotional",
        "trigger_type": "event" if event else "api",
        "tree": {"nodes": list(nodes)},
        **({"trigger_events": [event]} if event else {}),
    }
    saved = await save_workflow(scene.pool, scene.workspace.id, "offers", form, scene.now(), is_enabled=True, commit="")
    assert saved.faults == ()


async def trigger_workflow(scene: Scene, *recipients: Document | str) -> None:
    """Trigger it."""
    body = {"workflow": "offers", "recipients": list(recipients), "data": {"first_name": "Ada"}}
    read = read_workflow_trigger(msgspec.json.encode(body))
    await accept(scene.pool, [Submission(scene.workspace.id, (read,), is_array=False)], scene.now())


async def by_dynamic_trigger(scene: Scene) -> None:
    await scene.accept(trigger_body(users=[ADA], notification_category="promotional"))


async def by_workflow(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    await trigger_workflow(scene, ADA)


async def by_event(scene: Scene) -> None:
    await commit_workflow(scene, SEND, event="ORDERED")
    event = {"event": "ORDERED", "distinct_id": "u1", "properties": {"first_name": "Ada"}}
    await record(scene.pool, [Batch(scene.workspace.id, (read_record(msgspec.json.encode(event)),))], scene.now())


async def by_broadcast(scene: Scene) -> None:
    await scene.fill_list("beta", "u1")
    await scene.broadcast()
    await scene.expand_all()


async def by_workflow_for_an_object(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    await make(scene, TEAM, "team@example.com")
    await opt_out(scene, TEAM)
    await trigger_workflow(scene, {"object_type": "team", "id": "red"})


async def outcomes(scene: Scene) -> set[tuple[str, str | None]]:
    """What became of mails."""
    return {(each["status"], each["failure_code"]) for each in await scene.messages() if each["channel"] == "email"}


@pytest.mark.parametrize("begin", [by_dynamic_trigger, by_workflow, by_event, by_broadcast, by_workflow_for_an_object])
async def test_however_a_run_begins_who_opted_out_gets_nothing(
    scene: Scene, begin: Callable[[Scene], Awaitable[None]]
) -> None:
    await make(scene, ADAS, "ada@example.com")
    await opt_out(scene)
    await begin(scene)
    await scene.plan_all()
    await scene.send_all()
    assert await outcomes(scene) == {("not_to_be_triggered", "category_opted_out")}
    assert scene.recorder.sent == []


async def test_an_object_s_word_is_not_that_of_a_user_of_the_same_name(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    await make(scene, TEAM, "team@example.com")
    await opt_out(scene, ProfileKey("red"))
    await trigger_workflow(scene, {"object_type": "team", "id": "red"})
    await scene.plan_all()
    assert await outcomes(scene) == {("to_be_triggered", None)}
    await opt_out(scene, TEAM)
    await scene.send_all()
    assert await outcomes(scene) == {("not_to_be_triggered", "category_opted_out")}


@pytest.mark.parametrize("is_transient", [False, True])
async def test_a_later_step_of_a_workflow_hears_what_was_said_meanwhile(scene: Scene, is_transient: bool) -> None:
    await commit_workflow(scene, SEND, DELAY, SEND)
    await trigger_workflow(scene, ADA | {"is_transient": is_transient})
    await scene.plan_all()
    await scene.send_all()
    assert await outcomes(scene) == {("sent_by_vendor", None)}
    await opt_out(scene)
    for job in await scene.jobs():
        if isinstance(job, Advance):
            assert job.root == "promotional"
            await advance(scene.pool, job, scene.now())
    mails = [each for each in await scene.messages() if each["channel"] == "email"]
    assert [(each["node"], each["failure_code"]) for each in mails] == [(0, None), (2, "category_opted_out")]


async def test_a_transient_mail_that_was_planned_before_an_opt_out_is_not_sent_after_it(scene: Scene) -> None:
    await scene.accept(trigger_body(users=[ADA | {"is_transient": True}], notification_category="promotional"))
    await scene.plan_all()
    await opt_out(scene)
    await scene.send_all()
    assert await outcomes(scene) == {("not_to_be_triggered", "category_opted_out")}


async def count_statements(scene: Scene, people: int) -> int:
    """How many statements begin the runs of one trigger for so many people."""
    users = [{"distinct_id": f"p{number}"} for number in range(people)]
    await scene.accept(trigger_body(users=users, notification_category="promotional"))
    request_id = await scene.pool.fetchval("select max(id) from request")
    seen: list[Any] = []
    async with scene.pool.acquire() as connection, connection.transaction():
        assignments = await read_assignments(
            connection, await lock_accepted(connection, scene.workspace.id, [request_id])
        )
        cases = [
            Case(each, position, target)
            for each in assignments
            for position, target in enumerate(each.targets)
            if isinstance(target, Recipient)
        ]
        assert len(cases) == people
        with connection.query_logger(seen.append):
            await begin_runs(connection, scene.workspace.id, cases, scene.now())
    return len(seen)


async def test_more_people_take_no_more_statements(scene: Scene) -> None:
    keys = [ProfileKey(f"p{number}") for number in range(100)]
    scope = Scope(scene.workspace.id, "default")
    wanted = {"promotional": WantedChoice("opt_in", ("sms",))}
    assert await count_statements(scene, 1) > 0
    await choose_for_many(scene.pool, scope, keys, wanted, {"email": True}, scene.now())
    assert await count_statements(scene, 100) == await count_statements(scene, 2)
