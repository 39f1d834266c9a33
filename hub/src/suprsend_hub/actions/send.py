"""Sending: render each message of a chunk, hand it to its vendor, write down what came of it.

No transaction is open while a vendor is called. A worker has at most so many messages under way as it has places,
and a place is free again only when the result is committed: that is what bounds the duplicates after a kill.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from msgspec.structs import replace

from suprsend_hub.actions.announce import announcing
from suprsend_hub.actions.compose import Composed, Composer, Composition, Unsendable
from suprsend_hub.actions.pace import lease_one, pace
from suprsend_hub.actions.places import Places
from suprsend_hub.actions.put_in_inbox import put_in_inbox
from suprsend_hub.actions.remember import Answer, tries_to_remember
from suprsend_hub.actions.settle import Result
from suprsend_hub.actions.verdict import Offered, Try, judge, leave
from suprsend_hub.actions.watch_health import HealthWatch
from suprsend_hub.domain.health import Observed, arrange, observe
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.retry import RetryPolicy
from suprsend_hub.domain.vendor import VendorAccount, untried
from suprsend_hub.store.claims import (
    ClaimedMessage,
    Hold,
    claim_for_fallback,
    claim_messages,
    end_fallbacks,
    is_claimed,
    stop_unneeded,
)
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.message_contents import NewContent

Deliver = Callable[[VendorAccount, OutgoingMessage], Awaitable[Outcome]]
Order = Sequence[VendorAccount]

# What was claimed is begun within so long, or claimed anew: then whether it is still needed is looked at once more.
FRESH_SECONDS = 3.0
# How long at least the messages to a vendor that hangs wait before anybody looks again; twice as long each time that
# nothing could be done, up to the longest wait.
STUCK_WAIT = timedelta(seconds=2)
LONGEST_STUCK_WAIT = timedelta(seconds=16)


class Settle(Protocol):
    """Commits one result together with others; False where the claim was lost."""

    async def __call__(self, result: Result, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sending:
    """What a worker's sends share."""

    pool: Pool
    composer: Composer
    deliver: Deliver
    reports_to: Callable[[VendorAccount], str]
    settle: Settle
    policy: RetryPolicy
    places: Places
    watch: HealthWatch
    stopping: asyncio.Event
    now: Callable[[], datetime]
    chance: Callable[[], float]
    # Whether what people saw is kept for a while.
    keeps_contents: bool = True


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The messages of a job that go now, and what is known of them."""

    job: Send
    claim: str
    lost: asyncio.Event
    fresh_until: float
    messages: Sequence[ClaimedMessage]
    composition: Composition
    orders: Mapping[str, Order]

    def first_account(self, message: ClaimedMessage) -> int | None:
        """The account that is asked first."""
        order = self.orders[message.id]
        return order[0].id if order else None


async def send(
    sending: Sending, job: Send, all_begun: Callable[[], None] = lambda: None, runs_before: int = 0
) -> timedelta | None:
    """Send a chunk; None once it is done, else how long to wait until the job must run again for what is left.

    `all_begun` is called once nothing more of this chunk will begin: it only waits for vendors then. `runs_before` is
    how often the job ran already.
    """
    # What could not begin is held against this job alone: others may be for another account.
    identity = (job.message_ids[0], job.attempt, job.turn)
    if sending.places.is_turned_away(identity):
        return _patience(sending, runs_before)
    chunk = await _take(sending, job, runs_before)
    if chunk is None:
        return None
    begun, stuck = await _send_each(sending, chunk, all_begun)
    if stuck:
        if begun:
            return _patience(sending, 0)
        sending.places.turn_away(identity, stuck)
        return _patience(sending, runs_before)
    # Where a claim seems lost, nobody else may have the rest: a commit that was not answered looks the same. So the
    # job must run again then too, unless another worker holds it by now.
    return None if begun == len(chunk.messages) else timedelta(0)


def _patience(sending: Sending, runs_before: int) -> timedelta:
    doubled: int = 1 << min(runs_before, 10)
    return min(STUCK_WAIT * doubled, LONGEST_STUCK_WAIT) * (1 + sending.chance())


async def _take(sending: Sending, job: Send, runs_before: int) -> _Chunk | None:
    """Claim what is still to be sent of a job, and lease what its vendors may have; None where nothing is left."""
    now, hold = sending.now(), Hold(job.attempt, job.turn, secrets.token_hex(8))
    fresh_until = time.monotonic() + FRESH_SECONDS
    claimed = await _claim(sending.pool, job, hold, now)
    if job.awaits and not runs_before:
        seen = Observed(awaited=len(job.message_ids), silent=len(claimed))
        sending.watch.note(job.workspace_id, job.awaits, seen)
    if not claimed:
        return None
    composition = await sending.composer.prepare(job.workspace_id, job.root, claimed, now)
    orders = {each.id: _order(sending, job, each, composition) for each in claimed}
    going = await pace(sending.pool, job, hold.claim, claimed, orders, now)
    return _Chunk(job, hold.claim, asyncio.Event(), fresh_until, going, composition, orders)


async def _claim(pool: Pool, job: Send, hold: Hold, now: datetime) -> list[ClaimedMessage]:
    claim = claim_for_fallback if job.falls_back else claim_messages

    async def work(connection: Connection) -> list[ClaimedMessage]:
        async with announcing(connection, job.workspace_id, job.message_ids, now):
            claimed = await claim(connection, job.workspace_id, job.message_ids, hold, now)
            if len(claimed) < len(job.message_ids):
                if job.falls_back:
                    await end_fallbacks(connection, job.workspace_id, job.message_ids, hold, now)
                else:
                    await stop_unneeded(
                        connection, job.workspace_id, job.message_ids, hold, now, lost=bool(job.returns)
                    )
            return claimed

    return await transact(pool, work)


def _order(sending: Sending, job: Send, message: ClaimedMessage, composition: Composition) -> Order:
    """The accounts that a message is offered to, one after the other."""
    had = [*message.passed, message.vendor_nickname] if job.falls_back else message.passed
    ordered = arrange(untried(composition.accounts_for(message), had), sending.chance)
    if not job.returns:
        return ordered
    return sorted(ordered, key=lambda each: each.nickname != job.returns)


async def _send_each(sending: Sending, chunk: _Chunk, all_begun: Callable[[], None]) -> tuple[int, set[int | None]]:
    """Begin one message after another as places get free; how many began, and the accounts whose vendors hang."""
    begun: list[asyncio.Task[None]] = []
    stuck: set[int | None] = set()
    for message in chunk.messages:
        account_id = chunk.first_account(message)
        if account_id in stuck or not await sending.places.take(account_id):
            stuck.add(account_id)
            continue
        is_stale = time.monotonic() > chunk.fresh_until
        # One at least is begun each time, however long it took to get here, if it may still be begun at all.
        has_to_wait = is_stale and (begun or not await _is_still_wanted(sending, chunk, message))
        if has_to_wait or sending.stopping.is_set() or chunk.lost.is_set():
            sending.places.give_back(account_id)
            break
        begun.append(asyncio.create_task(_send_one(sending, chunk, message)))
    all_begun()
    # Not a task group: a fault of one message must not cancel another in the middle of its vendor call.
    ended = await asyncio.gather(*begun, return_exceptions=True)
    for fault in ended:
        if fault is not None:
            raise fault
    return len(begun), stuck


async def _is_still_wanted(sending: Sending, chunk: _Chunk, message: ClaimedMessage) -> bool:
    async with sending.pool.acquire() as connection:
        return await is_claimed(connection, chunk.job.workspace_id, message.id, chunk.claim)


async def _send_one(sending: Sending, chunk: _Chunk, message: ClaimedMessage) -> None:
    try:
        tried = Try(chunk.job, chunk.claim, message)
        composed = chunk.composition.compose(message, sending.now())
        result = await _try(sending, tried, composed, chunk.orders[message.id])
        if not await sending.settle(result):
            # Another worker may have taken the chunk over: whatever is not begun would be sent twice.
            chunk.lost.set()
    finally:
        sending.places.give_back(chunk.first_account(message))


async def _try(sending: Sending, tried: Try, composed: Composed | Unsendable, order: Order) -> Result:
    if tried.job.falls_back and (isinstance(composed, Unsendable) or not order):
        return leave(tried, "there is no other vendor")
    if isinstance(composed, Unsendable):
        settlement = tried.settlement(
            None, composed.variant_id, composed.status, code=composed.code, reason=composed.reason
        )
        return tried.result(settlement)
    if tried.message.channel == "inbox":
        return put_in_inbox(tried, composed, sending.now())
    if not order:
        code, reason = tried.message.failure_code or "vendor_refused", tried.message.failure_reason
        return tried.result(tried.settlement(None, composed.variant_id, "delivery_failure", code=code, reason=reason))
    answers = await _offer(sending, tried.job, composed.message, order)
    offered = _offered(tried, composed, order, answers)
    result = judge(tried, offered, sending.policy, sending.now(), sending.chance())
    # Who may have the message may have seen it.
    keeps = sending.keeps_contents and isinstance(offered.outcome, Accepted | Uncertain)
    return replace(
        result,
        tries=tries_to_remember(tried.message, answers),
        content=NewContent(tried.message.id, composed.content) if keeps else None,
    )


async def _offer(sending: Sending, job: Send, message: OutgoingMessage, order: Order) -> Sequence[Answer]:
    """Ask one account after the other until one takes the message, or may have taken it; all that they answered."""
    answers: list[Answer] = []
    for account in order:
        outcome = (await lease_one(sending.pool, account, job.root) if answers else None) or await _ask(
            sending, job.workspace_id, account, message
        )
        answers.append(Answer(account, outcome, sending.now()))
        if _is_last(answers[-1], job):
            break
    return answers


def _is_last(answer: Answer, job: Send) -> bool:
    """Whether nobody else is asked after this answer, which then is the one that counts."""
    match answer.outcome:
        case Accepted() | Uncertain():
            return True
        case Rejected(cause=cause):
            # Where the address itself is dead, no other vendor can reach it.
            return cause is not None
        case Deferred():
            # It may have the message since its answer was lost: nobody else is asked while it can be asked again.
            return answer.account.nickname == job.returns
        case _:
            assert_never(answer.outcome)


def _offered(tried: Try, composed: Composed, order: Order, answers: Sequence[Answer]) -> Offered:
    decisive = answers[-1]
    if not _is_last(decisive, tried.job):
        # Where one of them may take it later, the others' refusals are not the end.
        decisive = next((each for each in answers if isinstance(each.outcome, Deferred)), decisive)
    nickname = decisive.account.nickname
    refused = tuple(each.account.nickname for each in answers if isinstance(each.outcome, Rejected))
    left = untried(order, [*refused, nickname, tried.message.vendor_nickname if tried.job.falls_back else None])
    return Offered(decisive.account, decisive.outcome, composed.variant_id, refused, has_others=bool(left))


async def _ask(sending: Sending, workspace_id: int, account: VendorAccount, message: OutgoingMessage) -> Outcome:
    with sending.places.asking(account.id):
        outcome = await sending.deliver(account, replace(message, reports_to=sending.reports_to(account)))
    sending.watch.note(workspace_id, account.nickname, observe(outcome))
    return outcome
