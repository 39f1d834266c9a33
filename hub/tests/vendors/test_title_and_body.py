"""Title and body: what is read of a message, whatever its channel."""

from typing import Any

import pytest
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.template_content import CONTENTS
from suprsend_hub.vendors.title_and_body import TitleAndBody, read_title_and_body

from .conftest import MakeMessage

PUSH = {"header": "Your order", "body": "Thank you"}
READ: list[tuple[Channel, dict[str, Any], TitleAndBody]] = [
    ("androidpush", PUSH, TitleAndBody("Your order", "Thank you")),
    ("iospush", PUSH, TitleAndBody("Your order", "Thank you")),
    ("webpush", PUSH, TitleAndBody("Your order", "Thank you")),
    ("inbox", {"body": "Thank you"}, TitleAndBody("", "Thank you")),
    ("sms", {"body": "Danke schön 🎉"}, TitleAndBody("", "Danke schön 🎉")),
    ("whatsapp", {"body": {"text": "Thank you"}}, TitleAndBody("", "Thank you")),
    (
        "whatsapp",
        {"body": {"text": "Thank you"}, "header": {"format": "TEXT", "text": "Your order"}},
        TitleAndBody("Your order", "Thank you"),
    ),
    (
        "whatsapp",
        {"body": {"text": "Thank you"}, "header": {"format": "IMAGE", "media_url": "https://x.example/1.png"}},
        TitleAndBody("", "Thank you"),
    ),
    ("slack", {"body_type": "text", "body_text": "Thank you"}, TitleAndBody("", "Thank you")),
    ("slack", {"body_type": "block", "body_block": "[]", "body_text": "In short"}, TitleAndBody("", "In short")),
    ("ms_teams", {"body_type": "text", "body_text": "Thank you"}, TitleAndBody("", "Thank you")),
    (
        "email",
        {"subject": "Your order", "body": {"type": "plain_text", "plain_text": {"text": "Thank you"}}},
        TitleAndBody("Your order", "Thank you"),
    ),
]


@pytest.mark.parametrize(("channel", "content", "read"), READ)
def test_every_channel_has_a_title_and_a_body(
    channel: Channel, content: dict[str, Any], read: TitleAndBody, make_message: MakeMessage
) -> None:
    assert read_title_and_body(make_message(channel=channel, content=content), prefers_html=False) == read


def test_no_channel_with_templates_is_left_out() -> None:
    assert {channel for channel, _, _ in READ} == set(CONTENTS)


@pytest.mark.parametrize(("prefers_html", "body"), [(True, "<p>Thank <b>you</b></p>"), (False, "Thank you\n")])
def test_a_mail_is_read_as_html_or_as_text(prefers_html: bool, body: str, make_message: MakeMessage) -> None:
    content = {"subject": "Your order", "body": {"type": "raw", "raw": {"html": "<p>Thank <b>you</b></p>"}}}
    read = read_title_and_body(make_message(content=content), prefers_html=prefers_html)
    assert read == TitleAndBody("Your order", body)


@pytest.mark.parametrize(
    ("channel", "content"),
    [
        ("sms", {"body": "  "}),
        ("sms", {"header": "no body"}),
        ("slack", {"body_type": "block", "body_block": "[]"}),
        ("ms_teams", {"body_type": "card", "body_card": "{}"}),
        ("email", {"subject": "Your order", "body": {"type": "raw", "raw": {"html": "<img src='x'>"}}}),
        ("messenger", {"body": "Thank you"}),
    ],
)
def test_what_has_no_text_is_rejected(channel: Channel, content: dict[str, Any], make_message: MakeMessage) -> None:
    read = read_title_and_body(make_message(channel=channel, content=content), prefers_html=False)
    assert isinstance(read, Rejected)
    assert read.code == "content"
