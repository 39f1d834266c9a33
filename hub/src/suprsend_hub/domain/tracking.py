"""A mail's links and opens made visible: links that lead through the hub, and a picture that nobody sees."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.plain_text import read_text

# The address of a link: what stands in quotes after href, in an opening tag of bounded length.
_LINK = re.compile(r"""(<a\s(?:[^<>]{0,4000}?\s)?href\s*=\s*)(?:"([^"<>]*)"|'([^'<>]*)')""", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailLinks:
    """Where a mail's picture is, and where each of its links leads instead; None where that is not wanted."""

    pixel: str | None
    click: Callable[[str], str] | None


def track_mail(content: Document, links: MailLinks) -> Document:
    """The content of a mail with its HTML tracked; its text keeps the links as they were written."""
    body = content.get("body")
    if not isinstance(body, dict):
        return content
    tracked = {
        kind: _track_part(part, links)
        for kind in ("raw", "designer")
        if isinstance(part := body.get(kind), dict) and isinstance(part.get("html"), str)
    }
    return {**content, "body": {**body, **tracked}} if tracked else content


def track_html(html: str, links: MailLinks) -> str:
    """HTML whose web links lead through the hub, with the picture at its end."""
    click = links.click
    if click is not None:

        def redirected(found: re.Match[str]) -> str:
            target = unescape(found[2] if found[2] is not None else found[3]).strip()
            return f'{found[1]}"{escape(click(target))}"' if _WEB.match(target) else found[0]

        html = _LINK.sub(redirected, html)
    if links.pixel is None:
        return html
    picture = f'<img src="{escape(links.pixel)}" width="1" height="1" alt="" style="border:0">'
    ends = [each.start() for each in _END.finditer(html)]
    return html[: ends[-1]] + picture + html[ends[-1] :] if ends else html + picture


def _track_part(part: Document, links: MailLinks) -> Document:
    html = part["html"]
    return {**part, "html": track_html(html, links), "text": part.get("text") or read_text(html)}
