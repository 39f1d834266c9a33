"""Where a message stands and by which rule, in one sentence; and when something happens next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import assert_never

from suprsend_hub.domain.explanation_facts import Facts, MessageFacts, RunFacts, SuppressionFacts
from suprsend_hub.domain.explanation_success import find_success, moment
from suprsend_hub.domain.message import shown_address
from suprsend_hub.domain.routing import EXPLANATIONS
from suprsend_hub.domain.suppression import suppressible
from suprsend_hub.domain.vendor import choose_accounts, untried


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule that put a message where it is, and what waits for when, if anything does."""

    rule: str
    sentence: str
    next_at: datetime | None = None


def decide(facts: Facts, run: RunFacts, message: MessageFacts, now: datetime) -> Decision:
    """The decision that stands for a message at the moment; `run` is no more of its run than its own node."""
    match message.status:
        case "to_be_triggered" | "triggered":
            return _waiting(message, now)
        case "sent_by_vendor":
            return _with_vendor(facts, message)
        case "delivered" | "dismissed" | "seen" | "clicked":
            return Decision(message.status, f"{_taken(message)}{_told(message)}.")
        case "delivery_failure":
            return _failed(message)
        case "trigger_failed":
            return Decision(message.failure_code or "trigger_failed", f"It could not be made: {_reason(message)}.")
        case "not_to_be_triggered":
            return _left_out(facts, run, message)
        case _:
            assert_never(message.status)


# Each reason that the hub itself gives for not sending; whatever else is a code came from a vendor.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        **{str(code): text for code, text in EXPLANATIONS.items()},
        "cancelled": "the run was cancelled before it was sent",
        "no_variant": "the template has nothing for this channel and tenant",
        "recipient_erased": "the recipient was erased",
        "render_failed": "the template could not be rendered with this data",
        "success_met": "the run had its success before",
        "vendor_budget": "the account had as many messages a second as it may have",
        "vendor_refused": "every account has refused it or had it before",
        "vendor_reported_failure": "the vendor that had it reported that it could not deliver it",
    }
)


def _waiting(message: MessageFacts, now: datetime) -> Decision:
    put_off = (
        f" It was put off {_times(message.turn)}, as its vendor had as many as it may have." if message.turn else ""
    )
    if message.is_claimed:
        cancelled = " Its run was cancelled meanwhile: it is not tried again." if message.is_cancelled else ""
        return Decision("in_hand", f"A worker has it in hand since {moment(message.updated_at)}.{cancelled}{put_off}")
    if message.failure_code is not None:
        said = f"Try {message.attempts} came to nothing ({message.failure_code}: {message.failure_reason})"
        return Decision("retry", f"{said}; it is tried again at {moment(message.due_at)}.{put_off}", message.due_at)
    if message.turn:
        return Decision("vendor_budget", f"It goes at {moment(message.due_at)}.{put_off}", message.due_at)
    if message.due_at <= now:
        return Decision("due", f"It is due since {moment(message.due_at)} and waits for a worker.", message.due_at)
    if message.is_rung:
        until = f"It is a rung of the ladder and goes at {moment(message.due_at)}"
        return Decision(
            "rung", f"{until}, unless the run has had its success by then: {message.success}.", message.due_at
        )
    return Decision("delayed", f"It waits until {moment(message.due_at)}.", message.due_at)


def _with_vendor(facts: Facts, message: MessageFacts) -> Decision:
    if message.channel == "inbox":
        return Decision("sent_by_vendor", f"It is in the inbox{_since(message.sent_at)}, and was not seen yet.")
    if message.failure_code is not None:
        said = f"{message.vendor_nickname} reported that it could not deliver it ({_failure(message)})"
        if message.is_cancelled:
            return Decision("fallback", f"{said}; its run was cancelled, and no other vendor is asked.")
        return Decision("fallback", f"{said}; the next vendor is asked.", message.due_at)
    patience = _fallback_after(facts, message)
    if patience is not None and message.sent_at is not None and not message.is_cancelled:
        at = message.sent_at + patience
        return Decision(
            "awaits_report",
            f"{_taken(message)}; if nothing is heard of it by {moment(at)}, the next vendor gets it.",
            at,
        )
    return Decision("sent_by_vendor", f"{_taken(message)}; nothing was heard of it since.")


