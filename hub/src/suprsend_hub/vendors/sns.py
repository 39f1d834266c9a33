"""Text messages through Amazon SNS, by its query API."""

import re
from datetime import datetime
from html import unescape
from typing import Annotated, Literal
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Meta

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.sigv4 import AwsKey, sign
from suprsend_hub.vendors.text_message import RegisteredText, read_registered_text

SERVICE = "sns"
VERSION = "2010-03-31"

_LONGEST_TEXT = 1600

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors, and the errors of every action.
_THROTTLED = frozenset({"Throttled", "Throttling", "ThrottlingException", "RequestLimitExceeded"})
_ACCOUNT = frozenset(
    {
        "AuthorizationError",
        "AccessDeniedException",
        "ExpiredToken",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


class SnsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key signs, in which region, and how texts are sent."""

    access_key_id: Annotated[str, Meta(min_length=1, description="the key of a user that may call sns:Publish")]
    secret_access_key: Annotated[Secret, Meta(description="the key's secret")]
    region: Annotated[str, Meta(pattern="^[a-z0-9-]+$", description="the AWS region, such as eu-west-1")]
    sender_id: Annotated[
        str, Meta(pattern="^[A-Za-z0-9-]{0,11}$", description="the sender's name, where a template names no header")
    ] = ""
    origination_number: Annotated[str, Meta(description="the sender's number, with + and its country code")] = ""
    sms_type: Annotated[
        Literal["Transactional", "Promotional"], Meta(description="Transactional for reliability, Promotional for cost")
    ] = "Transactional"
    max_price: Annotated[
        str, Meta(pattern=r"^(\d+(\.\d+)?)?$", description="what one message may cost at most, in US dollars")
    ] = ""
    entity_id: Annotated[str, Meta(description="the DLT principal entity, for texts to India")] = ""
    base_url: Annotated[str, Meta(description="where messages are sent; empty for the region's own")] = ""

    def __post_init__(self) -> None:
        """Check the URL now, when somebody can still mend it."""
        if self.base_url and not self.base_url.startswith(("http://", "https://")):
            raise ValueError("base_url: must begin with https://")


def write_request(
    settings: SnsSettings, message: OutgoingMessage, _token: Token | None, now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one text message."""
    text = read_registered_text(message, _LONGEST_TEXT)
    if isinstance(text, Rejected):
        return text
    form = {"Action": "Publish", "Version": VERSION, "PhoneNumber": message.address, "Message": text.body}
    for number, (name, value) in enumerate(_attributes(settings, text).items(), 1):
        entry = f"MessageAttributes.entry.{number}"
        kind = "Number" if name.endswith("MaxPrice") else "String"
        form |= {f"{entry}.Name": name, f"{entry}.Value.DataType": kind, f"{entry}.Value.StringValue": value}
    url = settings.base_url.rstrip("/") or f"https://sns.{settings.region}.amazonaws.com"
    body = urlencode(form).encode("ascii")
    key = AwsKey(settings.access_key_id, settings.secret_access_key, settings.region, SERVICE)
    plain = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return HttpRequest("POST", f"{url}/", sign(key, "POST", urlsplit(url).netloc, "/", plain, body, now), body)


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What SNS made of a text message."""
    if answer.status == 200:
        message_id = _find_element(answer.body, "MessageId")
        return Accepted(message_id) if message_id else judge_status(answer)
    code, said = _find_element(answer.body, "Code"), _find_element(answer.body, "Message")
    detail = make_printable(f"{code}: {said}")
    match code:
        case "":
            return judge_status(answer)
        case "OptedOut":
            return Rejected("unsubscribed", detail)
        case "InvalidParameter" | "InvalidParameterValue" | "ParameterValueInvalid" if "PhoneNumber" in said:
            return Rejected("address", detail)
        case code if code in _THROTTLED:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case code if code in _ACCOUNT:
            return Deferred("vendor_credentials", detail)
        case _:
            return judge_status(answer, f"{code} {said}")


def _attributes(settings: SnsSettings, text: RegisteredText) -> dict[str, str]:
    """https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html: those that are set."""
    attributes = {
        "AWS.SNS.SMS.SMSType": settings.sms_type,
        "AWS.SNS.SMS.SenderID": text.header or settings.sender_id,
        "AWS.MM.SMS.OriginationNumber": settings.origination_number,
        "AWS.SNS.SMS.MaxPrice": settings.max_price,
        "AWS.MM.SMS.EntityId": settings.entity_id,
        "AWS.MM.SMS.TemplateId": text.dlt_template_id,
    }
    return {name: value for name, value in attributes.items() if value}


def _find_element(body: bytes, name: str) -> str:
    """The text of the first element of that name that has only text; no document is built, so none can do harm."""
    found = re.search(f"<{name}>([^<]*)</{name}>", body.decode("utf-8", "replace"))
    return unescape(found[1]).strip() if found else ""


SNS_VENDOR = HttpVendor(
    name="sns",
    title="Amazon SNS",
    channel="sms",
    documentation="https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
    settings=SnsSettings,
    request=write_request,
    outcome=read_outcome,
)
