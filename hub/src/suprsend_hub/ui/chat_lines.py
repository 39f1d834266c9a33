"""Messages of chats as lines to read: Slack's blocks and the cards of Teams, whatever else is in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.ui.slack_text import read_spans
from suprsend_hub.ui.span import Span

Kind = Literal["heading", "text", "small", "button", "rule", "picture"]

_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a message; what it is decides how it looks. Slack's own writing is marked as such."""

    kind: Kind
    text: str = ""
    is_slack_text: bool = False

    @property
    def spans(self) -> Iterator[Span]:
        """The text as it looks."""
        return read_spans(self.text) if self.is_slack_text else iter([Span(self.text)])


def chat_lines(content: Document, channel: Channel) -> list[Line]:
    """The parts of a message, top to bottom; its text where it has none."""
    parts = [*_blocks(content.get("blocks")), *_cards(content.get("cards"))]
    return parts or [Line("text", _text(content.get("text") or content.get("title")), channel == "slack")]


def _blocks(blocks: object) -> Iterator[Line]:
    for block in _documents(blocks):
        match block.get("type"):
            case "header":
                yield Line("heading", _text(block.get("text")))
            case "divider":
                yield Line("rule")
            case "image":
                yield Line("picture", _text(block.get("alt_text") or block.get("title")))
            case "context":
                elements = [*_documents(block.get("elements"))]
                yield Line("small", " · ".join(map(_text, elements)), any(map(_is_slack_text, elements)))
            case "actions":
                yield from (Line("button", _text(each.get("text"))) for each in _documents(block.get("elements")))
            case _:
                yield from (
                    Line("text", _text(each), _is_slack_text(each))
                    for each in (block.get("text"), *_items(block.get("fields")))
                    if each
                )


def _cards(cards: object) -> Iterator[Line]:
    for card in _documents(cards):
        yield from _elements(card.get("body"), _DEEPEST)
        yield from _buttons(card)


def _elements(elements: object, depth: int) -> Iterator[Line]:
    for element in _documents(elements):
        match element.get("type"):
            case "TextBlock":
                is_large = element.get("size") in ("large", "extraLarge", "Large", "ExtraLarge")
                kind: Kind = "heading" if is_large else "small" if element.get("isSubtle") else "text"
                yield Line(kind, _text(element.get("text")))
            case "Image":
                yield Line("picture", _text(element.get("altText")))
            case "FactSet":
                for fact in _documents(element.get("facts")):
                    yield Line("text", f"{_text(fact.get('title'))} {_text(fact.get('value'))}")
            case "ActionSet":
                yield from _buttons(element)
            case _ if depth:
                for within in ("items", "columns", "body"):
                    yield from _elements(element.get(within), depth - 1)


def _buttons(holder: Document) -> Iterator[Line]:
    for action in _documents(holder.get("actions")):
        yield Line("button", _text(action.get("title")))


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _documents(value: object) -> Iterator[Document]:
    return (each for each in _items(value) if isinstance(each, dict))


def _is_slack_text(value: object) -> bool:
    return isinstance(value, dict) and value.get("type") == "mrkdwn"


def _text(value: object) -> str:
    """A text as it is, or that of an object around it."""
    if isinstance(value, dict):
        return _text(value.get("text") or value.get("alt_text"))
    return value if isinstance(value, str) else ""
