"""A stand-in for Amazon SES, API version 2, with one key in one region."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from email import message_from_bytes
from types import MappingProxyType
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.aws_signature import AwsCredential, find_fault
from suprsend_hub.simulators.certificate import make_signer
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception
from suprsend_hub.simulators.smtp import read_mail

REGION = "eu-west-1"
TOPIC_ARN = f"arn:aws:sns:{REGION}:123456789012:mail-events"
SEND_PATH = "/v2/email/outbound-emails"

_JSON = {"Content-Type": "application/json"}
_CERTIFICATE_PATH = "/SimpleNotificationService.pem"
_EVENTS: Mapping[Happening, tuple[str, Callable[[str], Document]]] = MappingProxyType(
    {
        "delivered": ("Delivery", lambda recipient: {"recipients": [recipient]}),
        "failed": (
            "Bounce",
            lambda recipient: {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": recipient, "diagnosticCode": "smtp; 550 5.1.1 no such user"}],
            },
        ),
        "complained": ("Complaint", lambda recipient: {"complainedRecipients": [{"emailAddress": recipient}]}),
        "seen": ("Open", lambda recipient: {"userAgent": "Mail"}),
        "clicked": ("Click", lambda recipient: {"link": "https://example.com/"}),
    }
)


class _SendForm(msgspec.Struct, frozen=True, rename="pascal"):
    from_email_address: str
    destination: dict[str, list[str]]
    content: dict[str, dict[str, Any]]
    email_tags: list[dict[str, str]] = msgspec.field(default_factory=list)


class SesSimulator:
    """The API behind one address; knows one key, whose secret it makes itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._access_key_id = f"AKIA{secrets.token_hex(8).upper()}"
        self._secret = secrets.token_urlsafe(30)
        self.confirmations = 0
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "access_key_id": self._access_key_id,
            "secret_access_key": self._secret,
            "region": REGION,
            "from_address": "hub@example.com",
            "topic_arn": TOPIC_ARN,
            "base_url": self.server.url,
            "sns_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) == ("GET", _CERTIFICATE_PATH):
            return Answer(200, make_signer().certificate)
        if request.method == "GET" and "Action=ConfirmSubscription" in request.path:
            self.confirmations += 1
            return Answer(200, b"<ConfirmSubscriptionResponse/>")
        if (request.method, request.path) != ("POST", SEND_PATH):
            return _fault(404, "NotFoundException", "There is nothing here.")
        key = AwsCredential(self._access_key_id, self._secret, REGION, "ses")
        if problem := find_fault(key, request, self._reception.now()):
            return _fault(403, "InvalidSignatureException", problem)
        try:
            form = msgspec.json.decode(request.body, type=_SendForm)
            recipients = [each for kind in form.destination.values() for each in kind]
            data = b64decode(form.content["Raw"]["Data"], validate=True)
            recipient = recipients[0]
        except (msgspec.MsgspecError, KeyError, IndexError, ValueError) as error:
            return _fault(400, "BadRequestException", f"The request is malformed: {error}")
        arrival = Arrival(
            "email", "ses", recipient, _read_message_id(data), data, read_mail, self._reporter(form, recipient)
        )
        return await self._reception.take(arrival, _MANNERS)

    def _reporter(self, form: _SendForm, recipient: str) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            url, told = self._reception.reports_to.get("ses"), _EVENTS.get(happening)
            if url is None or told is None:
                return None
            tags = {each["Name"]: [each["Value"]] for each in form.email_tags}
            event = {
                "eventType": told[0],
                "mail": {"timestamp": at.isoformat(), "tags": tags},
                told[0].lower(): {"timestamp": at.isoformat(), **told[1](recipient)},
            }
            body = self.notify(msgspec.json.encode(event).decode(), at)
            return Post(url, {"Content-Type": "text/plain; charset=UTF-8"}, body)

        return report

    def notify(self, message: str, at: datetime) -> bytes:
        """What SNS posts when a message is published to the topic."""
        envelope = {
            "Message": message,
            "MessageId": secrets.token_hex(16),
            "Timestamp": at.isoformat(),
            "TopicArn": TOPIC_ARN,
            "Type": "Notification",
        }
        return self._seal(envelope)

    def ask_to_confirm(self, at: datetime) -> bytes:
        """What SNS posts when somebody subscribes a URL to the topic."""
        envelope = {
            "Message": "You have chosen to subscribe to the topic.",
            "MessageId": secrets.token_hex(16),
            "SubscribeURL": f"{self.server.url}/?Action=ConfirmSubscription",
            "Timestamp": at.isoformat(),
            "Token": secrets.token_hex(32),
            "TopicArn": TOPIC_ARN,
            "Type": "SubscriptionConfirmation",
        }
        return self._seal(envelope)

    def _seal(self, envelope: dict[str, str]) -> bytes:
        text = "".join(f"{name}\n{envelope[name]}\n" for name in sorted(envelope))
        signature = make_signer().key.sign(text.encode(), PKCS1v15(), SHA256())
        proof = {
            "SignatureVersion": "2",
            "Signature": b64encode(signature).decode(),
            "SigningCertURL": f"{self.server.url}{_CERTIFICATE_PATH}",
        }
        return msgspec.json.encode({**envelope, **proof})


def _read_message_id(data: bytes) -> str | None:
    named = str(message_from_bytes(data).get("Message-ID", ""))
    return named.strip("<> ").partition("@")[0] or None


def _taken() -> Answer:
    return Answer(200, msgspec.json.encode({"MessageId": secrets.token_hex(20)}), _JSON)


def _fault(status: int, kind: str, said: str) -> Answer:
    return Answer(status, msgspec.json.encode({"message": said}), {**_JSON, "x-amzn-ErrorType": kind})


_MANNERS = Manners(
    taken=_taken,
    refused=_fault(400, "MessageRejected", "Email address is not verified."),
    failed=_fault(503, "ServiceUnavailable", "The service is unavailable."),
    limited=_fault(429, "TooManyRequestsException", "Maximum sending rate exceeded."),
)
