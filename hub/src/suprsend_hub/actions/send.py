"""Sending: render each message of a chunk, hand it to its vendor, write down what came of it.

No transaction is open while a vendor is called. A worker has at most so many messages under way as it has places,
and a place is free again only when the result is committed: that is what bounds the duplicates after a kill.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol, assert_never

from suprsend_hub.actions.compose import Composed, Composer, Composition, Unsendable
from suprsend_hub.actions.settle import Again, Result
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import OutgoingMessage, Status
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.retry import RetryPolicy, next_wait
from suprsend_hub.domain.suppression import end_of_suppression, suppressible
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.domain.vendor import VendorAccount, following
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_notifications import NewNotification
from suprsend_hub.store.messages import (
    ClaimedMessage,
    Settlement,
    claim_for_fallback,
    claim_messages,
    stop_succeeded,
)
from suprsend_hub.store.suppressions import NewSuppression

Deliver = Callable[[VendorAccount, OutgoingMessage], Awaitable[Outcome]]


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
    places: asyncio.Semaphore
    stopping: asyncio.Event
    now: Callable[[], datetime]
    chance: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One chunk in the hands of this worker."""

    job: Send
    claim: str
    lost: asyncio.Event


async def send(sending: Sending, job: Send) -> bool:
    """Send a chunk; False where it was not all begun, or not all written down: then the job must run again."""
    attempt = _Attempt(job, secrets.token_hex(8), asyncio.Event())
    claim = claim_for_fallback if job.falls_back else claim_messages
    async with sending.pool.acquire() as connection:
        claimed = await claim(connection, job.workspace_id, job.message_ids, job.attempt, attempt.claim, sending.now())
        if len(claimed) < len(job.message_ids) and not job.falls_back:
            await stop_succeeded(connection, job.workspace_id, job.message_ids, sending.now())
    if not claimed:
        return True
    composition = await sending.composer.prepare(job.workspace_id, claimed, sending.now())
    # Where a claim seems lost, nobody else may have the rest: a commit that was not answered looks the same. So the
    # job must run again then too, unless another worker holds it by now.
    return await _send_each(sending, attempt, claimed, composition) == len(claimed)


async def _send_each(
    sending: Sending, attempt: _Attempt, claimed: Sequence[ClaimedMessage], composition: Composition
) -> int:
    """Begin one message after another as places get free; returns how many were begun."""
    begun: list[asyncio.Task[None]] = []
    for message in claimed:
        await sending.places.acquire()
        if sending.stopping.is_set() or attempt.lost.is_set():
            sending.places.release()
            break
        task = asyncio.create_task(_send_one(sending, attempt, message, composition))
        begun.append(task)
    # Not a task group: a fault of one message must not cancel another in the middle of its vendor call.
    ended = await asyncio.gather(*begun, return_exceptions=True)
    for fault in ended:
        if fault is not None:
            raise fault
    return len(begun)


async def _send_one(sending: Sending, attempt: _Attempt, message: ClaimedMessage, composition: Composition) -> None:
    try:
        result = await _try(sending, attempt, message, composition.compose(message, sending.now()))
        if not await sending.settle(result):
            # Another worker may have taken the chunk over: whatever is not begun would be sent twice.
            attempt.lost.set()
    finally:
        sending.places.release()


async def _try(sending: Sending, attempt: _Attempt, message: ClaimedMessage, composed: Composed | Unsendable) -> Result:
    if isinstance(composed, Composed) and attempt.job.falls_back:
        composed = replace(composed, accounts=following(composed.accounts, message.vendor_nickname))
    match composed:
        case Unsendable() | Composed(accounts=()) if attempt.job.falls_back:
            return _left(attempt, message, "there is no other vendor")
        case Unsendable(code=code, reason=reason, variant_id=variant_id, status=status):
            settlement = _settlement(attempt, message, None, variant_id, status, code=code, reason=reason)
            return Result(attempt.job.workspace_id, settlement)
        case Composed(accounts=()):
            return _into_inbox(attempt, message, composed)
        case Composed():
            account, outcome = await _hand_over(sending, composed)
            return _judged(sending, attempt, composed, account, message, outcome)
        case _:
            assert_never(composed)


