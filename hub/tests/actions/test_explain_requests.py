"""Whatever a request was, and whatever became of it, is explained."""

from io import StringIO
from typing import Any

from msgspec.structs import replace
from rich.console import Console
from suprsend_hub.actions.cancel import cancel
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.explain import explain
from suprsend_hub.commands.why import show
from suprsend_hub.domain.explanation_success import moment
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.job import Advance, Plan
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.profiles import lock_profiles, write_profiles

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.actions.stored_workflow import DELAY, SEND, commit_workflow, run_jobs, trigger


async def why_request(scene: Scene) -> dict[str, Any]:
    """The explanation of the only request."""
    return await why(scene, await scene.pool.fetchval("select id from request"))


async def why(scene: Scene, identifier: str) -> dict[str, Any]:
    """The explanation of something that there is."""
    found = await explain(scene.pool, identifier, scene.now())
    assert found is not None
    return found


async def test_each_node_of_a_stored_workflow_is_told_once_the_run_has_come_to_it(scene: Scene) -> None:
    named = {**SEND, "name": "Reminder"}
    await commit_workflow(scene, SEND, DELAY, named)
    await trigger(scene)
    await run_jobs(scene, Plan)
    [run] = (await why_request(scene))["runs"]
    assert [each["node"] for each in run["deliveries"]] == [0]
    assert run["sentence"].startswith("It waits until ")
    assert run["sentence"].endswith(", and then sends Reminder.")
    await run_jobs(scene, Advance)
    [run] = (await why_request(scene))["runs"]
    assert [(each["node"], each["name"]) for each in run["deliveries"]] == [(0, None), (2, "Reminder")]
    assert run["sentence"] == "It has gone through its whole program."
    assert [each["node"] for each in run["messages"]] == [0, 2]
    [delivery] = (await why(scene, run["messages"][1]["message_id"]))["run"]["deliveries"]
    assert delivery["node"] == 2
    inputs = {each["channel"]: each["inputs"] for each in delivery["channels"]}
    assert inputs["androidpush"] == {"$channels": None, "node_channels": ["email"]}


async def test_until_when_a_run_waited_is_told_when_it_has_gone_on_too(scene: Scene) -> None:
    await commit_workflow(scene, {**DELAY, "name": "Cool off"}, SEND, DELAY, SEND)
    await trigger(scene)
    await run_jobs(scene, Plan)
    first = await scene.pool.fetchval("select waits_until from run")
    [run] = (await why_request(scene))["runs"]
    assert run["waits"] == [{"node": 0, "name": "Cool off", "until": first, "state": "waiting"}]
    await run_jobs(scene, Advance)
    second = await scene.pool.fetchval("select waits_until from run")
    [run] = (await why_request(scene))["runs"]
    over = {"node": 0, "name": "Cool off", "until": first, "state": "over"}
    assert run["waits"] == [over, {"node": 2, "name": None, "until": second, "state": "waiting"}]
    assert [each["due_at"] for each in run["deliveries"]] == [first]
    show(Console(file=(told := StringIO()), width=200), await why_request(scene))
    lines = [line.strip() for line in told.getvalue().splitlines()]
    assert f"step 1 (Cool off) waited until {moment(first)}" in lines
    assert f"step 2 sends purchase-made, version 1, due at {moment(first)}" in lines
    assert f"step 3 waits until {moment(second)}" in lines
    await cancel(scene.pool, scene.workspace.id, RunFilter(workflow="purchase"), scene.now())
    [run] = (await why_request(scene))["runs"]
    assert run["waits"] == [over, {"node": 2, "name": None, "until": second, "state": "cancelled"}]


async def test_when_a_step_was_due_is_not_guessed_of_runs_whose_waits_were_not_kept(scene: Scene) -> None:
    await commit_workflow(scene, SEND, DELAY, SEND)
    await trigger(scene)
    await run_jobs(scene, Plan, Advance)
    await run_jobs(scene, Advance)
    await scene.pool.execute("update run set waits = null")
    [run] = (await why_request(scene))["runs"]
    assert run["waits"] == []
    assert [each["due_at"] for each in run["deliveries"]] == [run["planned_at"], None]


async def test_a_run_that_was_cancelled_says_so_with_its_messages(scene: Scene) -> None:
    await commit_workflow(scene, SEND, DELAY, SEND)
    await trigger(scene)
    await run_jobs(scene, Plan)
    await cancel(scene.pool, scene.workspace.id, RunFilter(workflow="purchase"), scene.now())
    [run] = (await why_request(scene))["runs"]
    assert run["sentence"].startswith("It was cancelled at ")
    [message] = run["messages"]
    assert (message["rule"], message["next"]) == ("cancelled", None)
    assert message["sentence"] == "It was not sent: the run was cancelled before it was sent."


