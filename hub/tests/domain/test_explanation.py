"""Each situation of a message has its sentence."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import suprsend_hub
from suprsend_hub.domain.explanation import explain_all, explain_one
from suprsend_hub.domain.explanation_facts import (
    AccountFacts,
    BroadcastFacts,
    Facts,
    MessageFacts,
    NodeFacts,
    RequestFacts,
    RunFacts,
    SuppressionFacts,
)
from suprsend_hub.domain.explanation_sentences import REASONS
from suprsend_hub.domain.message_try import MessageTry
from suprsend_hub.domain.routing import EXPLANATIONS, FAULTS

SOURCES = Path(suprsend_hub.__file__).parent
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=10)
LATER = NOW + timedelta(minutes=30)

NODE = NodeFacts(
    number=0,
    name=None,
    template_slug="purchase-made",
    version_no=1,
    template_channels=frozenset({"email", "sms", "inbox"}),
    channels=None,
    is_smart=True,
    success="seen",
    time_to_live=timedelta(hours=1),
)
REQUEST = RequestFacts(
    id="q",
    name="Purchase",
    category="transactional",
    root="transactional",
    tenant_id=None,
    idempotency_key="k",
    state="planned",
    accepted_at=EARLIER,
    due_at=EARLIER,
    planned_at=EARLIER,
    nodes=[NODE],
)
MESSAGE = MessageFacts(
    id="m",
    run_id="r",
    node=0,
    channel="email",
    provider="",
    address="ada@example.com",
    status="sent_by_vendor",
    failure_code=None,
    failure_reason=None,
    attempts=1,
    turn=0,
    is_claimed=False,
    is_cancelled=False,
    is_rung=True,
    success="seen",
    due_at=EARLIER,
    updated_at=EARLIER,
    triggered_at=EARLIER,
    sent_at=EARLIER,
    delivered_at=None,
    dismissed_at=None,
    seen_at=None,
    clicked_at=None,
    read_at=None,
    archived_at=None,
    vendor="smtp",
    vendor_nickname="main",
    vendor_message_id="v1",
    passed=None,
    variant_id="default",
    created_at=EARLIER,
)
UNSENT: dict[str, Any] = {"sent_at": None, "vendor": None, "vendor_nickname": None, "attempts": 0}
ACCOUNTS = [
    AccountFacts("email", "main", "", frozenset(), None, timedelta(minutes=15)),
    AccountFacts("email", "spare", "", frozenset(), None, None),
]


RUN = RunFacts(
    id="r",
    position=0,
    distinct_id="u1",
    object_type=None,
    object_id=None,
    exclusions=[],
    created_at=EARLIER,
    node=1,
    waits_until=None,
    cancelled_at=None,
    wanted=None,
    messages=[],
    events={},
)


def facts_of(message: MessageFacts, *others: MessageFacts, run: dict[str, Any] | None = None, **changes: Any) -> Facts:
    """A request with one run that led to these messages."""
    led_to = replace(RUN, messages=[message, *others], **(run or {}))
    return replace(Facts(REQUEST, [led_to], [], [], []), **changes)


def explained(message: MessageFacts, *others: MessageFacts, **changes: Any) -> dict[str, Any]:
    """The whole explanation of the message."""
    facts = facts_of(message, *others, **changes)
    return explain_one(facts, facts.runs[0], message, NOW)


def delivery_of(told: dict[str, Any]) -> dict[str, Any]:
    """What the message's node did for its run."""
    [delivery] = told["run"]["deliveries"]
    found: dict[str, Any] = delivery
    return found