async def _hand_over(sending: Sending, composed: Composed) -> tuple[VendorAccount, Outcome]:
    """Try one account after the other until one takes the message, or may have taken it."""
    tried: list[tuple[VendorAccount, Outcome]] = []
    for account in composed.accounts:
        message = replace(composed.message, reports_to=sending.reports_to(account))
        outcome = await sending.deliver(account, message)
        if isinstance(outcome, Accepted | Uncertain):
            return account, outcome
        tried.append((account, outcome))
        if isinstance(outcome, Rejected) and outcome.cause is not None:
            # The address itself is dead: no other vendor can reach it.
            return account, outcome
    # Where one of them may take it later, the others' refusals are not the end.
    return next((each for each in tried if isinstance(each[1], Deferred)), tried[-1])


def _into_inbox(attempt: _Attempt, message: ClaimedMessage, composed: Composed) -> Result:
    notification = NewNotification(
        id=message.id,
        tenant_id=message.tenant_id or DEFAULT_TENANT,
        distinct_id=message.address,
        category=message.category,
        content=composed.message.content,
    )
    settlement = _settlement(attempt, message, None, composed.variant_id, "sent_by_vendor")
    return Result(attempt.job.workspace_id, settlement, notification=notification)


def _judged(
    sending: Sending,
    attempt: _Attempt,
    composed: Composed,
    account: VendorAccount,
    message: ClaimedMessage,
    outcome: Outcome,
) -> Result:
    workspace_id, job = attempt.job.workspace_id, attempt.job
    settlement = partial(_settlement, attempt, message, account, composed.variant_id)
    match outcome:
        case Accepted(vendor_message_id=vendor_message_id):
            again = None
            if account.fallback_after is not None and following(composed.accounts, account.nickname):
                again = Again(message.channel, job.root, job.attempt + 1, account.fallback_after, falls_back=True)
            return Result(workspace_id, settlement("sent_by_vendor", vendor_message_id=vendor_message_id), again)
        case Rejected(code=code, detail=detail):
            suppression = _suppression(message, outcome, sending.now())
            if job.falls_back:
                return replace(_left(attempt, message, detail), suppression=suppression)
            failed = settlement("delivery_failure", code=code, reason=detail)
            return Result(workspace_id, failed, suppression=suppression)
        case Deferred(code=code, detail=detail) | Uncertain(code=code, detail=detail):
            tried = job.attempt + 1
            wait = next_wait(sending.policy, outcome, tried, sending.chance())
            if wait is None:
                reason = f"gave up after {tried} tries; the last one: {detail}"
                if job.falls_back:
                    return _left(attempt, message, reason)
                return Result(workspace_id, settlement("delivery_failure", code=code, reason=reason))
            again = Again(message.channel, job.root, tried, wait, job.falls_back)
            if job.falls_back:
                return replace(_left(attempt, message, None), again=again)
            waiting = settlement("triggered", code=code, reason=detail, due_at=sending.now() + wait)
            return Result(workspace_id, waiting, again)
        case _:
            assert_never(outcome)


def _left(attempt: _Attempt, message: ClaimedMessage, detail: str | None) -> Result:
    """A fallback that came to nothing: the message stays with the vendor that has it, unless that one failed.

    `detail` is what the last vendor said, where the fallback is over; None where it goes on.
    """
    failed = message.failure_code is not None
    reason = message.failure_reason if detail is None else f"{message.failure_reason}; then: {detail}"
    settlement = _settlement(
        attempt,
        message,
        None,
        None,
        "delivery_failure" if failed and detail is not None else "sent_by_vendor",
        code=message.failure_code,
        reason=reason if failed else None,
    )
    return Result(attempt.job.workspace_id, settlement)


def _suppression(message: ClaimedMessage, outcome: Rejected, now: datetime) -> NewSuppression | None:
    address = suppressible(message.channel, message.provider, message.address)
    if outcome.cause is None or address is None:
        return None
    until = end_of_suppression(message.channel, now)
    return NewSuppression(address, outcome.cause, outcome.detail, message.id, until)


def _settlement(
    attempt: _Attempt,
    message: ClaimedMessage,
    account: VendorAccount | None,
    variant_id: str | None,
    status: Status,
    *,
    vendor_message_id: str | None = None,
    code: str | None = None,
    reason: str | None = None,
    due_at: datetime | None = None,
) -> Settlement:
    return Settlement(
        message_id=message.id,
        claim=attempt.claim,
        status=status,
        variant_id=variant_id,
        vendor=account.vendor if account else None,
        vendor_nickname=account.nickname if account else None,
        vendor_message_id=vendor_message_id,
        failure_code=code,
        failure_reason=reason,
        due_at=due_at,
    )
