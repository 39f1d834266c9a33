"""An email message written out: who sends it to whom, and its bytes, the same at every attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from mimetypes import guess_type

import msgspec
import puremagic

from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.plain_text import insert_preheader, read_text
from suprsend_hub.vendors.mailbox import Mailbox, read_mailbox, read_mailboxes
from suprsend_hub.vendors.mime import (
    FilePart,
    Multipart,
    Part,
    TextPart,
    write_addresses,
    write_header,
    write_part,
)

# A relay takes at most so many recipients at once; it also bounds what one message can be made to do.
MOST_RECIPIENTS = 50


class _Texts(msgspec.Struct, frozen=True):
    html: str | None = None
    text: str | None = None


class _Body(msgspec.Struct, frozen=True):
    type: str | None = None
    raw: _Texts | None = None
    designer: _Texts | None = None
    plain_text: _Texts | None = None
    preheader: str | None = None


class _Content(msgspec.Struct, frozen=True):
    """The fields of an email template (wire.md, part two); `preheader` is known in two places."""

    subject: str = ""
    body: _Body = msgspec.field(default_factory=_Body)
    from_name: str | None = None
    from_address: str | None = None
    extra_to: str | list[str] | None = None
    cc: str | list[str] | None = None
    bcc: str | list[str] | None = None
    reply_to: str | list[str] | None = None
    preheader: str | None = None


class Unmailable(ValueError):
    """A message that can't become a mail; the text says why."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready for a server; the first recipient is the one that the message is for."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    message_id: str

    @property
    def needs_unicode_addresses(self) -> bool:
        """Whether an address has letters that only servers with SMTPUTF8 understand."""
        return not (self.sender.isascii() and all(each.isascii() for each in self.recipients))


def write_mail(message: OutgoingMessage, default_sender: Mailbox) -> Mail:
    """The mail of a message; NotAnAddress or Unmailable says what is wrong with it."""
    try:
        content = msgspec.convert(message.content, _Content)
    except msgspec.ValidationError as error:
        raise Unmailable(f"the email's content is wrong: {error}") from None
    sender = _sender(content, default_sender)
    recipient = (read_mailbox(message.address), *_mailboxes(content.extra_to))
    cc, bcc, reply_to = _mailboxes(content.cc), _mailboxes(content.bcc), _mailboxes(content.reply_to)
    everybody = tuple(dict.fromkeys(each.address for each in (*recipient, *cc, *bcc)))
    if len(everybody) > MOST_RECIPIENTS:
        raise Unmailable(f"has {len(everybody)} recipients; at most {MOST_RECIPIENTS} are allowed")
    message_id = f"{message.id}@{sender.domain}"
    headers = [
        write_addresses("From", (sender,)),
        write_addresses("To", recipient),
        *([write_addresses("Cc", cc)] if cc else []),
        *([write_addresses("Reply-To", reply_to)] if reply_to else []),
        write_header("Subject", content.subject),
        write_header("Date", format_datetime(message.created_at)),
        f"Message-ID: <{message_id}>\r\nMIME-Version: 1.0\r\n".encode(),
    ]
    body = write_part(_parts(content, message.attachments))
    return Mail(sender.address, everybody, b"".join([*headers, body]), message_id)


def find_content_type(filename: str, data: bytes) -> str:
    """What a file is, by its first bytes, else by its name."""
    try:
        found = puremagic.from_string(data, mime=True, filename=filename) if data else ""
    except (puremagic.PureError, ValueError):
        found = ""
    return found or guess_type(filename)[0] or "application/octet-stream"


def _sender(content: _Content, default: Mailbox) -> Mailbox:
    address = (content.from_address or "").strip() or default.address
    return read_mailbox(address, (content.from_name or "").strip() or default.name)


def _mailboxes(given: str | list[str] | None) -> tuple[Mailbox, ...]:
    return read_mailboxes(given if isinstance(given, str) else ",".join(given or []))


def _parts(content: _Content, attachments: Sequence[Attachment]) -> Part:
    text = _readable(content)
    files = tuple(_file(each) for each in attachments)
    return Multipart("mixed", (text, *files)) if files else text


def _readable(content: _Content) -> Part:
    body = content.body
    match body.type:
        case "designer":
            chosen = body.designer
        case "plain_text":
            chosen = body.plain_text
        case _:
            chosen = body.raw or body.designer or body.plain_text
    html, text = (chosen.html, chosen.text) if chosen else (None, None)
    if not html:
        return TextPart("plain", text or "")
    if not text:
        text = read_text(html)
    preheader = (body.preheader or content.preheader or "").strip()
    if preheader:
        html = insert_preheader(html, preheader)
    return Multipart("alternative", (TextPart("plain", text), TextPart("html", html)))


def _file(attachment: Attachment) -> FilePart:
    data = attachment.data or b""
    kind = attachment.content_type or find_content_type(attachment.filename, data)
    return FilePart(attachment.filename, kind, data)
