"""Slack and endpoints of one's own: what is posted where, and what the answers mean."""

from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected, Uncertain
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.slack import read_outcome

from .conftest import MakeAccount, MakeMessage


def addressed(make_message: MakeMessage, address: dict[str, Any], **changes: Any) -> OutgoingMessage:
    return make_message("slack", address=msgspec.json.encode(address).decode(), **changes)


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ({"access_token": "xoxb-1", "channel_id": "C1"}, "C1"),
        ({"access_token": "xoxb-1", "user_id": "U1"}, "U1"),
        ({"access_token": "xoxb-1", "email": "ann@example.com"}, "UANN"),
        ({"access_token": "xoxb-1", "email": "ann@example.com", "channel_id": "C1"}, "C1"),
        ({"user_id": "U1"}, "U1"),
        ({"email": "ann@example.com"}, "UANN"),
    ],
)
async def test_slack_is_posted_to_channels_people_and_addresses(
    address: dict[str, Any],
    recipient: str,
    simulation: Simulation,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    account = make_account("slack", simulation.vendor_settings()["slack"])
    outcome = await sender.send(account, addressed(make_message, address))
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    assert (received.recipient, received.content["text"]) == (recipient, "Thank you")


async def test_slack_is_posted_to_by_webhook_at_public_addresses_only(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("slack", simulation.vendor_settings()["slack"])
    message = addressed(make_message, simulation.slack.webhook("T1/B1/x"))
    assert await sender.send(account, message) == Accepted()
    assert [each.recipient for each in simulation.received] == ["T1/B1/x"]
    closed = Sender()
    outcome = await closed.send(account, message)
    await closed.close()
    assert isinstance(outcome, Rejected)
    assert (outcome.code, simulation.received.total) == ("address", 1)


@pytest.mark.parametrize("block", ['[{"type": "divider"}]', '{"blocks": [{"type": "divider"}], "unfurl_links": false}'])
async def test_slack_gets_blocks(
    block: str, simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("slack", simulation.vendor_settings()["slack"])
    content = {"body_type": "block", "body_block": block, "body_text": "In short"}
    assert isinstance(await sender.send(account, make_message("slack", content=content)), Accepted)
    [received] = simulation.received
    posted = msgspec.json.decode(received.raw)
    assert (posted["blocks"], posted["text"]) == ([{"type": "divider"}], "In short")


@pytest.mark.parametrize("block", ["", "{", "[]", "{}", '"x"', '{"blocks": 7}'])
async def test_blocks_that_are_none_are_rejected(
    block: str, simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("slack", simulation.vendor_settings()["slack"])
    content = {"body_type": "block", "body_block": block}
    outcome = await sender.send(account, make_message("slack", content=content))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "content"


@pytest.mark.parametrize(
    "address",
    [
        {"access_token": "xoxb-1", "email": "nobody@elsewhere.example"},
        {"access_token": "revoked", "email": "ann@example.com"},
        {"access_token": "revoked", "channel_id": "C1"},
        {"access_token": "xoxb-1"},
    ],
)
async def test_whom_slack_does_not_know_is_a_fault_of_the_address(
    address: dict[str, Any],
    simulation: Simulation,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    account = make_account("slack", simulation.vendor_settings()["slack"])
    outcome = await sender.send(account, addressed(make_message, address))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.cause) == ("address", None)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, b'{"ok": false, "error": "msg_too_long"}', Rejected, "content"),
        (200, b'{"ok": false, "error": "restricted_action"}', Rejected, "vendor_refused"),
        (200, b'{"ok": false, "error": "ratelimited"}', Deferred, "vendor_rate_limited"),
        (200, b'{"ok": false, "error": "internal_error"}', Deferred, "vendor_unavailable"),
        (200, b'{"ok": true}', Uncertain, "answer_unreadable"),
        (404, b"no_service", Rejected, "address"),
        (403, b"action_prohibited", Rejected, "address"),
        (400, b"no_text", Rejected, "content"),
        (403, b"<html>", Deferred, "vendor_credentials"),
    ],
)
def test_what_slack_means(status: int, body: bytes, kind: type[Rejected | Deferred | Uncertain], code: str) -> None:
    outcome = read_outcome(HttpAnswer(status, {}, body))
    assert isinstance(outcome, kind)
    assert outcome.code == code


@pytest.mark.parametrize("channel", ["sms", "email", "slack", "webpush"])
async def test_an_endpoint_of_ones_own_gets_messages_of_any_channel(
    channel: str, simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    sample = {"sms": "twilio", "email": "smtp", "slack": "slack", "webpush": "vapid"}[channel]
    account = make_account("webhook", simulation.vendor_settings()["webhook"], channel=channel)
    message = make_message(sample, reports_to="https://hub.example.com/x/")
    assert isinstance(await sender.send(account, message), Accepted)
    [received] = simulation.received
    assert (received.channel, received.recipient, received.message_id) == (channel, message.address, message.id)
    posted = msgspec.json.decode(received.raw)
    assert (posted["content"], posted["reports_to"]) == (message.content, "https://hub.example.com/x/")


async def test_an_endpoint_believes_only_the_hub(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = {**simulation.vendor_settings()["webhook"], "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    outcome = await sender.send(make_account("webhook", settings), make_message("webhook"))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_credentials"
    assert simulation.received.total == 0
