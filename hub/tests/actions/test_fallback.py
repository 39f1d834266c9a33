"""Fallback at awkward moments: reports that overtake answers, answers that are lost, successes that come between."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.send import Sending, send
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.domain.suppression import Cause
from suprsend_hub.domain.vendor import VendorAccount

from .scene import Scene, trigger_body

MAIL_ONLY = {"users": [{"distinct_id": "u1", "$email": ["ada@example.com"], "$channels": ["email"]}]}
BOTH = {"distinct_id": "u1", "$email": ["ada@example.com"], "$androidpush": ["token"]}
TAKEN = Accepted("v-1")
AWAY = Deferred("vendor_unavailable", "later")
LOST = Uncertain("answer_lost", "no answer in time")
REFUSED = Rejected("vendor_refused", "no")

Meanwhile = Callable[[str], Awaitable[None]]


class Vendors:
    """Accounts that answer as they are told, the last answer again and again; notes who was asked."""

    def __init__(self, answers: dict[str, list[Outcome]], meanwhile: dict[str, Meanwhile] | None = None) -> None:
        self._answers = answers
        self._meanwhile = meanwhile or {}
        self.asked: list[str] = []

    async def deliver(self, account: VendorAccount, message: OutgoingMessage) -> Outcome:
        self.asked.append(account.nickname)
        if account.nickname in self._meanwhile:
            await self._meanwhile[account.nickname](message.id)
        answers = self._answers.get(account.nickname, [TAKEN])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
async def two(scene: Scene) -> Scene:
    """A scene with a second vendor for mails, to which a message goes after ten minutes of silence."""
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=10))
    await scene.add_vendor("ses", "email", priority=1)
    return scene


async def run_all(scene: Scene, sending: Sending, *channels: str) -> None:
    """Run the send jobs of these channels, and those that they lead to, whenever they are due."""
    done: set[bytes] = set()
    while True:
        waiting = [
            job
            for job in await scene.jobs()
            if isinstance(job, Send)
            and (not channels or job.channel in channels)
            and msgspec.json.encode(job) not in done
        ]
        if not waiting:
            return
        job = min(waiting, key=lambda each: each.attempt)
        done.add(msgspec.json.encode(job))
        await send(sending, job)


async def report(
    scene: Scene, message_id: str, happening: Happening, reporter: str | None = None, cause: Cause | None = None
) -> None:
    code = "carrier_refused" if happening == "failed" else None
    receipt = Receipt(message_id, happening, scene.now(), code, "the carrier says no", cause)
    await record_receipts(scene.pool, scene.workspace.id, [receipt], scene.now(), reporter)


async def begin(scene: Scene, vendors: Vendors, *channels: str, **changes: Any) -> dict[str, dict[str, Any]]:
    """Trigger and send; the messages by channel."""
    await scene.accept(trigger_body(**(changes or MAIL_ONLY)))
    await scene.plan_all()
    await run_all(scene, replace(scene.sending(), deliver=vendors.deliver), *channels)
    return {each["channel"]: each for each in await scene.messages()}


def failing(scene: Scene, reporter: str, cause: Cause | None = None) -> Meanwhile:
    async def fail(message_id: str) -> None:
        await report(scene, message_id, "failed", reporter, cause)

    return fail


async def test_a_failure_that_is_reported_before_the_answer_is_written_is_the_next_vendors_turn(two: Scene) -> None:
    vendors = Vendors({}, {"smtp": failing(two, "smtp")})
    found = await begin(two, vendors)
    assert vendors.asked == ["smtp", "ses"]
    assert (found["email"]["status"], found["email"]["vendor_nickname"]) == ("sent_by_vendor", "ses")


async def test_a_dead_address_that_is_reported_before_the_answer_is_the_end_with_its_reason(two: Scene) -> None:
    vendors = Vendors({}, {"smtp": failing(two, "smtp", "hard_bounce")})
    found = await begin(two, vendors)
    assert vendors.asked == ["smtp"]
    ended = found["email"]
    assert (ended["status"], ended["failure_code"], ended["failure_reason"]) == (
        "delivery_failure",
        "carrier_refused",
        "the carrier says no",
    )


@pytest.mark.parametrize("answer", [REFUSED, AWAY, LOST])
async def test_a_failure_that_is_reported_while_the_next_vendor_is_asked_is_not_forgotten(
    two: Scene, answer: Outcome
) -> None:
    vendors = Vendors({"ses": [answer]}, {"ses": failing(two, "smtp")})
    found = await begin(two, vendors)
    assert (found["email"]["status"], found["email"]["failure_code"]) == ("delivery_failure", "carrier_refused")


async def test_a_failure_of_a_message_whose_answer_was_lost_is_the_next_vendors_turn(two: Scene) -> None:
    vendors = Vendors({"smtp": [LOST]})
    await two.accept(trigger_body(**MAIL_ONLY))
    await two.plan_all()
    sending = replace(two.sending(), deliver=vendors.deliver)
    [job] = [each for each in await two.jobs() if isinstance(each, Send)]
    await send(sending, job)
    [message] = await two.messages()
    await report(two, message["id"], "failed", "smtp")
    await run_all(two, sending)
    [message] = await two.messages()
    assert vendors.asked == ["smtp", "ses"]
    assert (message["status"], message["vendor_nickname"]) == ("sent_by_vendor", "ses")


async def test_a_vendor_that_loses_every_answer_is_given_up_on_for_another(two: Scene) -> None:
    vendors = Vendors({"smtp": [LOST]})
    found = await begin(two, vendors)
    assert vendors.asked == ["smtp"] * 3 + ["ses"]
    assert (found["email"]["status"], found["email"]["passed"]) == ("sent_by_vendor", ["smtp"])


async def test_while_one_may_have_it_no_other_is_asked_though_it_is_busy(two: Scene) -> None:
    vendors = Vendors({"smtp": [LOST, AWAY, AWAY, TAKEN]})
    found = await begin(two, vendors)
    assert vendors.asked[:4] == ["smtp"] * 4
    assert found["email"]["vendor_nickname"] == "ses", "the timer for a report has run too"


async def test_a_lost_answer_after_some_refusals_of_the_moment_is_tried_again(scene: Scene) -> None:
    vendors = Vendors({"smtp": [AWAY, AWAY, AWAY, LOST, LOST, TAKEN]})
    found = await begin(scene, vendors)
    assert len(vendors.asked) == 6
    assert found["email"]["status"] == "sent_by_vendor"


async def test_who_refused_a_message_is_not_asked_again_for_it(scene: Scene) -> None:
    await scene.add_vendor("ses", "email", priority=1, fallback_after=timedelta(minutes=5))
    vendors = Vendors({"smtp": [REFUSED]})
    found = await begin(scene, vendors)
    assert vendors.asked == ["smtp", "ses"]
    assert found["email"]["status"] == "sent_by_vendor"


async def test_a_failed_message_whose_run_has_its_success_ends_as_failed(two: Scene) -> None:
    users = [{**BOTH, "$channels": ["email", "inbox"]}]
    await two.go_through(trigger_body(users=users))
    sent = {each["channel"]: each for each in await two.messages()}
    await report(two, sent["inbox"]["id"], "seen")
    await report(two, sent["email"]["id"], "failed", "smtp")
    await run_all(two, two.sending())
    ended = {each["channel"]: each for each in await two.messages()}["email"]
    assert (ended["status"], ended["failure_code"]) == ("delivery_failure", "carrier_refused")


async def test_a_rung_that_a_vendor_may_have_does_not_end_as_never_sent(scene: Scene) -> None:
    await scene.accept(
        trigger_body(users=[{**BOTH, "$channels": ["email", "inbox"]}], delivery={"smart": True, "success": "seen"})
    )
    await scene.plan_all()
    vendors = Vendors({"smtp": [LOST]})
    sending = replace(scene.sending(), deliver=vendors.deliver)
    for job in await scene.jobs():
        if isinstance(job, Send):
            await send(sending, job)
    sent = {each["channel"]: each for each in await scene.messages()}
    await report(scene, sent["inbox"]["id"], "seen")
    await run_all(scene, sending)
    assert vendors.asked == ["smtp"]
    ended = {each["channel"]: each for each in await scene.messages()}["email"]
    assert (ended["status"], ended["failure_code"]) == ("delivery_failure", "answer_lost")
    await report(scene, ended["id"], "delivered", "smtp")
    assert {each["channel"]: each["status"] for each in await scene.messages()}["email"] == "delivered"


@pytest.mark.parametrize("moment", ["fcm", "second"])
async def test_an_event_counts_from_the_first_try_to_a_day_after_the_last_send(scene: Scene, moment: str) -> None:
    await scene.add_vendor("fcm", "androidpush", fallback_after=timedelta(minutes=5))
    await scene.add_vendor("second", "androidpush", priority=1)

    async def react(_message_id: str) -> None:
        event = read_record(b'{"event": "OPENED", "distinct_id": "u1"}')
        await record(scene.pool, [Batch(scene.workspace.id, (event,))], scene.now())

    vendors = Vendors({}, {moment: react})
    await begin(
        scene,
        vendors,
        "androidpush",
        users=[{**BOTH, "$channels": ["email", "androidpush"]}],
        delivery={"smart": True, "success": "OPENED"},
    )
    await run_all(scene, replace(scene.sending(), deliver=vendors.deliver), "email")
    assert "smtp" not in vendors.asked
