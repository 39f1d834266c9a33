"""What a try comes to: an outcome turned into what is written down, and what happens next."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from suprsend_hub.actions.settle import Again, Result
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.retry import RetryPolicy, next_wait
from suprsend_hub.domain.suppression import end_of_suppression, extent_of_suppression, suppressible
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.messages import ClaimedMessage, Settlement
from suprsend_hub.store.suppressions import NewSuppression


@dataclass(frozen=True, slots=True)
class Try:
    """One message in the hands of this worker."""

    job: Send
    claim: str
    message: ClaimedMessage

    def settlement(
        self,
        account: VendorAccount | None,
        variant_id: str | None,
        status: Status,
        *,
        vendor_message_id: str | None = None,
        code: str | None = None,
        reason: str | None = None,
        due_at: datetime | None = None,
    ) -> Settlement:
        """What is to be written down of this try."""
        return Settlement(
            message_id=self.message.id,
            claim=self.claim,
            status=status,
            variant_id=variant_id,
            vendor=account.vendor if account else None,
            vendor_nickname=account.nickname if account else None,
            vendor_message_id=vendor_message_id,
            failure_code=code,
            failure_reason=reason,
            due_at=due_at,
        )

    def result(self, settlement: Settlement) -> Result:
        """A try after which nothing more is to be done."""
        return Result(self.job.workspace_id, settlement)


@dataclass(frozen=True, slots=True)
class Offered:
    """A message that was offered to vendors: who answered what, and whether others are left that never had it."""

    account: VendorAccount
    outcome: Outcome
    variant_id: str
    has_others: bool


def judge(tried: Try, offered: Offered, policy: RetryPolicy, now: datetime, chance: float) -> Result:
    """What follows from a vendor's answer."""
    outcome = offered.outcome
    settlement = partial(tried.settlement, offered.account, offered.variant_id)
    match outcome:
        case Accepted(vendor_message_id=vendor_message_id):
            accepted = settlement("sent_by_vendor", vendor_message_id=vendor_message_id)
            return replace(tried.result(accepted), again=_if_silent(tried, offered))
        case Rejected(code=code, detail=detail):
            suppression = _suppression(tried.message, outcome, now)
            if tried.job.falls_back:
                return replace(leave(tried, detail), suppression=suppression)
            return replace(
                tried.result(settlement("delivery_failure", code=code, reason=detail)), suppression=suppression
            )
        case Deferred(code=code, detail=detail) | Uncertain(code=code, detail=detail):
            attempt = tried.job.attempt + 1
            wait = next_wait(policy, outcome, attempt, chance)
            if wait is None:
                reason = f"gave up after {attempt} tries; the last one: {detail}"
                if tried.job.falls_back:
                    return leave(tried, reason)
                return tried.result(settlement("delivery_failure", code=code, reason=reason))
            returns = offered.account.nickname if isinstance(outcome, Uncertain) else ""
            again = _again(tried, wait, falls_back=tried.job.falls_back, returns=returns)
            if tried.job.falls_back:
                return replace(leave(tried, None), again=again)
            waiting = settlement("triggered", code=code, reason=detail, due_at=now + wait)
            return replace(tried.result(waiting), again=again)
        case _:
            assert_never(outcome)


def leave(tried: Try, detail: str | None) -> Result:
    """A fallback that came to nothing: the message stays with the vendor that has it, unless that one failed.

    `detail` is what the last vendor said, where the fallback is over; None where it goes on.
    """
    message = tried.message
    failed = message.failure_code is not None
    reason = message.failure_reason if detail is None else f"{message.failure_reason}; then: {detail}"
    return tried.result(
        tried.settlement(
            None,
            None,
            "delivery_failure" if failed and detail is not None else "sent_by_vendor",
            code=message.failure_code,
            reason=reason if failed else None,
        )
    )


def _if_silent(tried: Try, offered: Offered) -> Again | None:
    """The next vendor's turn, should this one report nothing in time."""
    account = offered.account
    if account.fallback_after is None or not offered.has_others:
        return None
    return _again(tried, account.fallback_after, falls_back=True, awaits=account.nickname)


def _again(tried: Try, after: timedelta, *, falls_back: bool, awaits: str = "", returns: str = "") -> Again:
    job = tried.job
    return Again(job.channel, job.root, job.attempt + 1, after, falls_back, awaits, returns, job.turn)


def _suppression(message: ClaimedMessage, outcome: Rejected, now: datetime) -> NewSuppression | None:
    address = suppressible(message.channel, message.provider, message.address)
    if outcome.cause is None or address is None:
        return None
    until = end_of_suppression(message.channel, now)
    category = extent_of_suppression(outcome.cause, message.category)
    return NewSuppression(address, outcome.cause, outcome.detail, message.id, until, category)