def suppressed(cause: str, category: str = "") -> SuppressionFacts:
    """That the address is left alone."""
    return SuppressionFacts("email", "", "ada@example.com", category, cause, "550 no such user", EARLIER, LATER)


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({}, "sent_by_vendor", "main (smtp) took it at 2026-01-02 11:50:00 UTC; nothing was heard of it since."),
        ({"channel": "inbox", "vendor": None}, "sent_by_vendor", "It is in the inbox since 2026-01-02 11:50:00 UTC"),
        (
            {**UNSENT, "status": "to_be_triggered", "due_at": LATER},
            "rung",
            "a rung of the ladder and goes at 2026-01-02 12:30",
        ),
        ({**UNSENT, "status": "to_be_triggered", "due_at": LATER, "is_rung": False}, "delayed", "It waits until"),
        (
            {**UNSENT, "status": "to_be_triggered"},
            "due",
            "It is due since 2026-01-02 11:50:00 UTC and waits for a worker.",
        ),
        ({**UNSENT, "status": "triggered", "is_claimed": True}, "in_hand", "A worker has it in hand since"),
        (
            {
                "status": "triggered",
                "sent_at": None,
                "attempts": 2,
                "due_at": LATER,
                "failure_code": "vendor_busy",
                "failure_reason": "421",
            },
            "retry",
            "Try 2 came to nothing (vendor_busy: 421); it is tried again at 2026-01-02 12:30:00 UTC.",
        ),
        ({**UNSENT, "status": "triggered", "turn": 2, "due_at": LATER}, "vendor_budget", "It was put off 2 times"),
        (
            {"failure_code": "bounced", "failure_reason": "full"},
            "fallback",
            "main reported that it could not deliver it (bounced: full); the next vendor is asked.",
        ),
        (
            {"failure_code": "bounced", "failure_reason": "full", "is_cancelled": True},
            "fallback",
            "could not deliver it (bounced: full); its run was cancelled, and no other vendor is asked.",
        ),
        (
            {"passed": ["first"], "vendor_nickname": "spare"},
            "sent_by_vendor",
            "spare (smtp) took it at 2026-01-02 11:50:00 UTC after first",
        ),
        (
            {"status": "delivery_failure", "failure_code": "x", "failure_reason": "full"},
            "x",
            "main (smtp) took it at 2026-01-02 11:50:00 UTC, and could not deliver it: x: full.",
        ),
        (
            {
                "status": "delivery_failure",
                "sent_at": None,
                "failure_code": "address",
                "failure_reason": "no such user",
            },
            "address",
            "main refused it: address: no such user.",
        ),
        (
            {"status": "delivery_failure", "sent_at": None, "attempts": 10, "failure_code": "vendor_busy"},
            "vendor_busy",
            "No try of 10 got through: vendor_busy.",
        ),
        (
            {"status": "seen", "delivered_at": EARLIER, "seen_at": NOW},
            "seen",
            "took it at 2026-01-02 11:50:00 UTC; it was delivered at 2026-01-02 11:50:00 UTC, seen at 2026-01-02 12:00",
        ),
        (
            {**UNSENT, "status": "trigger_failed", "failure_code": "render_failed", "failure_reason": "subject: no x"},
            "render_failed",
            "It could not be made: subject: no x.",
        ),
        (
            {
                **UNSENT,
                "status": "not_to_be_triggered",
                "failure_code": "cancelled",
                "failure_reason": "somebody cancelled it",
            },
            "cancelled",
            "It was not sent: the run was cancelled before it was sent.",
        ),
        (
            {**UNSENT, "status": "not_to_be_triggered", "failure_code": "success_met"},
            "success_met",
            "It was not needed any more, as the run had its success (seen) before.",
        ),
    ],
)
def test_each_situation_has_its_sentence(changes: dict[str, Any], rule: str, words: str) -> None:
    told = explained(replace(MESSAGE, **changes))
    assert told["rule"] == rule
    assert words in told["sentence"]


@pytest.mark.parametrize("reason", EXPLANATIONS)
def test_each_reason_to_leave_a_channel_out_is_told_of_message_and_channel(reason: Any) -> None:
    status: Any = "trigger_failed" if reason in FAULTS else "not_to_be_triggered"
    message = replace(MESSAGE, **UNSENT, status=status, failure_code=reason)
    told = explained(message, run={"exclusions": [{"channel": "email", "reason": reason}]})
    assert told["rule"] == reason
    assert EXPLANATIONS[reason] in told["sentence"]
    [email] = [each for each in delivery_of(told)["channels"] if each["channel"] == "email"]
    assert (email["used"], email["rule"]) == (False, reason)
    assert EXPLANATIONS[reason] in email["sentence"]


def reasons_in_sources() -> set[str]:
    """The codes that stand in the sources as why a message is not sent, or failed with no vendor's own code."""
    texts = [path.read_text() for room in ("actions", "store") for path in sorted((SOURCES / room).glob("*.py"))]
    patterns = (
        r'(?:Unsendable|Deferred)\(\s*"(\w+)"',
        r'code, reason = .* or "(\w+)"',
        r'CANCELLED, CANCELLED_REASON = "(\w+)"',
        r"coalesce\(f\.code, '(\w+)'\)",
        r"failure_code = .*(?:then|else) '(\w+)'",
    )
    return {code for text in texts for pattern in patterns for code in re.findall(pattern, text)}


def test_each_reason_that_the_hub_itself_gives_has_a_sentence() -> None:
    found = reasons_in_sources()
    assert found >= {"cancelled", "recipient_erased", "success_met", "render_failed", "no_variant", "vendor_refused"}
    assert found >= {"vendor_budget", "vendor_reported_failure"}
    assert found | set(EXPLANATIONS) == set(REASONS)


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("status", ["not_to_be_triggered", "trigger_failed", "delivery_failure"])
def test_whatever_ended_a_message_is_told_in_words(reason: str, status: Any) -> None:
    told = explained(replace(MESSAGE, **UNSENT, status=status, failure_code=reason))
    assert told["rule"] == reason
    assert "no reason" not in told["sentence"]
    assert told["sentence"].endswith(".")


