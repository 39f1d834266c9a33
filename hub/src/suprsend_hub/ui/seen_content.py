"""The content of a message in the shape in which a page shows it: a mail, a card, a bubble, or its plain fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.plain_text import insert_preheader
from suprsend_hub.ui.inbox_text import read_inbox_spans
from suprsend_hub.ui.span import Span

Shape: TypeAlias = Literal["mail", "card", "bubble", "fields"]

_SHAPES: Mapping[str, Shape] = {
    "email": "mail",
    "androidpush": "card",
    "iospush": "card",
    "webpush": "card",
    "inbox": "card",
    "sms": "bubble",
    "whatsapp": "bubble",
    "slack": "bubble",
    "ms_teams": "bubble",
}
_SHOWN = (
    "header",
    "subject",
    "body",
    "buttons",
    "footer",
    "preheader",
    "body_type",
    "body_text",
    "templating_language",
)


@dataclass(frozen=True, slots=True)
class SeenContent:
    """What a person saw; `details` are the fields that have no place of their own, such as links and pictures."""

    shape: Shape
    title: str
    text: str
    footer: str
    buttons: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    is_html: bool
    is_inbox_text: bool = False

    @property
    def spans(self) -> Iterator[Span]:
        """The text as it looks."""
        return read_inbox_spans(self.text) if self.is_inbox_text else iter([Span(self.text)])


def lay_out_content(channel: str, content: Document) -> SeenContent:
    """A kept content as it is shown."""
    shape = _SHAPES.get(channel, "fields")
    if shape == "fields":
        return SeenContent(shape, "", "", "", (), tuple(_details(content, ())), is_html=False)
    header, texts = content.get("header") or content.get("subject"), _texts(content)
    text = _word(texts.get("text") if shape == "mail" else content.get("body_text") or content.get("body"))
    return SeenContent(
        shape,
        _word(header),
        text,
        _word(content.get("footer")),
        tuple(_word(each) for each in content.get("buttons") or ()),
        tuple(_details(content, _SHOWN)),
        is_html=shape == "mail" and bool(texts.get("html")),
        is_inbox_text=channel == "inbox",
    )


def read_html(content: Document) -> str | None:
    """The HTML of a mail, with the line that inboxes show beside its subject; None where it has only text."""
    html = _texts(content).get("html")
    if not isinstance(html, str) or not html:
        return None
    body = content.get("body")
    preheader = (body.get("preheader") if isinstance(body, dict) else None) or content.get("preheader")
    return insert_preheader(html, preheader) if isinstance(preheader, str) and preheader.strip() else html


def _texts(content: Document) -> Document:
    """The form of a mail's body that was sent."""
    body = content.get("body")
    if not isinstance(body, dict):
        return {}
    kind = body.get("type")
    found: Any = body.get(kind) if kind in ("designer", "plain_text") else None
    found = found or body.get("raw") or body.get("designer") or body.get("plain_text")
    return found if isinstance(found, dict) else {}


def _details(content: Document, shown: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if name not in shown and value not in (None, "", [], {}):
            yield name.replace("_", " "), _word(value)


def _word(value: object) -> str:
    """A value as a text; what is made of parts is told by the text among them, or as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case {"text": str(text)}:
            return text
        case _:
            return msgspec.json.encode(value).decode()
