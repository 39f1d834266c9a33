"""HTML seen as plain text, for the alternative that mail programs without HTML show."""

import re
from html import escape
from html.parser import HTMLParser

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote"})
_LINES = frozenset({"address", "article", "aside", "dd", "div", "dl", "dt", "footer", "form", "header", "hr"})
_MORE_LINES = frozenset({"li", "main", "nav", "pre", "section", "tr", "figure", "figcaption", "fieldset"})
_BLOCKS = _PARAGRAPHS | _LINES | _MORE_LINES
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BODY_TAG = re.compile(r"<body\b[^>]{0,4000}>", re.IGNORECASE)
# Nobody reads further in a plain text alternative, and reading takes time that others wait for.
_MOST_READ = 200_000


def read_text(html: str) -> str:
    """The text of `html`: paragraphs apart, links followed by their target, nothing hidden."""
    reader = _TextReader()
    reader.feed(html[:_MOST_READ])
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def insert_preheader(html: str, preheader: str) -> str:
    """`html` with the line that mail programs show beside the subject, not visible in the mail itself."""
    hidden = (
        f'<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{escape(preheader, quote=False)}</div>'
    )
    body = _BODY_TAG.search(html)
    place = body.end() if body else 0
    return f"{html[:place]}{hidden}{html[place:]}"


class _TextReader(HTMLParser):
    """Collects text; depth counts how many open elements hide what is inside."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._hidden or tag in _UNSEEN or _HIDDEN.search(given.get("style") or ""):
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        match tag:
            case "br":
                self.parts.append("\n")
            case "img":
                self.parts.append(given.get("alt") or "")
            case "li":
                self.parts.append("\n- ")
            case "td" | "th":
                self.parts.append(" ")
            case "a":
                self._links.append((given.get("href") or "", len(self.parts)))
            case _:
                self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if tag == "a" and self._links:
            self._end_link()
        else:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n\n" if tag in _PARAGRAPHS else "\n")

    def _end_link(self) -> None:
        target, since = self._links.pop()
        shown = "".join(self.parts[since:]).strip()
        if target.startswith(("http://", "https://")) and target != shown:
            self.parts.append(f" ({target})")