async def test_a_request_whose_runs_were_cancelled_while_they_waited_says_so(scene: Scene) -> None:
    await commit_workflow(scene, DELAY, SEND)
    await trigger(scene)
    await run_jobs(scene, Plan)
    await cancel(scene.pool, scene.workspace.id, RunFilter(workflow="purchase"), scene.now())
    sentence = (await why_request(scene))["request"]["sentence"]
    assert sentence.endswith("led to no message: it was cancelled before anything was to be sent.")


async def test_whoever_was_cancelled_before_they_had_a_run_is_named(scene: Scene) -> None:
    people = [{"distinct_id": each, "$email": [f"{each}@example.com"]} for each in ("u1", "u2")]
    await scene.accept(trigger_body(users=people))
    await cancel(scene.pool, scene.workspace.id, RunFilter(recipients=["u2"]), scene.now())
    found = await why_request(scene)
    assert [(each["distinct_id"], each["rule"]) for each in found["never_begun"]] == [("u2", "cancelled")]
    await scene.plan_all()
    found = await why_request(scene)
    sentences = {each["recipient"]["distinct_id"]: each["sentence"] for each in found["runs"]}
    assert not sentences["u1"].startswith("It was cancelled at ")
    assert sentences["u2"].startswith("It was cancelled at ")
    assert found["never_begun"] == []


async def test_a_request_that_was_cancelled_as_a_whole_says_so(scene: Scene) -> None:
    await scene.accept(trigger_body(delay=3600))
    await cancel(scene.pool, scene.workspace.id, RunFilter(workflow="Purchase Workflow"), scene.now())
    assert (await why_request(scene))["request"]["sentence"].endswith(", and it was cancelled before it was planned.")


async def test_a_message_to_an_object_says_to_which(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    team = ProfileKey("red", "team")
    async with scene.pool.acquire() as connection, connection.transaction():
        found = (await lock_profiles(connection, scene.workspace.id, [team], scene.now()))[team]
        known = replace(found.profile, identities=(Identity("email", "red@example.com"),))
        await write_profiles(connection, scene.workspace.id, {found.id: (found.profile, known)}, scene.now())
    await trigger(scene, recipients=[{"object_type": "team", "id": "red"}])
    await run_jobs(scene, Plan)
    [run] = (await why_request(scene))["runs"]
    assert run["recipient"] == {"$type": "object", "object_type": "team", "id": "red"}
    assert run["position"] is None


async def test_a_broadcast_says_how_far_it_has_come_and_tells_of_some_of_its_runs(scene: Scene) -> None:
    await scene.fill_list("beta", *[f"u{number}" for number in range(120)])
    await scene.broadcast()
    await scene.expand_all()
    found = await why_request(scene)
    assert found["request"]["broadcast"] == {"list_id": "beta", "members": 120, "members_with_runs": 120}
    assert "120 of the 120 members of the list beta have their runs." in found["request"]["sentence"]
    assert (len(found["runs"]), found["has_more_runs"]) == (100, True)
    message_id = found["runs"][0]["messages"][0]["message_id"]
    assert (await why(scene, message_id))["request"]["broadcast"]["list_id"] == "beta"


async def test_of_somebody_who_was_erased_only_that_is_told(scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.plan_all()
    assert await erase(scene.pool, scene.workspace.id, ProfileKey("u1"), scene.now())
    [run] = (await why_request(scene))["runs"]
    assert run["recipient"] == {"$type": "user", "distinct_id": None}
    assert {each["rule"] for each in run["messages"]} == {"recipient_erased"}
    assert {each["sentence"] for each in run["messages"]} == {"It was not sent: the recipient was erased."}
    assert {each["address"] for each in run["messages"]} == {""}


async def test_a_message_in_hand_whose_run_is_cancelled_says_that_it_is_not_tried_again(scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.plan_all()
    await scene.pool.execute("update message set status = 'triggered', claim = 'worker', cancelled = true")
    [email] = [each for each in await scene.messages() if each["channel"] == "email"]
    found = await why(scene, email["id"])
    assert found["rule"] == "in_hand"
    assert "Its run was cancelled meanwhile: it is not tried again." in found["sentence"]