def _failed(message: MessageFacts) -> Decision:
    rule = message.failure_code or "delivery_failure"
    if message.sent_at is not None:
        return Decision(rule, f"{_taken(message)}, and could not deliver it: {_failure(message)}.")
    if message.attempts > 1:
        return Decision(rule, f"No try of {message.attempts} got through: {_failure(message)}.")
    return Decision(rule, f"{message.vendor_nickname or 'The vendor'} refused it: {_failure(message)}.")


def _left_out(facts: Facts, run: RunFacts, message: MessageFacts) -> Decision:
    rule = message.failure_code or "not_to_be_triggered"
    if rule == "success_met":
        met = find_success(run, message.success) if message.success else None
        how = f": {met.sentence}" if met else ""
        return Decision(
            rule, f"It was not needed any more, as the run had its success ({message.success}) before{how}."
        )
    known = [
        each for each in suppressions_of(facts, message) if (each.cause == "unsubscribed") == (rule == "unsubscribed")
    ]
    detail = ""
    if rule in ("address_suppressed", "unsubscribed") and known:
        each = known[0]
        until = "for good" if each.until is None else f"until {moment(each.until)}"
        detail = f" ({shown_address(each.channel, each.address)}: {each.cause}, since {moment(each.since)}, {until})"
    return Decision(rule, f"It was not sent: {_reason(message)}{detail}.")


def suppressions_of(facts: Facts, message: MessageFacts) -> Sequence[SuppressionFacts]:
    """What keeps messages of this category from this message's address now."""
    address = suppressible(message.channel, message.provider, message.address)
    return [
        each
        for each in facts.suppressions
        if address == (each.channel, each.provider, each.address) and each.category in ("", facts.request.category)
    ]


def _fallback_after(facts: Facts, message: MessageFacts) -> timedelta | None:
    """How long the account that has a message may be silent; None where no other would get it."""
    request = facts.request
    fitting = choose_accounts(facts.accounts, message.channel, message.provider, request.root, request.tenant_id)
    # One that was disabled since still has the message.
    current = next((each for each in facts.accounts if each.nickname == message.vendor_nickname), None)
    others = untried(fitting, [*(message.passed or ()), message.vendor_nickname])
    return current.fallback_after if current is not None and others else None


def _taken(message: MessageFacts) -> str:
    if message.channel == "inbox":
        return f"It is in the inbox{_since(message.sent_at)}"
    if message.vendor is None:
        return f"It was sent{_since(message.sent_at)}"
    passed = f" after {', '.join(message.passed)}" if message.passed else ""
    at = f" at {moment(message.sent_at)}" if message.sent_at else ""
    return f"{message.vendor_nickname} ({message.vendor}) took it{at}{passed}"


def _told(message: MessageFacts) -> str:
    told = [f"{what} at {moment(at)}" for what, at in receipts_of(message)]
    return f"; it was {', '.join(told)}" if told else ""


def receipts_of(message: MessageFacts) -> Iterator[tuple[str, datetime]]:
    """What was told of a message, in the order of happening."""
    moments = [
        ("delivered", message.delivered_at),
        ("dismissed", message.dismissed_at),
        ("seen", message.seen_at),
        ("read", message.read_at),
        ("clicked", message.clicked_at),
        ("archived", message.archived_at),
    ]
    known = [(what, at) for what, at in moments if at is not None]
    yield from sorted(known, key=lambda each: each[1])


def _since(at: datetime | None) -> str:
    return f" since {moment(at)}" if at else ""


def _reason(message: MessageFacts) -> str:
    """Why the hub did not send it, with what is known beside the code."""
    known = REASONS.get(message.failure_code or "")
    told = message.failure_reason
    if known is None or message.failure_code in ("render_failed", "no_variant"):
        return told or known or "no reason is known"
    return known


def _failure(message: MessageFacts) -> str:
    told = message.failure_reason or REASONS.get(message.failure_code or "")
    return ": ".join(each for each in (message.failure_code, told) if each) or "no reason was given"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
