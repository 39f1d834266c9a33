"""Slack's own writing as spans to show: *bold*, _italic_, ~struck~, `code`, and links."""

import re
from collections.abc import Iterator

from suprsend_hub.ui.span import Mark, Span

# A mark stands at the edge of words, and what it holds neither begins nor ends with a space. Nothing here looks back
# behind the next mark of its kind, so that no text takes long.
_PART = re.compile(
    r"`(?P<code>[^`\n]+)`|<(?P<link>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<struck>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])"
)
_LEADS_OUT = ("https://", "http://", "mailto:")


def read_spans(text: str, marks: tuple[Mark, ...] = ()) -> Iterator[Span]:
    """The spans of a text, one after the other; a mark within itself is no mark."""
    done = 0
    for part in _PART.finditer(text):
        kind = part.lastgroup
        if kind in marks:
            continue
        if part.start() > done:
            yield Span(_plain(text[done : part.start()]), marks)
        done = part.end()
        match kind:
            case "link":
                yield _link(part["link"], marks)
            case "code":
                yield Span(_plain(part["code"]), (*marks, "code"))
            case "bold" | "italic" | "struck":
                yield from read_spans(part[kind], (*marks, kind))
    if done < len(text):
        yield Span(_plain(text[done:]), marks)


def _link(inner: str, marks: tuple[Mark, ...]) -> Span:
    """What stands between angle brackets: an address, or somebody, a channel, or everybody who is meant."""
    target, _, label = inner.partition("|")
    if target.startswith(_LEADS_OUT):
        address = _plain(target)
        return Span(_plain(label) or address.removeprefix("mailto:"), marks, address)
    sign = target[:1] if target[:1] in ("@", "#") else "@" if target.startswith("!") else ""
    return Span(f"{sign}{_plain(label or target.lstrip('@#!'))}" if sign else _plain(label or target), marks)


def _plain(text: str) -> str:
    """A text without the three signs that Slack has written otherwise."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
