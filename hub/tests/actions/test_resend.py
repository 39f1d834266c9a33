"""Sending again: a new message repeats one that is over, once, and goes the way of any message."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from suprsend_hub.actions.audit import Actor
from suprsend_hub.actions.cancel import cancel
from suprsend_hub.actions.count_activity import add_up
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.explain import explain_message
from suprsend_hub.actions.export_user import export_user
from suprsend_hub.actions.forget import forget
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.resend import Resent, resend, resend_failed
from suprsend_hub.actions.send import send
from suprsend_hub.domain.fault import Conflict, NotFound
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.database import Connection
from suprsend_hub.store.message_log import list_overdue
from suprsend_hub.store.repeats import Repeat, lock_run, repeat_messages

from .scene import Scene, trigger_body
from .stored_workflow import run_jobs

MAIL = trigger_body(users=[{"distinct_id": "u1", "$email": ["a@example.com"], "$channels": ["email"]}])
TWO = trigger_body(
    users=[
        {"distinct_id": "u1", "$email": ["a@example.com"], "$androidpush": ["t"], "$channels": ["email", "androidpush"]}
    ]
)
SAME = ("run_id", "node", "channel", "provider", "address", "template_version_id", "category", "tenant_id", "success")


def somebody(scene: Scene) -> Actor:
    return Actor(None, "ada@example.com", scene.workspace.id)


async def again(scene: Scene, message_id: str) -> Resent:
    return await resend(scene.pool, scene.workspace.id, message_id, somebody(scene), scene.now())


async def refuse(scene: Scene) -> None:
    """Whatever goes to the address fails for good."""
    scene.recorder.answers["a@example.com"] = lambda: Rejected("mailbox_full", "no room")


async def hear(scene: Scene, message_id: str, happening: Happening) -> None:
    await record_receipts(scene.pool, scene.workspace.id, [Receipt(message_id, happening, scene.now())], scene.now())


async def send_what_is_new(scene: Scene, done: Sequence[Any]) -> None:
    """Run the jobs that were not there before."""
    for job in await scene.jobs():
        if isinstance(job, Send) and job not in done:
            await send(scene.sending(), job)


# Whatever was noted since the workspace was made.
NOTED = "from audit_entry where action not in ('made workspace', 'made service token')"


async def until_somebody_waits(connection: Connection) -> None:
    async with asyncio.timeout(60):
        while True:
            if await connection.fetchval("select exists (select from pg_locks where not granted)"):
                return
            await asyncio.sleep(0.02)


async def test_a_message_that_failed_is_sent_again_as_a_new_one(scene: Scene) -> None:
    await refuse(scene)
    (failed,) = await scene.go_through(MAIL)
    assert failed["status"] == "delivery_failure"
    scene.recorder.answers.clear()
    resent = await again(scene, failed["id"])
    assert resent.is_new
    await scene.send_all()
    before, after = await scene.messages()
    assert before == failed
    assert {name: after[name] for name in SAME} == {name: failed[name] for name in SAME}
    assert (after["id"], after["status"]) == (resent.message_id, "sent_by_vendor")
    assert (after["repeats"], after["repeated_by"]) == (failed["id"], "ada@example.com")
    assert [message.id for _, message in scene.recorder.sent] == [failed["id"], resent.message_id]
    (entry,) = await scene.pool.fetch(f"select user_name, action, target, details {NOTED}")
    assert tuple(entry)[:3] == ("ada@example.com", "sent message again", failed["id"])
    assert resent.message_id in entry["details"]


async def test_a_form_that_comes_twice_makes_one_message(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    resents = await asyncio.gather(*(again(scene, message["id"]) for _ in range(5)))
    assert sorted(each.is_new for each in resents) == [False, False, False, False, True]
    assert len({each.message_id for each in resents}) == 1
    assert len(await scene.messages()) == 2
    assert await scene.pool.fetchval(f"select count(*) {NOTED}") == 1


async def test_the_repeat_can_be_sent_again_once_it_is_over(scene: Scene) -> None:
    (first,) = await scene.go_through(MAIL)
    second = await again(scene, first["id"])
    with pytest.raises(Conflict, match="It is not over"):
        await again(scene, second.message_id)
    await scene.send_all()
    third = await again(scene, second.message_id)
    assert third.is_new
    assert [each["repeats"] for each in await scene.messages()] == [None, first["id"], second.message_id]


@pytest.mark.parametrize(
    ("status", "code", "objection"),
    [
        ("to_be_triggered", None, "what waits is sent"),
        ("triggered", None, "what waits is sent"),
        ("sent_by_vendor", "vendor_reported_failure", "the next one is asked"),
        ("sent_by_vendor", None, None),
        ("delivered", None, None),
        ("seen", None, None),
        ("clicked", None, None),
        ("dismissed", None, None),
        ("trigger_failed", "render_failed", None),
        ("delivery_failure", "x", None),
        ("not_to_be_triggered", "category_opted_out", None),
    ],
)
async def test_only_what_is_over_is_sent_again(
    scene: Scene, status: Status, code: str | None, objection: str | None
) -> None:
    await scene.accept(MAIL)
    await scene.plan_all()
    (message,) = await scene.messages()
    await scene.pool.execute("update message set status = $1, failure_code = $2", status, code)
    if objection is None:
        assert (await again(scene, message["id"])).is_new
        return
    with pytest.raises(Conflict, match=objection):
        await again(scene, message["id"])
    assert len(await scene.messages()) == 1


async def test_what_somebody_no_longer_wants_is_not_sent_again_either(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    await hear(scene, message["id"], "delivered")
    await scene.pool.execute(
        "insert into suppression (workspace_id, channel, provider, address, digest, cause, reason, since) values"
        " ($1, 'email', '', 'a@example.com', encode(sha256('a@example.com'), 'hex'), 'hard_bounce', 'gone', now())",
        scene.workspace.id,
    )
    resent = await again(scene, message["id"])
    await scene.send_all()
    _, after = await scene.messages()
    assert (after["id"], after["status"], after["failure_code"]) == (
        resent.message_id,
        "not_to_be_triggered",
        "address_suppressed",
    )
    assert len(scene.recorder.sent) == 1


async def test_whoever_was_erased_is_told_nothing_again(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    resent = await again(scene, message["id"])
    await erase(scene.pool, scene.workspace.id, ProfileKey("u1"), scene.now())
    await scene.send_all()
    assert len(scene.recorder.sent) == 1
    for each in (message["id"], resent.message_id):
        assert await scene.pool.fetchval("select address from message where id = $1", each) == ""
    with pytest.raises(Conflict, match="no address"):
        await again(scene, resent.message_id)


async def test_nothing_more_of_a_cancelled_run_is_sent(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    resent = await again(scene, message["id"])
    assert await cancel(scene.pool, scene.workspace.id, RunFilter(execution_id=message["run_id"]), scene.now())
    await scene.send_all()
    assert len(scene.recorder.sent) == 1
    for each in (resent.message_id, message["run_id"]):
        with pytest.raises(Conflict, match="cancelled"):
            if each == message["run_id"]:
                await resend_failed(scene.pool, scene.workspace.id, each, somebody(scene), scene.now())
            else:
                await again(scene, each)


async def test_a_cancellation_at_the_same_time_comes_before_or_finds_the_new_message(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    await scene.pool.execute("update run set waits_until = now() + interval '1 hour'")
    narrowed = RunFilter(execution_id=message["run_id"])
    await asyncio.gather(
        again(scene, message["id"]),
        cancel(scene.pool, scene.workspace.id, narrowed, scene.now()),
        return_exceptions=True,
    )
    await scene.send_all()
    assert len(scene.recorder.sent) == 1


async def test_what_is_sent_again_while_its_run_is_forgotten_goes_with_it(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    later = scene.now() + timedelta(days=400)
    run_id = message["run_id"]
    async with scene.pool.acquire() as connection, scene.pool.acquire() as looking:
        async with connection.transaction():
            assert await lock_run(connection, scene.workspace.id, run_id)
            await repeat_messages(connection, scene.workspace.id, [Repeat("new", message["id"])], "ada", scene.now())
            forgetting = asyncio.create_task(forget(scene.pool, "messages", later - timedelta(days=90), later))
            await until_somebody_waits(looking)
        await forgetting
    assert await scene.messages() == []
    assert await scene.pool.fetchval("select count(*) from run") == 0


async def test_a_person_s_export_does_not_name_who_sent_it_again(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    await again(scene, message["id"])
    exported = "".join([part async for part in export_user(scene.pool, scene.workspace.id, "u1")])
    assert message["id"] in exported
    assert "ada@example.com" not in exported


async def test_what_does_not_exist_or_is_of_others_is_not_found(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    for workspace_id, message_id in ((scene.workspace.id, "none"), (scene.workspace.id + 1, message["id"])):
        with pytest.raises(NotFound):
            await resend(scene.pool, workspace_id, message_id, somebody(scene), scene.now())
    with pytest.raises(NotFound):
        await resend_failed(scene.pool, scene.workspace.id + 1, message["run_id"], somebody(scene), scene.now())
    assert len(await scene.messages()) == 1


async def test_all_that_failed_of_a_run_is_sent_again_together_and_once(scene: Scene) -> None:
    for address in ("a@example.com", "t"):
        scene.recorder.answers[address] = lambda: Rejected("bad", "no")
    mail, push = sorted(await scene.go_through(TWO), key=lambda each: str(each["channel"]), reverse=True)
    counts = await asyncio.gather(
        *(resend_failed(scene.pool, scene.workspace.id, mail["run_id"], somebody(scene), scene.now()) for _ in range(3))
    )
    assert sorted(counts) == [0, 0, 2]
    repeats = {each["repeats"] for each in await scene.messages() if each["repeats"]}
    assert repeats == {mail["id"], push["id"]}
    scene.recorder.answers.clear()
    await scene.send_all()
    assert sorted(vendor for vendor, _ in scene.recorder.sent) == ["fcm", "fcm", "smtp", "smtp"]
    assert await resend_failed(scene.pool, scene.workspace.id, mail["run_id"], somebody(scene), scene.now()) == 0
    assert await scene.pool.fetchval(f"select count(*) {NOTED}") == 1


async def test_a_ladder_waits_on_and_ends_when_the_repeat_has_the_success(scene: Scene) -> None:
    smart = {"delivery": {"smart": True, "time_to_live": "1h", "success": "seen"}}
    await scene.accept(TWO | smart)
    await scene.plan_all()
    first, waiting = await _rungs(scene)
    await refuse(scene)
    scene.recorder.answers["t"] = lambda: Rejected("bad", "no")
    await send(scene.sending(), first)
    scene.recorder.answers.clear()
    resent = await again(scene, first.message_ids[0])
    assert (await scene.pool.fetchval("select status from message where id = $1", waiting.message_ids[0])) == (
        "to_be_triggered"
    )
    await send_what_is_new(scene, [first, waiting])
    await hear(scene, resent.message_id, "seen")
    await send(scene.sending(), waiting)
    last = await scene.pool.fetchrow("select status, failure_code from message where id = $1", waiting.message_ids[0])
    assert last is not None
    assert tuple(last) == ("not_to_be_triggered", "success_met")


async def test_what_was_seen_is_sent_again_all_the_same_also_by_the_next_vendor(scene: Scene) -> None:
    await scene.add_vendor("ses", "email", priority=1)
    (message,) = await scene.go_through(MAIL | {"delivery": {"smart": True, "success": "seen"}})
    await hear(scene, message["id"], "seen")
    resent = await again(scene, message["id"])
    done = await scene.jobs()
    await run_jobs(scene, Send)
    await record_receipts(
        scene.pool, scene.workspace.id, [Receipt(resent.message_id, "failed", scene.now())], scene.now(), "smtp"
    )
    await send_what_is_new(scene, done)
    _, after = await scene.messages()
    assert (after["status"], after["vendor_nickname"]) == ("sent_by_vendor", "ses")


async def test_why_tells_of_both_which_is_which(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    resent = await again(scene, message["id"])
    await scene.send_all()
    before = await explain_message(scene.pool, scene.workspace.id, message["id"], scene.now())
    after = await explain_message(scene.pool, scene.workspace.id, resent.message_id, scene.now())
    assert before is not None
    assert after is not None
    at = await scene.pool.fetchval("select created_at from message where id = $1", resent.message_id)
    assert before["repeats"] is after["repeated_as"] is None
    asked = {"at": at, "by": "ada@example.com"}
    assert before["repeated_as"] == {"message_id": resent.message_id, "status": "sent_by_vendor", **asked}
    assert after["repeats"] == {"message_id": message["id"], "status": "sent_by_vendor", **asked}


async def test_it_counts_as_one_more_message_and_is_overdue_if_nobody_comes(scene: Scene) -> None:
    (message,) = await scene.go_through(MAIL)
    resent = await again(scene, message["id"])
    async with scene.pool.acquire() as connection:
        overdue = await list_overdue(connection, scene.now(), 10)
    assert [each.message_id for each in overdue] == [resent.message_id]
    await scene.send_all()
    await add_up(scene.pool)
    sent = await scene.pool.fetchval("select sum(count) from activity where kind = 'sent' and width = 86400")
    assert sent == 2


async def _rungs(scene: Scene) -> list[Send]:
    """The jobs of a ladder's rungs, the first one first."""
    jobs = [each for each in await scene.jobs() if isinstance(each, Send)]
    due = {row["id"]: row["due_at"] for row in await scene.pool.fetch("select id, due_at from message")}
    return sorted(jobs, key=lambda job: str(due[job.message_ids[0]]))
