"""What a try comes to: an outcome turned into what is written down, and what happens next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from suprsend_hub.actions.settle import Again, Result
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.retry import RetryPolicy, next_wait
from suprsend_hub.domain.suppression import end_of_suppression, extent_of_suppression, suppressible
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.claims import ClaimedMessage
from suprsend_hub.store.settlements import Settlement
from suprsend_hub.store.suppressions import NewSuppression


class Try(Struct, frozen=True):
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
        passed: Sequence[str] | None = None,
        has_others: bool = False,
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
            passed=passed,
            has_others=has_others,
        )

    def passed(self, *nicknames: str | None) -> Sequence[str] | None:
        """Who is not to be asked again: who had the message, refused it, or was given up on; None: as before."""
        fresh = [each for each in nicknames if each is not None and each not in self.message.passed]
        return [*self.message.passed, *fresh] if fresh else None

    def again(
        self,
        after: timedelta,
        *,
        falls_back: bool,
        awaits: str = "",
        returns: str = "",
        tries: int = 0,
        lost: int = 0,
    ) -> Again:
        """This message's next turn."""
        send = replace(
            self.job,
            message_ids=(),
            attempt=self.job.attempt + 1,
            falls_back=falls_back,
            awaits=awaits,
            returns=returns,
            tries=tries,
            lost=lost,
        )
        return Again(send, after)

    def result(self, settlement: Settlement) -> Result:
        """A try after which nothing more is to be done."""
        return Result(self.job.workspace_id, settlement)


class Offered(Struct, frozen=True):
    """A message that was offered to vendors: who answered what, who refused it, and whether others are left."""

    account: VendorAccount
    outcome: Outcome
    variant_id: str
    refused: tuple[str, ...]
    has_others: bool


def judge(tried: Try, offered: Offered, policy: RetryPolicy, now: datetime, chance: float) -> Result:
    """What follows from a vendor's answer."""
    outcome = offered.outcome
    settlement = partial(tried.settlement, offered.account, offered.variant_id, has_others=offered.has_others)
    match outcome:
        case Accepted(vendor_message_id=vendor_message_id):
            before = tried.message.vendor_nickname if tried.job.falls_back else None
            passed = tried.passed(before, *offered.refused)
            silent = _if_silent(tried, offered)
            accepted = settlement(
                "sent_by_vendor",
                vendor_message_id=vendor_message_id,
                passed=passed,
                # Until then somebody else may get it: of one that was given on already, nobody may any more.
                due_at=now + silent.after if silent else now if tried.job.falls_back else None,
            )
            at_once = tried.again(timedelta(0), falls_back=True)
            return replace(tried.result(accepted), again=silent, at_once=at_once)
        case Rejected(code=code, detail=detail):
            suppression = _suppression(tried.message, outcome, now)
            if tried.job.falls_back:
                return replace(leave(tried, detail), suppression=suppression)
            failed = settlement("delivery_failure", code=code, reason=detail)
            return replace(tried.result(failed), suppression=suppression)
        case Deferred(code=code, detail=detail) | Uncertain(code=code, detail=detail):
            again, reason = _once_more(tried, offered, policy, chance)
            if again is None:
                if tried.job.falls_back:
                    return leave(tried, reason)
                return tried.result(settlement("delivery_failure", code=code, reason=reason))
            if tried.job.falls_back:
                return replace(leave(tried, None, now + again.after), again=again)
            passed = tried.passed(*offered.refused, None if again.send.tries else offered.account.nickname)
            waiting = settlement("triggered", code=code, reason=detail, due_at=now + again.after, passed=passed)
            return replace(tried.result(waiting), again=again)
        case _:
            assert_never(outcome)


def _once_more(tried: Try, offered: Offered, policy: RetryPolicy, chance: float) -> tuple[Again | None, str]:
    """The next try of a message that was not surely taken, or why there is none."""
    job, outcome, nickname = tried.job, offered.outcome, offered.account.nickname
    assert isinstance(outcome, Deferred | Uncertain), "what was taken or refused is not tried again"
    tries, lost = job.tries + 1, job.lost + isinstance(outcome, Uncertain)
    wait = next_wait(policy, outcome, tries, chance, lost)
    reason = f"gave up after {tries} tries; the last one: {outcome.detail}"
    if wait is not None:
        # Whoever may have the message is asked again before any other, also when it is only busy meanwhile.
        returns = nickname if isinstance(outcome, Uncertain) or nickname == job.returns else ""
        return tried.again(wait, falls_back=job.falls_back, returns=returns, tries=tries, lost=lost), reason
    if isinstance(outcome, Uncertain) and offered.has_others and not job.falls_back:
        # Nobody knows whether it has the message, and it will not say: then another one is the lesser evil.
        return tried.again(timedelta(0), falls_back=False), reason
    return None, reason


def leave(tried: Try, detail: str | None, due_at: datetime | None = None) -> Result:
    """A fallback that came to nothing: the message stays with the vendor that has it, unless that one failed.

    `detail` is what the last vendor said, where the fallback is over; None where it goes on, at `due_at`.
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
            # Of what is over nobody has another turn.
            due_at=due_at if detail is None else message.sent_at,
            has_others=detail is None,
        )
    )


def _if_silent(tried: Try, offered: Offered) -> Again | None:
    """The next vendor's turn, should this one report nothing in time."""
    account = offered.account
    if account.fallback_after is None or not offered.has_others:
        return None
    return tried.again(account.fallback_after, falls_back=True, awaits=account.nickname)


def _suppression(message: ClaimedMessage, outcome: Rejected, now: datetime) -> NewSuppression | None:
    address = suppressible(message.channel, message.provider, message.address)
    if outcome.cause is None or address is None:
        return None
    until = end_of_suppression(message.channel, now)
    category = extent_of_suppression(outcome.cause, message.category)
    return NewSuppression(address, outcome.cause, outcome.detail, message.id, until, category)
