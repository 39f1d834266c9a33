"""Mails as bytes: what is written comes back the same, and nothing in it can become a header."""

from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default as modern_policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.vendors.mail import MOST_RECIPIENTS, Unmailable, find_content_type, write_mail
from suprsend_hub.vendors.mailbox import Mailbox, NotAnAddress

MakeMessage = Callable[..., OutgoingMessage]

HUB = Mailbox("hub@example.com", "Hub")
MESSAGE = OutgoingMessage("01JABC", "email", "ann@example.org", {}, (), datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def plain(text: str = "hello", **fields: Any) -> dict[str, Any]:
    """The content of a mail with plain text."""
    return {"subject": "Hi", "body": {"type": "plain_text", "plain_text": {"text": text}}, **fields}


def read(content: dict[str, Any], **changes: Any) -> EmailMessage:
    """The mail of a content, written and parsed again by somebody else's parser."""
    mail = write_mail(replace(MESSAGE, content=content, **changes), HUB)
    assert all(len(line) <= 998 for line in mail.data.split(b"\r\n"))
    assert b"\n" not in mail.data.replace(b"\r\n", b"")
    assert mail.data.endswith(b"\r\n")
    return message_from_bytes(mail.data, policy=modern_policy)


def squeeze(text: str) -> str:
    """A header's text as it can come back: one line without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def test_a_mail_says_who_when_and_which_the_same_at_every_attempt() -> None:
    first, second = (write_mail(replace(MESSAGE, content=plain()), HUB) for _ in range(2))
    assert first == second
    mail = message_from_bytes(first.data, policy=modern_policy)
    assert str(mail["From"]) == "Hub <hub@example.com>"
    assert str(mail["Date"]) == "Sun, 01 Mar 2026 12:30:00 +0000"
    assert str(mail["Message-ID"]) == "<01JABC@example.com>"
    assert (first.sender, first.recipients, first.message_id) == (
        "hub@example.com",
        ("ann@example.org",),
        "01JABC@example.com",
    )


@given(ANYTHING)
def test_any_subject_comes_back_on_one_line(subject: str) -> None:
    mail = read(plain(subject=subject))
    assert mail.keys() == [*HEADERS, "Content-Transfer-Encoding"]
    raw = str(make_header(decode_header(dict(mail.raw_items())["Subject"])))
    assert squeeze(raw) == squeeze(subject)


@given(ANYTHING, ANYTHING)
def test_any_text_comes_back(text: str, html: str) -> None:
    content = {"subject": "x", "body": {"type": "raw", "raw": {"html": f"<p>{html}", "text": f"-{text}"}}}
    found_text, found_html = bodies(read(content))
    assert found_text.rstrip("\n") == f"-{unify(text)}".rstrip("\n")
    assert found_html.rstrip("\n") == f"<p>{unify(html)}".rstrip("\n")


@given(ANYTHING)
def test_any_name_becomes_neither_header_nor_address(name: str) -> None:
    mail = read(plain(from_name=name, from_address="shop@example.com"))
    assert [address.addr_spec for address in mail["From"].addresses] == ["shop@example.com"]
    assert len(mail.keys()) == len(HEADERS) + 1


@given(ANYTHING, st.binary(max_size=300), st.one_of(st.none(), ANYTHING))
def test_any_file_comes_back(name: str, data: bytes, kind: str | None) -> None:
    file = Attachment(name, kind, data, None, False)
    [found] = read(plain(), attachments=(file,)).iter_attachments()
    assert found.get_payload(decode=True) == data
    assert found.get_content_disposition() == "attachment"
    assert set(found.keys()) == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}


@pytest.mark.parametrize(
    "injected",
    [
        "\r\nBcc: eve@example.net",
        "\nBcc: eve@example.net",
        "\rBcc: eve@example.net",
        "\r\n\r\n<script>",
        "\u2028Bcc: x",
    ],
)
@pytest.mark.parametrize("field", ["subject", "from_name", "cc", "reply_to", "extra_to", "bcc", "from_address"])
def test_a_line_break_never_becomes_a_header(field: str, injected: str) -> None:
    value = f"shop@example.com{injected}" if field not in ("subject", "from_name") else f"Hi{injected}"
    try:
        mail = write_mail(replace(MESSAGE, content=plain(**{field: value})), HUB)
    except NotAnAddress:
        return
    parsed = message_from_bytes(mail.data, policy=modern_policy)
    assert "Bcc" not in parsed
    assert parsed.get_body() is not None
    assert "eve@example.net" not in mail.recipients


def test_a_file_name_in_another_script_comes_back() -> None:
    file = Attachment("счёт № 5.pdf", None, b"%PDF-1.7 ...", None, False)
    [found] = read(plain(), attachments=(file,)).iter_attachments()
    assert (found.get_filename(), found.get_content_type()) == ("счёт № 5.pdf", "application/pdf")


def test_html_alone_gets_a_text_alternative_in_the_order_that_readers_expect() -> None:
    html = "<html><body><h1>Hi</h1><p>Go <a href='https://example.com/x'>there</a></p></body></html>"
    mail = read({"subject": "x", "body": {"type": "raw", "raw": {"html": html}}})
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text, _ = bodies(mail)
    assert text.split() == ["Hi", "Go", "there", "(https://example.com/x)"]


def test_files_stand_beside_the_readable_parts() -> None:
    content = {"subject": "x", "body": {"type": "designer", "designer": {"html": "<b>x</b>", "text": "x"}}}
    mail = read(content, attachments=(Attachment("a.txt", "text/plain", b"a", None, False),))
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/plain",
    ]


@pytest.mark.parametrize("place", ["body", "content"])
def test_the_preheader_opens_the_html_and_stays_out_of_the_text(place: str) -> None:
    body = {"type": "raw", "raw": {"html": "<html><body class='x'><p>Hi</p></body></html>"}}
    preheader = {"preheader": "50 % <off> & more"}
    content = (
        {"subject": "x", "body": {**body, **preheader}}
        if place == "body"
        else {"subject": "x", "body": body} | preheader
    )
    text, html = bodies(read(content))
    assert "50 % &lt;off&gt; &amp; more</div><p>Hi" in html
    assert text.strip() == "Hi"


@pytest.mark.parametrize(
    "content",
    [{}, {"subject": "x"}, {"subject": "x", "body": {"type": "raw"}}, {"body": {"type": "raw", "raw": {"html": ""}}}],
)
def test_a_mail_without_text_is_still_a_mail(content: dict[str, Any]) -> None:
    mail = read(content)
    assert mail.get_content().strip() == ""


def test_a_template_may_name_its_own_sender() -> None:
    mail = write_mail(replace(MESSAGE, content=plain(from_address="shop@example.net", from_name="Läden, GmbH")), HUB)
    parsed = message_from_bytes(mail.data, policy=modern_policy)
    [address] = parsed["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Läden, GmbH", "shop@example.net")
    assert (mail.sender, parsed["Message-ID"]) == ("shop@example.net", "<01JABC@example.net>")


def test_too_many_recipients_are_refused() -> None:
    crowd = ",".join(f"p{number}@example.org" for number in range(MOST_RECIPIENTS))
    with pytest.raises(Unmailable, match="recipients"):
        write_mail(replace(MESSAGE, content=plain(bcc=crowd)), HUB)


@pytest.mark.parametrize(
    ("filename", "data", "kind"),
    [
        ("a.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("picture", b"\x89PNG\r\n\x1a\n" + bytes(8), "image/png"),
        ("notes.txt", b"plain words", "text/plain"),
        ("table.csv", b"a,b\n1,2\n", "text/csv"),
        ("unknown", b"\x01\x02\x03", "application/octet-stream"),
        ("empty", b"", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file_is_found(filename: str, data: bytes, kind: str) -> None:
    assert find_content_type(filename, data) == kind


def bodies(mail: EmailMessage) -> tuple[str, str]:
    """Text and HTML of a mail."""
    found = [mail.get_body(preferencelist=(subtype,)) for subtype in ("plain", "html")]
    text, html = ("" if part is None else unify(str(part.get_content())) for part in found)
    return text, html


def unify(text: str) -> str:
    """A text with the one line end that mail knows."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
