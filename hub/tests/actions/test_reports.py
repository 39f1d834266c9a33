"""What vendors report afterwards: the next vendor's turn, the end of an address, or nothing at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.send import send
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.outcome import Deferred, Rejected
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.domain.suppression import Cause
from suprsend_hub.store.suppressions import lift_suppression, list_suppressions

from .scene import Scene, trigger_body

MAIL_ONLY = {"users": [{"distinct_id": "u1", "$email": ["ada@example.com"], "$channels": ["email"]}]}


@pytest.fixture
async def two(scene: Scene) -> Scene:
    """A scene with a second vendor for mails, to which a message goes after ten minutes of silence."""
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=10))
    await scene.add_vendor("ses", "email", priority=1)
    return scene


async def report(
    scene: Scene,
    message: dict[str, Any],
    happening: Happening,
    reporter: str = "smtp",
    cause: Cause | None = None,
    address: str | None = None,
) -> None:
    code = "hard_bounce" if happening == "failed" else None
    receipt = Receipt(message["id"], happening, datetime.now(UTC), code, "no such mailbox", cause, address)
    await record_receipts(scene.pool, scene.workspace.id, [receipt], scene.now(), reporter)


async def only(scene: Scene) -> dict[str, Any]:
    [message] = await scene.messages()
    return message


def last_mail(messages: list[dict[str, Any]]) -> dict[str, Any]:
    return [each for each in messages if each["channel"] == "email"][-1]


async def test_a_reported_failure_is_the_next_vendors_turn(two: Scene) -> None:
    [message] = await two.go_through(trigger_body(**MAIL_ONLY))
    assert (message["status"], message["vendor_nickname"]) == ("sent_by_vendor", "smtp")
    for _ in range(2):
        await report(two, message, "failed")
    assert (await only(two))["failure_code"] == "hard_bounce"
    await two.send_all(attempt=2)
    message = await only(two)
    assert (message["status"], message["vendor_nickname"], message["failure_code"]) == ("sent_by_vendor", "ses", None)
    # What the first one says later does not count any more, and the second one was the last.
    await report(two, message, "failed", "smtp")
    assert (await only(two))["failure_code"] is None
    await report(two, message, "failed", "ses")
    assert (await only(two))["status"] == "delivery_failure"
    assert [vendor for vendor, _ in two.recorder.sent] == ["smtp", "ses"]


async def test_after_a_time_without_a_report_the_next_vendor_is_asked_once(two: Scene) -> None:
    await two.go_through(trigger_body(**MAIL_ONLY))
    [waiting] = [each for each in await two.jobs() if isinstance(each, Send) and each.falls_back]
    due_in = await two.pool.fetchval("select max(execute_after - now()) from pgqueuer")
    assert timedelta(minutes=9) < due_in <= timedelta(minutes=10)
    for _ in range(2):
        await two.send_all(waiting.attempt)
    message = await only(two)
    assert (message["status"], message["vendor_nickname"]) == ("sent_by_vendor", "ses")
    assert len(two.recorder.sent) == 2


async def test_a_delivery_report_stops_the_fallback(two: Scene) -> None:
    [message] = await two.go_through(trigger_body(**MAIL_ONLY))
    await report(two, message, "delivered")
    await two.send_all(attempt=1)
    assert [vendor for vendor, _ in two.recorder.sent] == ["smtp"]


async def test_the_success_of_the_run_stops_the_fallback_too(two: Scene) -> None:
    users = [{"distinct_id": "u1", "$email": ["ada@example.com"], "$channels": ["email", "inbox"]}]
    messages = await two.go_through(trigger_body(users=users))
    [in_inbox] = [each for each in messages if each["channel"] == "inbox"]
    await report(two, in_inbox, "seen")
    await two.send_all(attempt=1)
    assert [vendor for vendor, _ in two.recorder.sent] == ["smtp"]


async def test_where_the_next_vendor_refuses_a_silent_message_stays_and_a_failed_one_ends(two: Scene) -> None:
    [message] = await two.go_through(trigger_body(**MAIL_ONLY))
    two.recorder.answers["ada@example.com"] = lambda: Rejected("vendor_refused", "no")
    await two.send_all(attempt=1)
    assert (await only(two))["status"] == "sent_by_vendor"
    assert (await only(two))["vendor_nickname"] == "smtp"
    await report(two, message, "failed")
    await two.send_all(attempt=3)
    message = await only(two)
    assert (message["status"], message["failure_code"]) == ("delivery_failure", "hard_bounce")
    assert message["failure_reason"] == "no such mailbox; then: no"


async def test_a_next_vendor_that_can_not_take_it_now_is_asked_again(two: Scene) -> None:
    [message] = await two.go_through(trigger_body(**MAIL_ONLY))
    two.recorder.answers["ada@example.com"] = lambda: Deferred("vendor_unavailable", "later")
    await report(two, message, "failed")
    await two.send_all(attempt=2)
    assert (await only(two))["status"] == "sent_by_vendor"
    del two.recorder.answers["ada@example.com"]
    await two.send_all(attempt=3)
    assert (await only(two))["vendor_nickname"] == "ses"


@pytest.mark.parametrize("happening", ["failed", "complained"])
async def test_a_dead_or_unwilling_address_is_left_alone_until_that_is_lifted(two: Scene, happening: Happening) -> None:
    [message] = await two.go_through(trigger_body(**MAIL_ONLY))
    cause: Cause = "hard_bounce" if happening == "failed" else "complaint"
    await report(two, message, happening, cause=cause, address="ADA@example.com")
    # No other vendor could reach it either.
    assert (await only(two))["status"] == ("delivery_failure" if happening == "failed" else "delivered")
    shown = trigger_body(users=[{"distinct_id": "u2", "$email": ["Ada@Example.com"], "$channels": ["email"]}])
    left = last_mail(await two.go_through(shown))
    assert (left["status"], left["failure_code"]) == ("not_to_be_triggered", "address_suppressed")
    async with two.pool.acquire() as connection:
        [kept] = await list_suppressions(connection, two.workspace.id, two.now(), limit=10)
        assert (kept.cause, kept.reason, kept.message_id) == (cause, "no such mailbox", message["id"])
        assert kept.until is not None
        assert timedelta(days=89) < kept.until - two.now() < timedelta(days=91)
        assert await lift_suppression(connection, two.workspace.id, "Ada@example.com", two.now()) == 1
    assert last_mail(await two.go_through(shown))["status"] == "sent_by_vendor"


async def test_an_address_that_dies_between_plan_and_send_is_left_alone(two: Scene) -> None:
    await two.accept(trigger_body(**MAIL_ONLY), trigger_body(**MAIL_ONLY, name="Second"))
    await two.plan_all()
    two.recorder.answers["ada@example.com"] = lambda: Rejected("address", "no such mailbox", "hard_bounce")
    job = next(each for each in await two.jobs() if isinstance(each, Send))
    for message_id in job.message_ids:
        await send(two.sending(), replace(job, message_ids=(message_id,)))
    ended = {each["id"]: each["status"] for each in await two.messages()}
    assert [ended[each] for each in job.message_ids] == ["delivery_failure", "not_to_be_triggered"]
    assert [vendor for vendor, _ in two.recorder.sent] == ["smtp"]


async def test_what_is_told_of_somebody_in_copy_counts_for_nothing(two: Scene) -> None:
    [message] = await two.go_through(trigger_body(**MAIL_ONLY))
    await report(two, message, "failed", cause="hard_bounce", address="boss@example.com")
    assert (await only(two))["status"] == "sent_by_vendor"
    async with two.pool.acquire() as connection:
        assert not await list_suppressions(connection, two.workspace.id, two.now(), limit=10)


@pytest.fixture
async def whatsapp(scene: Scene) -> Scene:
    """A scene with two vendors of WhatsApp, and a template for it."""
    await scene.commit_template("whatsapp", {"whatsapp": {"body": {"text": "Hello"}}})
    await scene.add_vendor("whatsapp_cloud", "whatsapp")
    await scene.add_vendor("twilio_whatsapp", "whatsapp", priority=1)
    return scene


def to_whatsapp(category: str = "promotional") -> dict[str, Any]:
    users = [{"distinct_id": "u1", "$whatsapp": ["+15005550009"]}]
    return trigger_body(template="whatsapp", users=users, notification_category=category)


async def test_a_number_without_whatsapp_is_left_alone_for_fifteen_days(whatsapp: Scene) -> None:
    [message] = await whatsapp.go_through(to_whatsapp())
    await report(whatsapp, message, "failed", "whatsapp_cloud", cause="hard_bounce")
    # No other vendor could reach it either.
    assert (await only(whatsapp))["status"] == "delivery_failure"
    *_, left = await whatsapp.go_through(to_whatsapp("system"))
    assert (left["status"], left["failure_code"]) == ("not_to_be_triggered", "address_suppressed")
    async with whatsapp.pool.acquire() as connection:
        [kept] = await list_suppressions(connection, whatsapp.workspace.id, whatsapp.now(), limit=10)
    assert kept.until is not None
    assert timedelta(days=14, hours=23) < kept.until - whatsapp.now() <= timedelta(days=15)


async def test_a_failure_that_is_not_the_numbers_own_is_the_next_vendors_turn(whatsapp: Scene) -> None:
    [message] = await whatsapp.go_through(to_whatsapp())
    await report(whatsapp, message, "failed", "whatsapp_cloud")
    await whatsapp.send_all(attempt=2)
    assert (await only(whatsapp))["vendor_nickname"] == "twilio_whatsapp"


@pytest.mark.parametrize("reported", [True, False])
async def test_who_wants_no_marketing_still_gets_what_is_no_marketing(whatsapp: Scene, reported: bool) -> None:
    refusal = Rejected("unsubscribed", "no marketing", "unsubscribed")
    if not reported:
        whatsapp.recorder.answers["+15005550009"] = lambda: refusal
    [message] = await whatsapp.go_through(to_whatsapp())
    if reported:
        await report(whatsapp, message, "failed", "whatsapp_cloud", cause="unsubscribed")
    whatsapp.recorder.answers.clear()
    assert (await only(whatsapp))["status"] == "delivery_failure"
    *_, marketing = await whatsapp.go_through(to_whatsapp())
    assert (marketing["status"], marketing["failure_code"]) == ("not_to_be_triggered", "unsubscribed")
    *_, code = await whatsapp.go_through(to_whatsapp("system"))
    assert code["status"] == "sent_by_vendor"


async def test_a_text_message_that_fails_suppresses_nothing(scene: Scene) -> None:
    await scene.commit_template("text", {"sms": {"body": "Hello"}})
    await scene.add_vendor("twilio", "sms")
    users = [{"distinct_id": "u1", "$sms": ["+15005550009"]}]
    [message] = await scene.go_through(trigger_body(template="text", users=users))
    await report(scene, message, "failed", "twilio", cause="hard_bounce")
    assert (await only(scene))["status"] == "delivery_failure"
    *_, again = await scene.go_through(trigger_body(template="text", users=users))
    assert again["status"] == "sent_by_vendor"
