"""Vonage and Plivo: what arrives, and what they mean by what they say."""

from collections.abc import Callable

import msgspec
import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors import plivo, vonage
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.sender import Sender

MakeMessage = Callable[..., OutgoingMessage]
MakeAccount = Callable[..., VendorAccount]

CREDENTIALS = {"twilio": "auth_token", "vonage": "api_secret", "plivo": "auth_token"}


@pytest.mark.parametrize("vendor", CREDENTIALS)
@pytest.mark.parametrize("text", ["plain", "Grüße & 100 % ☃", "a" * 1600])
async def test_a_text_arrives_as_it_was_written(
    sender: Sender,
    simulation: Simulation,
    make_account: MakeAccount,
    make_message: MakeMessage,
    vendor: str,
    text: str,
) -> None:
    account = make_account(vendor, simulation.vendor_settings()[vendor])
    outcome = await sender.send(account, make_message(vendor, content={"body": text}))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.vendor_message_id
    [received] = simulation.received.find("+15005550009", "sms")
    assert received.content["text"] == text


@pytest.mark.parametrize("vendor", CREDENTIALS)
async def test_wrong_credentials_wait_for_right_ones(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage, vendor: str
) -> None:
    settings = simulation.vendor_settings()[vendor] | {CREDENTIALS[vendor]: "wrong"}
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor))
    assert isinstance(outcome, Deferred), outcome
    assert outcome.code == "vendor_credentials"


@pytest.mark.parametrize(
    ("statuses", "kind", "said"),
    [
        (["0"], Accepted, ""),
        (["0", "0"], Accepted, ""),
        (["1"], Deferred, "vendor_rate_limited"),
        (["4"], Deferred, "vendor_credentials"),
        (["9"], Deferred, "vendor_credentials"),
        (["5"], Deferred, "vendor_unavailable"),
        (["7"], Rejected, "address"),
        (["33"], Rejected, "address"),
        (["6"], Rejected, "vendor_refused"),
        (["0", "5"], Uncertain, "partly_taken"),
    ],
)
def test_what_vonage_says_of_each_part_decides(statuses: list[str], kind: type[Outcome], said: str) -> None:
    parts = [{"status": each, "message-id": "m", "error-text": "why"} for each in statuses]
    outcome = vonage.read_outcome(HttpAnswer(200, {}, msgspec.json.encode({"messages": parts})))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Accepted) or outcome.code == said


@pytest.mark.parametrize(
    ("status", "error", "kind", "said"),
    [
        (400, "+1 is not a valid dst", Rejected, "address"),
        (400, "src is missing", Rejected, "vendor_refused"),
        (401, "", Deferred, "vendor_credentials"),
        (429, "slow down", Deferred, "vendor_rate_limited"),
        (500, "oops", Deferred, "vendor_unavailable"),
    ],
)
def test_what_plivo_says_decides(status: int, error: str, kind: type[Outcome], said: str) -> None:
    outcome = plivo.read_outcome(HttpAnswer(status, {}, msgspec.json.encode({"error": error})))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Rejected | Deferred)
    assert outcome.code == said
