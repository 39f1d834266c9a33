"""Sending: what the vendor gets, what is written down, and what happens when a worker is replaced."""

import asyncio
from dataclasses import replace

import pytest
from suprsend_hub.actions.edit_vendors import switch_account
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.send import send
from suprsend_hub.actions.settle import Result
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.retry import RetryPolicy
from suprsend_hub.domain.vendor import VendorAccount

from .scene import Scene, trigger_body

_CANCEL_WHO_WAITS = (
    "select bool_or(pg_cancel_backend(pid)) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock'"
)


async def planned(scene: Scene, **changes: object) -> None:
    await scene.accept(trigger_body(**changes))
    await scene.plan_all()


async def job_of(scene: Scene, channel: str, attempt: int = 0) -> Send:
    found = [
        job for job in await scene.jobs() if isinstance(job, Send) and (job.channel, job.attempt) == (channel, attempt)
    ]
    assert len(found) == 1
    return found[0]


async def test_messages_are_rendered_and_taken(scene: Scene) -> None:
    await planned(
        scene, users=[{"distinct_id": "u1", "$email": "a@example.com", "$androidpush": "t1", "city": "Turin"}]
    )
    await scene.send_all()
    sent = dict(scene.recorder.sent)
    assert sent["smtp"].content["subject"] == "Thanks, Ada <3"
    assert sent["smtp"].content["body"]["raw"] == {"html": "<b>Ada &lt;3</b>", "text": "Hello Ada <3"}
    assert sent["fcm"].content["body"] == "Hello Ada <3 in Turin"
    messages = {each["channel"]: each for each in await scene.messages()}
    assert {each["status"] for each in messages.values()} == {"sent_by_vendor"}
    assert messages["email"]["vendor_message_id"] == f"v-{messages['email']['id']}"
    assert messages["email"]["vendor"] == "smtp"
    assert messages["inbox"]["vendor"] is None
    rows = await scene.pool.fetch("select id, distinct_id from inbox_notification")
    assert [tuple(row) for row in rows] == [(messages["inbox"]["id"], "u1")]


ODD: dict[str, object] = {"data": None, "recipients": 5, "actor": {"$email": "none"}}


async def test_a_request_may_hold_no_data_and_fields_of_other_kinds_of_requests(scene: Scene) -> None:
    await planned(scene, **ODD)
    await scene.fill_list("beta", "u1")
    await scene.broadcast(**ODD, users=5)
    await scene.expand_all()
    await scene.send_all()
    assert {each["status"] for each in await scene.messages()} == {"sent_by_vendor"}
    assert {message.content["subject"] for _, message in scene.recorder.sent} == {"Thanks, "}


async def test_a_chunk_that_runs_again_sends_nothing_twice(scene: Scene) -> None:
    await planned(scene)
    await scene.send_all()
    await scene.send_all()
    assert len(scene.recorder.sent) == 1


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        (Rejected("address", "no such mailbox"), "delivery_failure", "address"),
        (Deferred("vendor_unavailable", "later"), "triggered", "vendor_unavailable"),
        (Uncertain("answer_lost", "who knows"), "triggered", "answer_lost"),
    ],
)
async def test_each_outcome_leads_to_its_state(scene: Scene, outcome: Outcome, status: str, code: str) -> None:
    await planned(scene)
    scene.recorder.answers["ada@example.com"] = lambda: outcome
    await scene.send_all()
    (email,) = [each for each in await scene.messages() if each["channel"] == "email"]
    assert (email["status"], email["failure_code"], email["attempts"]) == (status, code, 1)
    assert email["claim"] is None


async def test_a_deferred_message_is_tried_again_and_then_given_up(scene: Scene) -> None:
    await planned(scene)
    scene.recorder.answers["ada@example.com"] = lambda: Deferred("vendor_unavailable", "later")
    sending = scene.sending(policy=RetryPolicy(deferred_attempts=3))
    for attempt in range(3):
        assert await send(sending, await job_of(scene, "email", attempt)) is None
    (email,) = [each for each in await scene.messages() if each["channel"] == "email"]
    assert (email["status"], email["attempts"]) == ("delivery_failure", 3)
    assert "gave up after 3 tries" in email["failure_reason"]
    # The first job again: its messages have moved on, so it finds nothing to do.
    assert await send(sending, await job_of(scene, "email", 0)) is None
    assert len(scene.recorder.sent) == 3


