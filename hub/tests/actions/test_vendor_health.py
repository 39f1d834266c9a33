"""Health and rates of accounts, with the database between: what the fleet sees, leases, and puts off."""

from dataclasses import replace
from datetime import timedelta

from suprsend_hub.actions.send import send
from suprsend_hub.domain.health import WINDOW, Observed
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.vendor_health import read_health
from suprsend_hub.store.vendors import list_vendors

from .scene import Scene, trigger_body

AWAY = Deferred("vendor_unavailable", "HTTP 503")


def people(count: int) -> list[dict[str, object]]:
    return [{"distinct_id": f"u{n}", "$email": f"u{n}@example.com", "$channels": ["email"]} for n in range(count)]


class Vendors:
    """Accounts of which some are away; notes who was asked."""

    def __init__(self, *away: str, answer: Outcome = AWAY) -> None:
        self.away = set(away)
        self.answer = answer
        self.asked: list[str] = []

    async def deliver(self, account: VendorAccount, message: OutgoingMessage) -> Outcome:
        self.asked.append(account.nickname)
        return self.answer if account.nickname in self.away else Accepted(f"{account.nickname}-{message.id}")


async def send_due(scene: Scene, vendors: Vendors, **narrowed: object) -> None:
    """Run every send job that is in the queue."""
    sending = replace(scene.sending(), deliver=vendors.deliver)
    for job in await scene.jobs():
        if isinstance(job, Send) and all(getattr(job, name) == value for name, value in narrowed.items()):
            await send(sending, job)


async def weights(scene: Scene) -> dict[str, float]:
    async with scene.pool.acquire() as connection:
        return {each.nickname: each.weight for each in await list_vendors(connection, scene.vault, scene.workspace.id)}


async def test_a_vendor_that_fails_loses_its_turns_and_gets_them_back(scene: Scene) -> None:
    await scene.add_vendor("ses", "email", priority=1)
    await scene.accept(trigger_body(users=people(20)))
    await scene.plan_all()
    vendors = Vendors("smtp")
    await send_due(scene, vendors)
    assert vendors.asked == ["smtp", "ses"] * 20
    later = scene.now() + WINDOW * 2
    assert [*(await scene.watch.share(scene.pool, scene.now())).values()] == []
    scene.watch.note(scene.workspace.id, "smtp", Observed(tried=1, faulted=1))
    assert [*(await scene.watch.share(scene.pool, later)).values()] == [0.5]
    assert (await weights(scene))["smtp"] == 0.5
    async with scene.pool.acquire() as connection:
        seen = (await read_health(connection, scene.workspace.id))["smtp"]
    assert (seen.fault_share, seen.silent_share, seen.changed_at) == (1.0, None, later)
    # The draw of these tests is 0.5: the sick account misses its turn, and the other one is asked first.
    await scene.accept(trigger_body(users=people(1)))
    await scene.plan_all()
    vendors.asked.clear()
    await send_due(scene, vendors, message_ids=(max(each["id"] for each in await scene.messages()),))
    assert vendors.asked == ["ses"]
    for window in range(2, 8):
        scene.watch.note(scene.workspace.id, "ses", Observed(tried=1))
        await scene.watch.share(scene.pool, scene.now() + WINDOW * window)
    assert (await weights(scene))["smtp"] == 1.0


async def test_each_window_is_closed_once_for_the_whole_fleet(scene: Scene) -> None:
    scene.watch.note(scene.workspace.id, "smtp", Observed(tried=10, faulted=10))
    await scene.watch.share(scene.pool, scene.now() - WINDOW)
    for _ in range(3):
        scene.watch.note(scene.workspace.id, "smtp", Observed(tried=10, faulted=10))
        await scene.watch.share(scene.pool, scene.now())
    assert (await weights(scene))["smtp"] == 0.5


async def test_an_account_that_is_replaced_begins_anew(scene: Scene) -> None:
    scene.watch.note(scene.workspace.id, "smtp", Observed(tried=10, faulted=10))
    await scene.watch.share(scene.pool, scene.now() - WINDOW)
    scene.watch.note(scene.workspace.id, "smtp", Observed(tried=10, faulted=10))
    await scene.watch.share(scene.pool, scene.now())
    await scene.add_vendor("smtp", "email")
    assert (await weights(scene))["smtp"] == 1.0


async def test_reports_that_do_not_come_in_time_are_noted_of_the_account(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=5))
    await scene.add_vendor("ses", "email", priority=1)
    await scene.accept(trigger_body(users=people(10)))
    await scene.plan_all()
    vendors = Vendors()
    await send_due(scene, vendors)
    await send_due(scene, vendors, awaits="smtp")
    assert vendors.asked == ["smtp"] * 10 + ["ses"] * 10
    await scene.watch.share(scene.pool, scene.now())
    row = await scene.pool.fetchrow(
        "select h.awaited, h.silent from vendor_health h join vendor v on v.id = h.vendor_id where nickname = 'smtp'"
    )
    assert tuple(row or ()) == (10, 10)


