"""The text of a notification as spans to show, as our own inbox shows it: **bold**, *italic*, `code`, and links."""

import re
from collections.abc import Iterator

from suprsend_hub.ui.span import Span

# The same as in the widget's text.js: what of HTML is undone, and what is marked. Nothing here looks behind the next
# mark of its kind, so that no text takes long.
_PART = re.compile(
    r"\*\*(?P<bold>[^*]+)\*\*|\*(?P<italic>[^*\s][^*]*)\*|`(?P<code>[^`]+)`"
    r"|\[(?P<name>[^\[\]]+)\]\((?P<link>[^()\s]+)\)|\\\n"
)
_SIGNS = {
    **{"lt": "<", "gt": ">", "amp": "&", "quot": '"', "nbsp": "\u00a0"},
    **{"#39": "'", "#x27": "'", "#x60": "`", "#x3D": "="},
}
_SIGN = re.compile(r"&(#?\w+);")
_LEADS_OUT = re.compile(r"https?://|mailto:", re.IGNORECASE)


def read_inbox_spans(text: str) -> Iterator[Span]:
    """The spans of a text, one after the other; it was made to stand within HTML, so it is first what it was."""
    source = _SIGN.sub(lambda sign: _SIGNS.get(sign[1], sign[0]), text)
    done = 0
    for part in _PART.finditer(source):
        if part.start() > done:
            yield Span(source[done : part.start()])
        done = part.end()
        yield _span(part)
    if done < len(source):
        yield Span(source[done:])


def _span(part: re.Match[str]) -> Span:
    match part.lastgroup:
        case "link":
            return Span(part["name"], (), part["link"] if _LEADS_OUT.match(part["link"]) else "")
        case "bold" | "italic" | "code" as mark:
            return Span(part[mark], (mark,))
        case _:
            return Span("\n")