def test_every_channel_is_told_of_with_the_inputs_of_its_rule() -> None:
    exclusions = [
        {"channel": "sms", "reason": "channel_not_requested"},
        {"channel": "inbox", "reason": "vendor_not_configured"},
    ]
    told = explained(MESSAGE, run={"exclusions": exclusions, "wanted": frozenset({"email"})})
    channels = {each["channel"]: each for each in delivery_of(told)["channels"]}
    assert channels["email"]["used"]
    assert channels["sms"]["inputs"] == {"$channels": ["email"], "node_channels": None}
    assert channels["inbox"]["inputs"] == {"category": "transactional", "tenant_id": None}
    assert channels["slack"]["rule"] == "channel_not_in_template"
    assert channels["slack"]["inputs"] == {"template_channels": ["email", "inbox", "sms"]}


def test_a_rung_that_was_not_needed_tells_what_met_the_success() -> None:
    rung = replace(MESSAGE, **UNSENT, id="n", channel="sms", status="not_to_be_triggered", failure_code="success_met")
    seen = replace(MESSAGE, status="seen", seen_at=NOW)
    told = explained(rung, seen)
    assert told["sentence"].endswith("before: the email message m was seen at 2026-01-02 12:00:00 UTC.")
    assert delivery_of(told)["ladder"]["met_by"] == {"message_id": "m", "what": "seen"}
    assert [each["message_id"] for each in delivery_of(told)["ladder"]["rungs"]] == ["m", "n"]


def test_an_event_that_met_the_success_is_named() -> None:
    rung = replace(MESSAGE, **UNSENT, status="not_to_be_triggered", failure_code="success_met", success="ORDER_OPENED")
    told = explained(rung, run={"events": {0: NOW}})
    assert "the event ORDER_OPENED was tracked at 2026-01-02 12:00:00 UTC" in told["sentence"]


def test_a_message_that_its_vendor_is_silent_of_tells_when_the_next_one_gets_it() -> None:
    told = explained(MESSAGE, accounts=ACCOUNTS)
    assert told["next"] == {"at": EARLIER + timedelta(minutes=15), "why": "awaits_report"}
    assert "if nothing is heard of it by 2026-01-02 12:05:00 UTC, the next vendor gets it" in told["sentence"]
    assert explained(MESSAGE, accounts=ACCOUNTS[:1])["next"] is None


def test_a_suppression_is_told_with_its_cause_and_end_where_it_concerns_the_message() -> None:
    message = replace(MESSAGE, **UNSENT, status="not_to_be_triggered", failure_code="unsubscribed")
    told = explained(message, suppressions=[suppressed("hard_bounce"), suppressed("unsubscribed", "transactional")])
    assert "(ada@example.com: unsubscribed, since 2026-01-02 11:50:00 UTC, until 2026-01-02 12:30" in told["sentence"]
    assert [each["cause"] for each in told["suppressions"]] == ["hard_bounce", "unsubscribed"]
    assert explained(message, suppressions=[suppressed("unsubscribed", "promotional")])["suppressions"] == []


def test_tries_are_told_in_their_order_and_the_one_that_took_it_comes_from_the_message() -> None:
    refused = MessageTry("m", "ses", "first", "deferred", "vendor_busy", "throttled", EARLIER - timedelta(seconds=1))
    of_another = replace(refused, message_id="other")
    told = explained(MESSAGE, tries=[refused, of_another])
    assert [(each["nickname"], each["outcome"]) for each in told["tries"]] == [
        ("first", "deferred"),
        ("main", "accepted"),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"state": "accepted", "planned_at": None, "due_at": LATER},
            "waits until 2026-01-02 12:30:00 UTC, as the trigger",
        ),
        ({"state": "accepted", "planned_at": None}, "is due since 2026-01-02 11:50:00 UTC, and waits for a worker"),
        ({}, "led to no message: it reached nobody"),
        ({"cancelled": ["u1"]}, "led to no message: everybody whom it names was cancelled before"),
        ({"state": "cancelled", "planned_at": None}, "and it was cancelled before it was planned"),
        (
            {"state": "accepted", "planned_at": None, "broadcast": BroadcastFacts("beta", 500, 1200)},
            "goes through its list. 500 of the 1200 members of the list beta have their runs.",
        ),
    ],
)
def test_a_request_without_messages_is_explained(changes: dict[str, Any], words: str) -> None:
    facts = Facts(replace(REQUEST, **changes), [], [], [], [])
    assert words in explain_all(facts, NOW)["request"]["sentence"]


def test_whoever_sent_a_key_is_told_until_when_it_is_ignored() -> None:
    assert explained(MESSAGE)["request"]["same_key_ignored_until"] == EARLIER + timedelta(hours=24)


def test_secrets_of_addresses_stay_short() -> None:
    push = replace(MESSAGE, channel="androidpush", provider="fcm", address="t" * 100)
    assert len(explained(push)["address"]) < 20