async def test_silence_is_noted_once_however_often_the_messages_are_put_off(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=5))
    await scene.add_vendor("ses", "email", priority=1, rate_per_second=5)
    await scene.accept(trigger_body(users=people(20)))
    await scene.plan_all()
    vendors = Vendors()
    await send_due(scene, vendors)
    sending = replace(scene.sending(), deliver=vendors.deliver)
    for awaiting in [each for each in await scene.jobs() if isinstance(each, Send) and each.awaits]:
        for run in range(3):
            await send(sending, awaiting, runs_before=run)
    for turn in range(1, 20):
        await scene.pool.execute("update vendor_budget set counted_at = counted_at - interval '1 second'")
        await send_due(scene, vendors, turn=turn)
    assert vendors.asked == ["smtp"] * 20 + ["ses"] * 20
    await scene.watch.share(scene.pool, scene.now())
    row = await scene.pool.fetchrow(
        "select h.awaited, h.silent from vendor_health h join vendor v on v.id = h.vendor_id where nickname = 'smtp'"
    )
    assert tuple(row or ()) == (20, 20)


async def test_an_account_that_is_entered_anew_keeps_nobody_waiting_for_its_old_queue(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", rate_per_second=10)
    await scene.accept(trigger_body(users=people(100)))
    await scene.plan_all()
    vendors = Vendors()
    await send_due(scene, vendors)
    await scene.add_vendor("smtp", "email", rate_per_second=1000)
    await scene.pool.execute("update vendor_budget set counted_at = counted_at - interval '1 second'")
    await scene.accept(trigger_body(users=people(1)))
    await scene.plan_all()
    await send_due(scene, vendors, turn=0)
    assert len(vendors.asked) == 9 + 1


async def test_a_message_goes_round_all_accounts_and_to_none_twice(scene: Scene) -> None:
    """Also where health has changed the order: who had it is on the message, not in the order."""
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=5))
    await scene.add_vendor("ses", "email", priority=1, fallback_after=timedelta(minutes=5))
    await scene.add_vendor("resend", "email", priority=2, fallback_after=timedelta(minutes=5))
    await scene.pool.execute(
        "insert into vendor_health (vendor_id, weight, window_since)"
        " select id, 0.02, now() from vendor where nickname = 'smtp'"
    )
    await scene.accept(trigger_body(users=people(1)))
    await scene.plan_all()
    vendors = Vendors()
    for attempt in range(5):
        await send_due(scene, vendors, attempt=attempt)
    assert vendors.asked == ["ses", "resend", "smtp"]
    [message] = await scene.messages()
    assert (message["vendor_nickname"], message["passed"]) == ("smtp", ["ses", "resend"])


async def test_after_a_lost_answer_the_account_that_may_have_it_is_asked_again(scene: Scene) -> None:
    await scene.add_vendor("ses", "email", priority=1)
    await scene.pool.execute(
        "insert into vendor_health (vendor_id, weight, window_since)"
        " select id, 0.02, now() from vendor where nickname = 'smtp'"
    )
    await scene.accept(trigger_body(users=people(1)))
    await scene.plan_all()
    vendors = Vendors("ses", answer=Uncertain("answer_lost", "who knows"))
    await send_due(scene, vendors)
    await scene.pool.execute("update vendor_health set weight = 1")
    vendors.away.clear()
    await send_due(scene, vendors, attempt=1)
    assert vendors.asked == ["ses", "ses"]


async def test_what_is_above_the_rate_is_put_off_to_its_time_and_loses_nothing(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", rate_per_second=10)
    await scene.accept(trigger_body(users=people(35)))
    await scene.plan_all()
    vendors = Vendors()
    [first] = [each for each in await scene.jobs() if isinstance(each, Send)]
    await send_due(scene, vendors)
    assert len(vendors.asked) == 9
    later = [each for each in await scene.jobs() if isinstance(each, Send) and each.turn == 1]
    assert [len(each.message_ids) for each in later] == [9, 9, 8]
    waits = [
        row["wait"].total_seconds()
        for row in await scene.pool.fetch("select execute_after - created as wait from pgqueuer order by id")
    ][-3:]
    assert [round(each) for each in waits] == [1, 2, 3]
    # The first job once more, as after a crash: what was put off has its own jobs now.
    await send(replace(scene.sending(), deliver=vendors.deliver), first)
    assert len(vendors.asked) == 9
    for turn in range(1, 40):
        # Time goes by for the purse.
        await scene.pool.execute("update vendor_budget set counted_at = counted_at - interval '1 second'")
        await send_due(scene, vendors, turn=turn)
    assert len(vendors.asked) == 35
    assert {each["status"] for each in await scene.messages()} == {"sent_by_vendor"}


async def test_a_system_message_passes_a_broadcast_that_has_used_up_the_rate(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", rate_per_second=10)
    await scene.accept(trigger_body(users=people(100), notification_category="promotional"))
    await scene.plan_all()
    vendors = Vendors()
    await send_due(scene, vendors)
    assert len(vendors.asked) == 8
    await scene.accept(trigger_body(users=people(1), notification_category="system"))
    await scene.plan_all()
    await send_due(scene, vendors, root="system")
    assert len(vendors.asked) == 9


async def test_a_further_account_that_has_used_up_its_rate_takes_nothing_now(scene: Scene) -> None:
    await scene.add_vendor("ses", "email", priority=1, rate_per_second=1)
    await scene.accept(trigger_body(users=people(3)))
    await scene.plan_all()
    vendors = Vendors("smtp")
    await send_due(scene, vendors)
    assert sorted(vendors.asked) == ["ses", "smtp", "smtp", "smtp"]
    ended = sorted((each["status"], each["failure_code"]) for each in await scene.messages())
    assert ended == [("sent_by_vendor", None), *[("triggered", "vendor_unavailable")] * 2]
