"""A channel's content with its texts compiled once, and filled in for each message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.handlebars import Fault, Template

# The texts that end up within HTML. Everywhere else `&amp;` would reach the reader as it stands.
_HTML_FIELDS: Mapping[Channel, frozenset[str]] = MappingProxyType(
    {
        "email": frozenset({"body.raw.html", "body.designer.html", "body.email_markup", "email_markup"}),
        "inbox": frozenset({"body", "subtext.text"}),
    }
)

_Fill: TypeAlias = Callable[[Document, datetime], Any]


class TemplateSyntax(Exception):
    """A text is not a template that can be compiled."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class RenderFailed(Exception):
    """A text can't be filled in with this data."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class CompiledContent:
    """Content that is ready to be filled in."""

    _content: Document
    _fill: _Fill | None

    def render(self, context: Document, now: datetime) -> Document:
        """The content for this data; RenderFailed names the field that has none."""
        if self._fill is None:
            return self._content
        rendered: Document = self._fill(context, now)
        return rendered


def compile_content(channel: Channel, content: Document) -> CompiledContent:
    """Compile every text of a channel's content; TemplateSyntax names the field that is wrong."""
    return CompiledContent(content, _compile(content, "", _HTML_FIELDS.get(channel, frozenset())))


def _compile(value: object, path: str, html: frozenset[str]) -> _Fill | None:
    """How to fill a value in; None where it holds no template and stays as it is."""
    match value:
        case str() if "{{" in value:
            return _compile_text(value, path, path in html)
        case dict():
            parts = {key: _compile(each, f"{path}.{key}" if path else key, html) for key, each in value.items()}
            return _fill_object(value, {key: fill for key, fill in parts.items() if fill is not None})
        case list():
            fills = [_compile(each, f"{path}[{index}]", html) for index, each in enumerate(value)]
            return _fill_list(value, {index: fill for index, fill in enumerate(fills) if fill is not None})
        case _:
            return None


def _compile_text(source: str, path: str, escaped: bool) -> _Fill:
    try:
        template = Template(source, escaped=escaped)
    except Fault as fault:
        raise TemplateSyntax(path, str(fault)) from None

    def fill(context: Document, now: datetime) -> str:
        try:
            return template.render(context, now)
        except Fault as fault:
            raise RenderFailed(path, str(fault)) from None

    return fill


def _fill_object(constant: Document, parts: Mapping[str, _Fill]) -> _Fill | None:
    def fill(context: Document, now: datetime) -> Document:
        return {**constant, **{key: part(context, now) for key, part in parts.items()}}

    return fill if parts else None


def _fill_list(constant: list[Any], parts: Mapping[int, _Fill]) -> _Fill | None:
    def fill(context: Document, now: datetime) -> list[Any]:
        return [parts[index](context, now) if index in parts else each for index, each in enumerate(constant)]

    return fill if parts else None
