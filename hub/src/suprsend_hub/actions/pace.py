"""Keeping to the accounts' rates: what may go now is leased, what may not is put off to its time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from suprsend_hub.domain.budget import Lease
from suprsend_hub.domain.category import Root
from suprsend_hub.domain.job import Job, Send
from suprsend_hub.domain.outcome import Deferred
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.claims import ClaimedMessage, put_off_messages
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.vendor_budgets import lease_sends


@dataclass(frozen=True, slots=True)
class _Later:
    """Messages that come again together, so long from now."""

    message_ids: tuple[str, ...]
    after: timedelta


async def pace(
    pool: Pool,
    job: Send,
    claim: str,
    claimed: Sequence[ClaimedMessage],
    orders: Mapping[str, Sequence[VendorAccount]],
    now: datetime,
) -> Sequence[ClaimedMessage]:
    """The messages that may go now; the others are given back, and a job for their time is written."""
    limited: dict[int, list[ClaimedMessage]] = {}
    rates: dict[int, float] = {}
    for message in claimed:
        first = orders[message.id][0] if orders[message.id] else None
        if first is not None and first.rate_per_second is not None:
            limited.setdefault(first.id, []).append(message)
            rates[first.id] = first.rate_per_second
    if not limited:
        return claimed

    async def work(connection: Connection) -> set[str]:
        later: list[_Later] = []
        # One order everywhere, so that two that lease from the same purses never wait for one another in a ring.
        for vendor_id in sorted(limited):
            messages = limited[vendor_id]
            leased = await lease_sends(connection, vendor_id, rates[vendor_id], len(messages), job.root, turn=job.turn)
            later += _spread(leased, [each.id for each in messages[leased.granted :]])
        return await _put_off(connection, job, claim, later, now)

    put_off = await transact(pool, work)
    return [each for each in claimed if each.id not in put_off]


async def lease_one(pool: Pool, account: VendorAccount, root: Root) -> Deferred | None:
    """Lease for one message that comes to a further account; what it waits for where that has no room."""
    rate = account.rate_per_second
    if rate is None:
        return None
    # It has waited for its first account, or is asked again at the time that the queue had room for it.
    leased = await transact(pool, lambda connection: lease_sends(connection, account.id, rate, 1, root, turn=1))
    if leased.granted:
        return None
    return Deferred("vendor_budget", f"{account.nickname} has its {rate:g} messages a second already", leased.wait)


def _spread(leased: Lease, message_ids: Sequence[str]) -> list[_Later]:
    return [
        _Later(tuple(message_ids[start : start + leased.share]), leased.wait + leased.pause * number)
        for number, start in enumerate(range(0, len(message_ids), leased.share))
    ]


async def _put_off(connection: Connection, job: Send, claim: str, later: Sequence[_Later], now: datetime) -> set[str]:
    due = sorted((message_id, now + each.after) for each in later for message_id in each.message_ids)
    if not due:
        return set()
    written = await put_off_messages(connection, job.workspace_id, due, claim)
    jobs = [
        # Whose silence brought them here was noted already.
        Job(replace(job, message_ids=ids, turn=job.turn + 1, awaits=""), each.after)
        for each in later
        if (ids := tuple(message_id for message_id in each.message_ids if message_id in written))
    ]
    await enqueue(connection, jobs)
    # What another worker has taken meanwhile is not ours to send either.
    return {message_id for message_id, _ in due}
