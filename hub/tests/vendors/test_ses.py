"""Amazon SES: signatures, the mail that arrives, and what its errors mean."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.ses import read_outcome
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.sigv4 import AwsKey, sign

MakeMessage = Callable[..., OutgoingMessage]
MakeAccount = Callable[..., VendorAccount]


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_signatures_equal_those_of_the_published_examples(method: str, signature: str) -> None:
    key = AwsKey("AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), "us-east-1", "service")
    signed = sign(key, method, "example.amazonaws.com", "/", {}, b"", datetime(2015, 8, 30, 12, 36, tzinfo=UTC))
    assert signed["X-Amz-Date"] == "20150830T123600Z"
    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
        f" SignedHeaders=host;x-amz-date, Signature={signature}"
    )
    assert "wJalr" not in repr(key)


async def test_a_mail_arrives_whole(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("ses", simulation.vendor_settings()["ses"])
    invoice = Attachment("invoice.txt", "text/plain", b"42 EUR", None, False)
    outcome = await sender.send(account, make_message("ses", attachments=(invoice,)))
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    assert (received.recipient, received.title) == ("ann@example.org", "Your order")
    assert received.content["headers"]["From"] == "hub@example.com"
    assert [each["filename"] for each in received.content["attachments"]] == ["invoice.txt"]


@pytest.mark.parametrize(
    "change", [{"secret_access_key": "wrong"}, {"access_key_id": "AKIA0"}, {"region": "us-west-2"}]
)
async def test_a_wrong_key_waits_for_a_right_one(
    sender: Sender,
    simulation: Simulation,
    make_account: MakeAccount,
    make_message: MakeMessage,
    change: dict[str, Any],
) -> None:
    account = make_account("ses", simulation.vendor_settings()["ses"] | change)
    outcome = await sender.send(account, make_message("ses"))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_credentials"
    assert not len(simulation.received)


@pytest.mark.parametrize("address", ["nobody", "a@b@c", "a..b@example.com"])
async def test_what_is_no_address_is_never_sent(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage, address: str
) -> None:
    account = make_account("ses", simulation.vendor_settings()["ses"])
    outcome = await sender.send(account, make_message("ses", address=address))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "address"


@pytest.mark.parametrize(
    ("status", "error", "kind", "said"),
    [
        (400, "MessageRejected", Rejected, "vendor_refused"),
        (400, "BadRequestException", Rejected, "vendor_refused"),
        (400, "LimitExceededException", Deferred, "vendor_rate_limited"),
        (429, "TooManyRequestsException", Deferred, "vendor_rate_limited"),
        (400, "AccountSuspendedException", Deferred, "vendor_credentials"),
        (400, "SendingPausedException", Deferred, "vendor_credentials"),
        (400, "MailFromDomainNotVerifiedException", Deferred, "vendor_credentials"),
        (500, "InternalFailure", Deferred, "vendor_unavailable"),
    ],
)
def test_errors_have_their_meaning(status: int, error: str, kind: type[Outcome], said: str) -> None:
    outcome = read_outcome(HttpAnswer(status, {"x-amzn-errortype": f"{error}:http://x/"}, b'{"message": "why"}'))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Rejected | Deferred)
    assert outcome.code == said
    assert "why" in outcome.detail


@pytest.mark.parametrize(
    ("change", "field"),
    [({"from_address": "hub"}, "from_address"), ({"region": "EU!"}, "region"), ({"base_url": "x"}, "base_url")],
)
def test_wrong_settings_are_named(change: dict[str, Any], field: str) -> None:
    right = {"access_key_id": "A", "secret_access_key": "s", "region": "eu-west-1", "from_address": "hub@example.com"}
    with pytest.raises(ValueError, match=field):
        read_settings("ses", right | change)
