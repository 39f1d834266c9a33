"""Email through Amazon SES, by its API version 2: the same mail as by SMTP, handed over whole."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import Confirm, HttpAnswer, HttpRequest, HttpVendor, Token, Wanted
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.mail import check_sender, prepare_mail
from suprsend_hub.vendors.mailbox import read_mailbox
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.ses_events import read_ses_event
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.sigv4 import AwsKey, sign
from suprsend_hub.vendors.sns_notification import SnsTopic, read_notification

SEND_PATH = "/v2/email/outbound-emails"
SERVICE = "ses"


class SesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key signs, in which region, and who is the sender."""

    access_key_id: Annotated[str, Meta(min_length=1, description="the key of a user that may call ses:SendEmail")]
    secret_access_key: Annotated[Secret, Meta(description="the key's secret")]
    region: Annotated[str, Meta(pattern="^[a-z0-9-]+$", description="the AWS region, such as eu-west-1")]
    from_address: Annotated[str, Meta(min_length=1, description="sender where a template names none")]
    from_name: Annotated[str, Meta(description="sender's name where a template gives none")] = ""
    configuration_set: Annotated[str, Meta(description="the configuration set whose rules apply")] = ""
    base_url: Annotated[str, Meta(description="where mails are sent; empty for the region's own")] = ""
    topic_arn: Annotated[
        str, Meta(description="the SNS topic that events are published to; without it no report is believed")
    ] = ""
    sns_url: Annotated[str, Meta(description="where SNS keeps its certificates; empty for Amazon's own")] = ""

    def __post_init__(self) -> None:
        """Check the sender now, when somebody can still mend it."""
        check_sender(self.from_address)
        for name, url in (("base_url", self.base_url), ("sns_url", self.sns_url)):
            if url and not url.startswith(("http://", "https://")):
                raise ValueError(f"{name}: must begin with https://")


class _SentForm(msgspec.Struct, frozen=True):
    message_id: Annotated[str, Meta(min_length=1)] = msgspec.field(name="MessageId")


class _FaultForm(msgspec.Struct, frozen=True):
    message: str = ""
    type: str = msgspec.field(name="__type", default="")


def write_request(
    settings: SesSettings, message: OutgoingMessage, _token: Token | None, now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one mail."""
    mail = prepare_mail(message, read_mailbox(settings.from_address, settings.from_name))
    if isinstance(mail, Rejected):
        return mail
    document: Document = {
        "FromEmailAddress": mail.sender,
        "Destination": {"ToAddresses": mail.recipients},
        "Content": {"Raw": {"Data": b64encode(mail.data).decode()}},
        "EmailTags": [{"Name": "message_id", "Value": message.id}],
    }
    if settings.configuration_set:
        document["ConfigurationSetName"] = settings.configuration_set
    url = settings.base_url.rstrip("/") or f"https://email.{settings.region}.amazonaws.com"
    body = msgspec.json.encode(document)
    key = AwsKey(settings.access_key_id, settings.secret_access_key, settings.region, SERVICE)
    headers = sign(key, "POST", urlsplit(url).netloc, SEND_PATH, {"Content-Type": "application/json"}, body, now)
    return HttpRequest("POST", f"{url}{SEND_PATH}", headers, body)


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What SES made of a mail."""
    if answer.status == 200:
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).message_id)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", "HTTP 200 without the id of the message")
    try:
        fault = msgspec.json.decode(answer.body, type=_FaultForm)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    kind = (answer.headers.get("x-amzn-errortype") or fault.type).split(":")[0].rpartition("#")[2]
    detail = make_printable(f"{kind or answer.status}: {fault.message}")
    match kind:
        case "TooManyRequestsException" | "LimitExceededException" | "ThrottlingException":
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case "AccountSuspendedException" | "SendingPausedException" | "MailFromDomainNotVerifiedException":
            return Deferred("vendor_credentials", detail)
        case _:
            return judge_status(answer, f"{kind} {fault.message}".strip())


def read_report(
    settings: SesSettings, callback: Callback, fetched: HttpAnswer | None
) -> Heard | Unheard | Wanted | Confirm:
    """What SES publishes to an SNS topic that posts to the hub."""
    told = read_notification(callback, SnsTopic(settings.topic_arn, settings.sns_url), fetched)
    if not isinstance(told, str):
        return told
    return read_ses_event(told)


SES_VENDOR = HttpVendor(
    name="ses",
    title="Amazon SES",
    channel="email",
    documentation="https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html",
    settings=SesSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
    takes_attachments=True,
)
