"""What Amazon SNS posts: a message inside an envelope that is signed with a certificate to be fetched.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import re
from base64 import b64decode
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.vendors.callbacks import UNSIGNED, read_document
from suprsend_hub.vendors.contract import Confirm, HttpAnswer, HttpRequest, Wanted

_AMAZON = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/")


@dataclass(frozen=True, slots=True)
class SnsTopic:
    """The topic that is believed, and where certificates may come from; empty for Amazon's own hosts."""

    arn: str
    url: str = ""

    def trusts(self, url: str) -> bool:
        """Whether a certificate from there counts, and a subscription may be confirmed there."""
        return url.startswith(f"{self.url.rstrip('/')}/") if self.url else _AMAZON.match(url) is not None


class _Envelope(msgspec.Struct, frozen=True, rename="pascal"):
    type: str
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature_version: str
    signature: str
    signing_cert_url: str = msgspec.field(name="SigningCertURL")
    subscribe_url: str | None = msgspec.field(name="SubscribeURL", default=None)
    token: str | None = None
    subject: str | None = None


def read_notification(
    callback: Callback, topic: SnsTopic, fetched: HttpAnswer | None
) -> str | Heard | Unheard | Wanted | Confirm:
    """The message of a notification that is proven to come from the topic, or what is to be done instead."""
    envelope = read_document(callback, _Envelope)
    if isinstance(envelope, Unheard):
        return envelope
    if not topic.arn or envelope.topic_arn != topic.arn or not topic.trusts(envelope.signing_cert_url):
        return UNSIGNED
    if fetched is None:
        return Wanted(HttpRequest("GET", envelope.signing_cert_url, {}, b""))
    if not _is_signed(envelope, fetched.body):
        return UNSIGNED
    match envelope.type:
        case "Notification":
            return envelope.message
        case "SubscriptionConfirmation" if envelope.subscribe_url and topic.trusts(envelope.subscribe_url):
            return Confirm(HttpRequest("GET", envelope.subscribe_url, {}, b""))
        case _:
            return Heard()


def _is_signed(envelope: _Envelope, certificate: bytes) -> bool:
    algorithm = {"1": SHA1(), "2": SHA256()}.get(envelope.signature_version)  # noqa: S303 - Amazon's first version
    try:
        key = load_pem_x509_certificate(certificate).public_key()
        if algorithm is None or not isinstance(key, RSAPublicKey):
            return False
        signature = b64decode(envelope.signature, validate=True)
        key.verify(signature, _signed_text(envelope).encode(), PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed_text(envelope: _Envelope) -> str:
    fields: dict[str, str | None] = {"Message": envelope.message, "MessageId": envelope.message_id}
    if envelope.type == "Notification":
        fields |= {"Subject": envelope.subject, "Timestamp": envelope.timestamp}
    else:
        fields |= {"SubscribeURL": envelope.subscribe_url, "Timestamp": envelope.timestamp, "Token": envelope.token}
    fields |= {"TopicArn": envelope.topic_arn, "Type": envelope.type}
    return "".join(f"{name}\n{value}\n" for name, value in fields.items() if value is not None)