async def test_a_template_that_fails_to_render_fails_that_message_alone(scene: Scene) -> None:
    content = {"inbox": {"header": "x", "body": "{{divide 1 divisor}}"}}
    await scene.commit_template("fragile", content)  # type: ignore[arg-type]
    await scene.accept(
        trigger_body(template="fragile", data={"divisor": 0}), trigger_body(template="fragile", data={"divisor": 2})
    )
    await scene.plan_all()
    await scene.send_all()
    found = sorted((each["status"], each["failure_code"]) for each in await scene.messages())
    assert found == [("sent_by_vendor", None), ("trigger_failed", "render_failed")]


async def test_a_vendor_gone_before_sending_ends_with_a_reason(scene: Scene) -> None:
    await planned(scene)
    await scene.pool.execute("delete from vendor")
    await scene.send_all()
    found = {each["channel"]: (each["status"], each["failure_code"]) for each in await scene.messages()}
    assert found == {"email": ("trigger_failed", "vendor_not_configured"), "inbox": ("sent_by_vendor", None)}


async def test_an_account_that_is_disabled_meanwhile_gets_nothing_and_another_does(scene: Scene) -> None:
    await planned(scene)
    await switch_account(scene.pool, scene.workspace.id, "smtp", is_enabled=False)
    await scene.send_all()
    found = {each["channel"]: (each["status"], each["failure_code"]) for each in await scene.messages()}
    assert found == {"email": ("trigger_failed", "vendor_disabled"), "inbox": ("sent_by_vendor", None)}
    await scene.add_vendor("spare", "email")
    await planned(scene)
    await scene.send_all()
    carried = [each["vendor_nickname"] for each in await scene.messages() if each["channel"] == "email"]
    assert carried == [None, "spare"]


async def test_a_template_gone_before_sending_ends_with_a_reason(scene: Scene) -> None:
    await planned(scene)
    await scene.pool.execute("update template set deleted_at = now()")
    await scene.send_all()
    assert [each["failure_code"] for each in await scene.messages()] == ["template_deleted"] * 2


async def test_a_worker_whose_chunk_was_taken_over_stops_sending_it(scene: Scene) -> None:
    await planned(scene, users=[{"distinct_id": f"u{n}", "$email": f"u{n}@example.com"} for n in range(40)])
    job = await job_of(scene, "email")
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def stuck() -> None:
        begun.set()
        await go_on.wait()

    slow = scene.sending(places=4)
    plain = scene.recorder.deliver
    taken = 0

    async def deliver(account, message):  # type: ignore[no-untyped-def]
        nonlocal taken
        taken += 1
        await stuck()
        return await plain(account, message)

    object.__setattr__(slow, "deliver", deliver)
    first = asyncio.create_task(send(slow, job))
    await begun.wait()
    assert await send(scene.sending(), job) is None
    go_on.set()
    assert await first is not None
    assert taken == 3
    assert {each["status"] for each in await scene.messages() if each["channel"] == "email"} == {"sent_by_vendor"}
    assert len(scene.recorder.sent) == 43


async def test_a_commit_whose_answer_was_lost_loses_nothing_of_the_chunk(scene: Scene) -> None:
    await planned(scene, users=[{"distinct_id": f"u{n}", "$email": f"u{n}@example.com"} for n in range(30)])
    job = await job_of(scene, "email")
    sending = scene.sending(places=2)

    async def settle(result: Result) -> bool:
        # The database goes away between the commit and its answer: the second try finds nothing left to write.
        await sending.settle(result)
        return await sending.settle(result)

    assert await send(replace(sending, settle=settle), job) is not None
    assert 0 < len(scene.recorder.sent) < 30
    assert await send(scene.sending(), job) is None
    assert len({message.id for _, message in scene.recorder.sent}) == 30
    assert {each["status"] for each in await scene.messages() if each["channel"] == "email"} == {"sent_by_vendor"}


async def test_a_table_that_somebody_holds_while_vendors_have_messages_sends_nothing_twice(scene: Scene) -> None:
    await planned(scene)
    job = await job_of(scene, "email")
    async with scene.pool.acquire() as holder, holder.transaction():

        async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
            await holder.execute("lock table message in access exclusive mode")
            return await scene.recorder.deliver(account, message)

        sent = asyncio.create_task(send(replace(scene.sending(), deliver=deliver), job))
        for _ in range(2):
            # As a statement ends that has waited for as long as one may.
            await cancel_who_waits(scene)
    assert await sent is None
    assert len(scene.recorder.sent) == 1
    assert {each["status"] for each in await scene.messages() if each["channel"] == "email"} == {"sent_by_vendor"}


