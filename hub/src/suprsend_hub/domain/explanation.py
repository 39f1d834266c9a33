"""Why a message was sent or not, as one document: the request, the run, the ladder, each try, and what comes next."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.explanation_facts import Facts, MessageFacts, NodeFacts, RunFacts
from suprsend_hub.domain.explanation_sentences import (
    REASONS,
    Decision,
    decide,
    receipts_of,
    suppressions_of,
)
from suprsend_hub.domain.explanation_steps import due_at_node, waits_of
from suprsend_hub.domain.explanation_success import find_success, moment
from suprsend_hub.domain.idempotency import KEPT_FOR
from suprsend_hub.domain.message import shown_address


def explain_one(facts: Facts, run: RunFacts, message: MessageFacts, now: datetime) -> Document:
    """Why one message is where it is."""
    return {
        **_message(facts, run.at(message.node), message, now),
        "request": _request(facts, now),
        "run": _run(facts, run, [each for each in facts.request.nodes if each.number == message.node], now),
    }


def explain_all(facts: Facts, now: datetime) -> Document:
    """What became of a whole request, of each of its people."""
    return {
        "request": _request(facts, now),
        "runs": [
            {
                **_run(facts, run, [each for each in facts.request.nodes if run.has_reached(each.number)], now),
                "messages": [_message(facts, run.at(each.node), each, now) for each in run.messages],
            }
            for run in facts.runs
        ],
        "has_more_runs": facts.has_more_runs,
        "never_begun": [
            {"distinct_id": each, "rule": "cancelled", "sentence": "It was cancelled before it had a run."}
            for each in facts.request.cancelled
        ],
    }


def _message(facts: Facts, run: RunFacts, message: MessageFacts, now: datetime) -> Document:
    decision = decide(facts, run, message, now)
    return {
        "message_id": message.id,
        "status": message.status,
        "rule": decision.rule,
        "sentence": decision.sentence,
        "channel": message.channel,
        "address": shown_address(message.channel, message.address),
        "variant_id": message.variant_id,
        "next": _next(decision),
        "repeats": next((_repeat(message, each) for each in run.messages if each.id == message.repeats), None),
        "repeated_as": next((_repeat(each, each) for each in run.messages if each.repeats == message.id), None),
        "node": message.node,
        "attempts": message.attempts,
        "tries": [*_tries(facts, message)],
        "passed": [*(message.passed or ())],
        "receipts": [{"what": what, "at": at} for what, at in receipts_of(message)],
        "suppressions": [
            {
                "category": each.category or None,
                "cause": each.cause,
                "reason": each.reason,
                "since": each.since,
                "until": each.until,
            }
            for each in suppressions_of(facts, message)
        ],
    }


def _repeat(repeat: MessageFacts, other: MessageFacts) -> Document:
    """That a message repeats another, told from either side with where the other stands; `at` is when it was asked."""
    return {"message_id": other.id, "at": repeat.created_at, "by": repeat.repeated_by, "status": other.status}


def _next(decision: Decision) -> Document | None:
    return None if decision.next_at is None else {"at": decision.next_at, "why": decision.rule}


def _tries(facts: Facts, message: MessageFacts) -> Iterator[Document]:
    """What each account answered, in that order; the account that has the message now comes from the message."""
    tries: list[Document] = [
        {
            "at": each.happened_at,
            "vendor": each.vendor,
            "nickname": each.vendor_nickname,
            "outcome": each.outcome,
            "code": each.code,
            "detail": each.detail,
        }
        for each in facts.tries
        if each.message_id == message.id
    ]
    if message.sent_at is not None and message.vendor is not None:
        taken: Document = {"at": message.sent_at, "vendor": message.vendor, "nickname": message.vendor_nickname}
        tries.append({**taken, "outcome": "accepted", "code": None, "detail": None})
    # What a vendor reports while its answer is written down has the same time, and follows from it.
    yield from sorted(tries, key=lambda each: (each["at"], each["outcome"] == "reported_failure"))


def _request(facts: Facts, now: datetime) -> Document:
    request = facts.request
    return {
        "request_id": request.id,
        "sentence": _request_sentence(facts, now),
        "workflow": request.name,
        "category": request.category,
        "tenant_id": request.tenant_id,
        "accepted_at": request.accepted_at,
        "due_at": request.due_at,
        "planned_at": request.planned_at,
        "idempotency_key": request.idempotency_key,
        "same_key_ignored_until": request.accepted_at + KEPT_FOR if request.idempotency_key else None,
        "state": request.state,
        "failure_code": request.failure.code if request.failure else None,
        "failure_reason": request.failure.reason if request.failure else None,
        "broadcast": None
        if request.broadcast is None
        else {
            "list_id": request.broadcast.list_id,
            "members": request.broadcast.total,
            "members_with_runs": request.broadcast.expanded,
        },
    }


def _request_sentence(facts: Facts, now: datetime) -> str:
    request = facts.request
    accepted = f"It was accepted at {moment(request.accepted_at)}"
    of_list = ""
    if request.broadcast is not None and request.broadcast.expanded:
        told = request.broadcast
        of_list = f" {told.expanded} of the {told.total} members of the list {told.list_id} have their runs."
    if request.failure is not None:
        return f"It came with an event at {moment(request.accepted_at)} and was not begun: {request.failure.sentence}"
    if request.state == "cancelled":
        rest = "what was left of it" if facts.runs else "it"
        return f"{accepted}, and {rest} was cancelled before it was planned.{of_list}"
    if request.planned_at is not None:
        if any(run.messages for run in facts.runs):
            return f"{accepted} and planned at {moment(request.planned_at)}.{of_list}"
        if any(run.waits_until for run in facts.runs):
            return f"{accepted} and planned at {moment(request.planned_at)}; nothing was to be sent until now.{of_list}"
        return f"{accepted} and led to no message: {_nothing(facts)}.{of_list}"
    if request.due_at > now:
        return f"{accepted} and waits until {moment(request.due_at)}, as the trigger said."
    if of_list:
        return f"{accepted}, and goes through its list.{of_list}"
    return f"{accepted}, is due since {moment(request.due_at)}, and waits for a worker."


def _nothing(facts: Facts) -> str:
    """Why a planned request led to no message."""
    cancelled = [run.cancelled_at is not None for run in facts.runs]
    if any(cancelled):
        others = "" if all(cancelled) else ", and no channel could be used for the others"
        return f"{'it was' if all(cancelled) else 'some of it was'} cancelled before anything was to be sent{others}"
    if facts.runs:
        return "no channel could be used for anybody"
    return "everybody whom it names was cancelled before" if facts.request.cancelled else "it reached nobody"


def _run(facts: Facts, run: RunFacts, nodes: Sequence[NodeFacts], now: datetime) -> Document:
    return {
        "execution_id": run.id,
        "position": run.position if run.position >= 0 else None,
        "recipient": _recipient(run),
        "planned_at": run.created_at,
        "waits_until": run.waits_until,
        "waits": waits_of(facts.request, run),
        "cancelled_at": run.cancelled_at,
        "sentence": _run_sentence(facts, run),
        "deliveries": [_delivery(facts, run.at(node.number), node, now) for node in nodes],
    }


def _recipient(run: RunFacts) -> Document:
    if run.object_type is not None:
        return {"$type": "object", "object_type": run.object_type, "id": run.object_id}
    return {"$type": "user", "distinct_id": run.distinct_id}


def _run_sentence(facts: Facts, run: RunFacts) -> str:
    how = "" if run.position >= 0 else ", reached through what the request names"
    if run.cancelled_at is not None:
        return f"It was cancelled at {moment(run.cancelled_at)}; what had not left by then is not sent{how}."
    if run.waits_until is not None:
        left = [each.name or each.template_slug for each in facts.request.nodes if each.number >= run.node]
        following = f", and then sends {', '.join(left)}" if left else ""
        return f"It waits until {moment(run.waits_until)}{following}{how}."
    return f"It has gone through its whole program{how}."


def _delivery(facts: Facts, run: RunFacts, node: NodeFacts, now: datetime) -> Document:
    """What one node of the program did for a run: every channel, and the ladder."""
    return {
        "node": node.number,
        "name": node.name,
        "due_at": due_at_node(facts.request, run, node.number),
        "template": {"slug": node.template_slug, "version_no": node.version_no},
        "channels": [each for channel in CHANNELS for each in _channel(facts, run, node, channel, now)],
        "ladder": _ladder(run, node),
    }


def _channel(facts: Facts, run: RunFacts, node: NodeFacts, channel: Channel, now: datetime) -> Iterator[Document]:
    """What was decided of a channel: of each address on it, or of the channel as a whole."""
    excluded = [each for each in run.exclusions if each.get("channel") == channel]
    for each in excluded:
        reason = str(each.get("reason"))
        yield {
            "channel": channel,
            "used": False,
            "rule": reason,
            "sentence": f"It was left out: {REASONS.get(reason, reason)}.",
            "inputs": _inputs(facts, run, node, reason),
        }
    # An exclusion may be shown as a message too: then it was told already.
    reasons = {each.get("reason") for each in excluded}
    used = [each for each in run.messages if each.channel == channel and each.failure_code not in reasons]
    for message in used:
        yield {
            "channel": channel,
            "used": True,
            "rule": "used",
            "sentence": decide(facts, run, message, now).sentence,
            "inputs": {"message_id": message.id, "address": shown_address(channel, message.address)},
        }
    if not excluded and not used:
        yield {
            "channel": channel,
            "used": False,
            "rule": "channel_not_in_template",
            "sentence": "It was left out: the template has nothing for this channel.",
            "inputs": {"template_channels": sorted(node.template_channels)},
        }


def _inputs(facts: Facts, run: RunFacts, node: NodeFacts, reason: str) -> Document:
    request = facts.request
    match reason:
        case "channel_not_requested":
            return {"$channels": _named(run.wanted), "node_channels": _named(node.channels)}
        case "vendor_not_configured" | "vendor_disabled" | "channel_blocked_for_tenant":
            return {"category": request.category, "tenant_id": request.tenant_id}
        case "address_suppressed" | "unsubscribed":
            return {"category": request.category}
        case "template_deleted":
            return {"template": node.template_slug}
        case _:
            return {}


def _named(channels: Collection[Channel] | None) -> list[Channel] | None:
    return None if channels is None else [each for each in CHANNELS if each in channels]


def _ladder(run: RunFacts, node: NodeFacts) -> Document | None:
    """The rungs of a smart delivery and what ends them; None where everything went at once."""
    if not node.is_smart:
        return None
    met = find_success(run, node.success)
    return {
        "success": node.success,
        "time_to_live_seconds": int(node.time_to_live.total_seconds()),
        "sentence": f"The success is {node.success}; " + (f"{met.sentence}." if met else "it was not met yet."),
        "met_at": met.at if met else None,
        "met_by": None if met is None else {"message_id": met.message.id if met.message else None, "what": met.by},
        "rungs": [
            {"channel": each.channel, "message_id": each.id, "due_at": each.due_at, "status": each.status}
            for each in sorted(run.messages, key=lambda each: (each.due_at, each.id))
            if each.is_rung
        ],
    }
