"""A message of any channel as a title and a body, for whoever knows no more of a message than that."""

from dataclasses import dataclass
from typing import assert_never

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.template_content import (
    AndroidPushContent,
    EmailContent,
    InboxContent,
    IosPushContent,
    MsTeamsContent,
    SlackContent,
    SmsContent,
    WebPushContent,
    WhatsappContent,
)
from suprsend_hub.vendors.channel_content import read_channel_content
from suprsend_hub.vendors.mail import read_mail_texts


@dataclass(frozen=True, slots=True)
class TitleAndBody:
    """What is read of a message; the title may be empty, the body never is."""

    title: str
    body: str


def read_title_and_body(message: OutgoingMessage, *, prefers_html: bool) -> TitleAndBody | Rejected:
    """The title and body of a message; of a mail the HTML where that is preferred and there is any."""
    content = read_channel_content(message)
    if isinstance(content, Rejected):
        return content
    match content:
        case EmailContent():
            mail = read_mail_texts(message)
            read = TitleAndBody(mail.subject, (mail.html if prefers_html else None) or mail.text)
        case AndroidPushContent() | IosPushContent() | WebPushContent() | InboxContent():
            read = TitleAndBody(content.header or "", content.body)
        case SmsContent():
            read = TitleAndBody("", content.body)
        case WhatsappContent(header=header):
            title = header.text if header and header.format == "TEXT" else None
            read = TitleAndBody(title or "", content.body.text)
        case SlackContent() | MsTeamsContent():
            read = TitleAndBody("", content.body_text or "")
        case _:
            assert_never(content)
    return read if read.body.strip() else Rejected("content", "the message has no text")