async def cancel_who_waits(scene: Scene) -> None:
    """Wait until a statement waits for a lock, and cancel it."""
    async with asyncio.timeout(60):
        while True:
            if await scene.pool.fetchval(_CANCEL_WHO_WAITS):
                return
            await asyncio.sleep(0.01)


async def test_a_stopping_worker_leaves_the_rest_of_its_chunk_to_others(scene: Scene) -> None:
    await planned(scene, users=[{"distinct_id": f"u{n}", "$email": f"u{n}@example.com"} for n in range(30)])
    job = await job_of(scene, "email")
    sending = scene.sending(places=2)

    def stop() -> Outcome:
        sending.stopping.set()
        return Accepted(None)

    scene.recorder.answers["u5@example.com"] = stop
    assert await send(sending, job) is not None
    begun = len(scene.recorder.sent)
    assert begun < 30
    assert await send(scene.sending(), job) is None
    assert len(scene.recorder.sent) == 30
    assert {each["status"] for each in await scene.messages() if each["channel"] == "email"} == {"sent_by_vendor"}


async def test_a_success_stops_what_was_claimed_but_is_not_begun_yet(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suprsend_hub.actions.send.FRESH_SECONDS", 0)
    addresses = [f"u{n}@example.com" for n in range(10)]
    users = [{"distinct_id": "u1", "$email": addresses, "$channels": ["email"]}]
    await planned(scene, users=users, delivery={"smart": True, "success": "delivered"})
    job = await job_of(scene, "email")

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        receipt = Receipt(message.id, "delivered", scene.now())
        await record_receipts(scene.pool, scene.workspace.id, [receipt], scene.now())
        return await scene.recorder.deliver(account, message)

    sending = replace(scene.sending(places=1), deliver=deliver)
    assert await send(sending, job) is not None
    assert await send(sending, job) is None
    assert len(scene.recorder.sent) == 1
    ended = sorted(each["status"] for each in await scene.messages())
    assert ended == ["delivered"] + ["not_to_be_triggered"] * 9


class TwoVendors:
    """Two accounts for mail, each of which answers as it is told."""

    def __init__(self, first: Outcome, second: Outcome) -> None:
        self.answers = {"first": first, "second": second}
        self.asked: list[str] = []

    async def deliver(self, account: VendorAccount, message: OutgoingMessage) -> Outcome:
        self.asked.append(account.nickname)
        return self.answers[account.nickname]


TAKEN = Accepted("v-1")
REFUSED = Rejected("vendor_refused", "no")
AWAY = Deferred("vendor_unavailable", "later")
LOST = Uncertain("answer_lost", "who knows")


@pytest.mark.parametrize(
    ("first", "second", "asked", "status", "code", "vendor"),
    [
        (TAKEN, TAKEN, ["first"], "sent_by_vendor", None, "first"),
        (AWAY, TAKEN, ["first", "second"], "sent_by_vendor", None, "second"),
        (REFUSED, TAKEN, ["first", "second"], "sent_by_vendor", None, "second"),
        # It may have been taken: another vendor would make it two.
        (LOST, TAKEN, ["first"], "triggered", "answer_lost", "first"),
        (AWAY, REFUSED, ["first", "second"], "triggered", "vendor_unavailable", "first"),
        (REFUSED, AWAY, ["first", "second"], "triggered", "vendor_unavailable", "second"),
        (REFUSED, Rejected("address", "nobody"), ["first", "second"], "delivery_failure", "address", "second"),
    ],
)
async def test_what_one_vendor_does_not_take_goes_to_the_next_at_once(
    scene: Scene, first: Outcome, second: Outcome, asked: list[str], status: str, code: str | None, vendor: str
) -> None:
    await scene.add_vendor("first", "email", priority=-2)
    await scene.add_vendor("second", "email", priority=-1)
    await scene.pool.execute("delete from vendor where nickname = 'smtp'")
    await planned(scene)
    vendors = TwoVendors(first, second)
    await send(replace(scene.sending(), deliver=vendors.deliver), await job_of(scene, "email"))
    assert vendors.asked == asked
    (message,) = [each for each in await scene.messages() if each["channel"] == "email"]
    assert (message["status"], message["failure_code"], message["vendor"]) == (status, code, vendor)
