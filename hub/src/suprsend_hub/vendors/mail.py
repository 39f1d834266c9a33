"""An email message written out: who sends it to whom, and its bytes, the same at every attempt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from mimetypes import guess_type

import msgspec
import puremagic

from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.plain_text import insert_preheader, read_text
from suprsend_hub.vendors.mailbox import Mailbox, NotAnAddress, read_mailbox, read_mailboxes
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
class MailParts:
    """What a mail is made of, for vendors that write it out themselves; the first of `to` is whom it is for."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    bcc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    subject: str
    html: str | None
    text: str
    headers: Mapping[str, str]
    files: tuple[FilePart, ...]


@dataclass(frozen=True, slots=True)
class MailTexts:
    """What people read of a mail."""

    subject: str
    html: str | None
    text: str


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


def check_sender(address: str) -> None:
    """Refuse settings whose sender is no address, while somebody can still mend it."""
    try:
        read_mailbox(address)
    except NotAnAddress as fault:
        raise ValueError(f"from_address: {fault}") from None


def read_parts(message: OutgoingMessage, default_sender: Mailbox) -> MailParts:
    """What the mail of a message is made of; NotAnAddress or Unmailable says what is wrong with it."""
    content = _convert(message)
    known: set[str] = set()
    # Each recipient once, however often it is named: some vendors refuse doubles, others send them.
    to, cc, bcc = (
        _unknown(known, group)
        for group in (
            (read_mailbox(message.address), *_mailboxes(content.extra_to)),
            _mailboxes(content.cc),
            _mailboxes(content.bcc),
        )
    )
    if len(known) > MOST_RECIPIENTS:
        raise Unmailable(f"has {len(known)} recipients; at most {MOST_RECIPIENTS} are allowed")
    html, text = _readable(content)
    return MailParts(
        sender=_sender(content, default_sender),
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=_mailboxes(content.reply_to),
        subject=content.subject,
        html=html,
        text=text,
        headers=_unsubscribing(message),
        files=tuple(_file(each) for each in message.attachments),
    )


def read_mail_texts(message: OutgoingMessage) -> MailTexts:
    """What is read of the mail of a message; Unmailable says what is wrong with it."""
    content = _convert(message)
    return MailTexts(content.subject, *_readable(content))


def prepare_parts(message: OutgoingMessage, default_sender: Mailbox) -> MailParts | Rejected:
    """The same, with what is wrong as an outcome."""
    try:
        return read_parts(message, default_sender)
    except NotAnAddress as fault:
        return Rejected("address", str(fault))
    except Unmailable as fault:
        return Rejected("content", str(fault))


def prepare_mail(message: OutgoingMessage, default_sender: Mailbox) -> Mail | Rejected:
    """The mail of a message written out, or what is wrong with it as an outcome."""
    parts = prepare_parts(message, default_sender)
    return parts if isinstance(parts, Rejected) else _write(message, parts)


def write_mail(message: OutgoingMessage, default_sender: Mailbox) -> Mail:
    """The mail of a message; NotAnAddress or Unmailable says what is wrong with it."""
    return _write(message, read_parts(message, default_sender))


def _write(message: OutgoingMessage, parts: MailParts) -> Mail:
    everybody = tuple(each.address for each in (*parts.to, *parts.cc, *parts.bcc))
    message_id = f"{message.id}@{parts.sender.domain}"
    headers = [
        write_addresses("From", (parts.sender,)),
        write_addresses("To", parts.to),
        *([write_addresses("Cc", parts.cc)] if parts.cc else []),
        *([write_addresses("Reply-To", parts.reply_to)] if parts.reply_to else []),
        write_header("Subject", parts.subject),
        write_header("Date", format_datetime(message.created_at)),
        *(f"{name}: {value}\r\n".encode("ascii") for name, value in parts.headers.items()),
        f"Message-ID: <{message_id}>\r\nMIME-Version: 1.0\r\n".encode(),
    ]
    readable: Part = TextPart("plain", parts.text)
    if parts.html is not None:
        readable = Multipart("alternative", (readable, TextPart("html", parts.html)))
    body = Multipart("mixed", (readable, *parts.files)) if parts.files else readable
    return Mail(parts.sender.address, everybody, b"".join([*headers, write_part(body)]), message_id)


def _convert(message: OutgoingMessage) -> _Content:
    try:
        return msgspec.convert(message.content, _Content)
    except msgspec.ValidationError as error:
        raise Unmailable(f"the email's content is wrong: {error}") from None


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


def _unknown(known: set[str], mailboxes: Iterable[Mailbox]) -> tuple[Mailbox, ...]:
    fresh: list[Mailbox] = []
    for each in mailboxes:
        if each.address not in known:
            known.add(each.address)
            fresh.append(each)
    return tuple(fresh)


def _unsubscribing(message: OutgoingMessage) -> dict[str, str]:
    """The headers by which mail programs offer to unsubscribe with one click (RFC 8058)."""
    if not message.unsubscribe_url:
        return {}
    return {
        "List-Unsubscribe": f"<{message.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _readable(content: _Content) -> tuple[str | None, str]:
    """HTML, where there is any, and text."""
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
        return None, text or ""
    if not text:
        text = read_text(html)
    preheader = (body.preheader or content.preheader or "").strip()
    return (insert_preheader(html, preheader) if preheader else html), text


def _file(attachment: Attachment) -> FilePart:
    data = attachment.data or b""
    kind = attachment.content_type or find_content_type(attachment.filename, data)
    return FilePart(attachment.filename, kind, data)
