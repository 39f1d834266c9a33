"""What is said in Microsoft Teams: a template's text or card, as a bot and as a webhook put it."""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected

CARD_TYPE = "application/vnd.microsoft.card.adaptive"


class _Fields(msgspec.Struct, frozen=True):
    body_type: Literal["text", "card"]
    body_text: str | None = None
    body_card: str | None = None


@dataclass(frozen=True, slots=True)
class TeamsContent:
    """A text, or a card with the text that notifications show of it."""

    text: str
    card: Document | None = None


def read_teams_content(message: OutgoingMessage) -> TeamsContent | Rejected:
    """The content of a message, or why it can't be sent."""
    try:
        fields = msgspec.convert(message.content, _Fields)
        if fields.body_type == "text":
            return TeamsContent(fields.body_text) if fields.body_text else Rejected("content", "there is no body_text")
        card: Any = msgspec.json.decode((fields.body_card or "").encode())
    except msgspec.MsgspecError as error:
        return Rejected("content", f"the Teams message's content is wrong: {error}")
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return Rejected("content", "body_card must be an Adaptive Card: an object with the type AdaptiveCard")
    return TeamsContent(fields.body_text or "", card)


def write_activity(content: TeamsContent) -> Document:
    """The message as a bot says it."""
    if content.card is None:
        return {"type": "message", "textFormat": "markdown", "text": content.text}
    # Text beside a card would make two messages of it.
    summary = {"summary": content.text} if content.text else {}
    return {"type": "message", **summary, "attachments": [_attach(content.card)]}


def write_webhook_message(content: TeamsContent) -> Document:
    """The message as webhooks want it: always a card."""
    return {"type": "message", "attachments": [_attach(content.card or _as_card(content.text))]}


def _as_card(text: str) -> Document:
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }


def _attach(card: Document) -> Document:
    return {"contentType": CARD_TYPE, "content": card}
