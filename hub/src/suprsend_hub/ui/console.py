"""What every resource of the console shares: the database, and how pages, parts of pages and ways on are made."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from litestar import MediaType, Response
from litestar.datastructures import Cookie

from suprsend_hub.actions.edit_vendors import VendorDesk
from suprsend_hub.actions.edit_webhooks import WebhookDesk
from suprsend_hub.domain.client_address import TrustedProxies
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.ui.cookies import Cookies
from suprsend_hub.ui.development import Development
from suprsend_hub.ui.guard import Guard
from suprsend_hub.ui.look import Look
from suprsend_hub.ui.navigation import sections_of
from suprsend_hub.ui.visit import AnyRequest, Visit

Page: TypeAlias = Response[str]
Tone: TypeAlias = Literal["good", "bad"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Forms have to say where they come from, which `no-referrer` would keep them from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "HX-Request, Cookie",
}


class Said(msgspec.Struct, frozen=True):
    """What a page says at its top once."""

    text: str
    tone: Tone = "good"


_SAID = msgspec.json.Decoder(Said)


@dataclass(frozen=True, slots=True)
class Console:
    """The console of one process; `root` is what stands before `/console` in its addresses.

    `usual_rate` is how many requests a second a key may make that has no rate of its own, 0 for any number.
    `proxies` are believed in where people come from. `development` is there in development mode only.
    """

    pool: Pool
    vault: Vault
    look: Look
    cookies: Cookies
    guard: Guard
    root: str
    vendors: VendorDesk
    webhooks: WebhookDesk
    now: Callable[[], datetime]
    usual_rate: float
    proxies: TrustedProxies
    development: Development | None = None

    @property
    def ahead(self) -> timedelta:
        """How far the hub's clock was put forward, which happens in development mode only."""
        return self.development.ahead() if self.development is not None else timedelta(0)

    def address_of(self, request: AnyRequest) -> str:
        """Where a request comes from, empty where that is not known."""
        peer = request.client.host if request.client else ""
        return self.proxies.find_client(peer, request.headers.getall("x-forwarded-for", []))

    def page(
        self,
        visit: Visit,
        template: str,
        *,
        status: int = 200,
        part: str | None = None,
        facts: object = None,
        **values: Any,
    ) -> Page:
        """A page; where htmx asks for a part of it and there is one, that part alone.

        Where there are `facts` it is followed: the template puts `etag` where htmx sends it back from.
        """
        if part is not None and facts is not None and visit.wants_part:
            return self.part(visit, part, facts, **values)
        said = self._read_said(visit)
        shared = self._shared(visit) | {"said": None if part and visit.wants_part else said}
        if facts is not None:
            shared["etag"] = self.etag(facts)
        chosen = part if part is not None and visit.wants_part else template
        shared["is_part"] = chosen is part
        kept = said is not None and chosen is template
        return self._answer(
            self.look.render(chosen, shared | values),
            status,
            cookies=[self.cookies.drop(self.cookies.said)] if kept else [],
        )

    def part(self, visit: Visit, template: str, facts: object, **values: Any) -> Page:
        """A part of a page that asks again and again; where `facts` are those that it shows already, 304.

        The template puts `etag` where htmx sends it back from.
        """
        etag = self.etag(facts)
        if visit.known_part == etag:
            return self._answer("", 304, headers={"ETag": etag})
        html = self.look.render(template, self._shared(visit) | {"said": None, "etag": etag, "is_part": True} | values)
        return self._answer(html, headers={"ETag": etag})

    def etag(self, facts: object) -> str:
        """What tells these facts from others."""
        return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}"'

    def go(
        self,
        visit: Visit,
        path: str,
        said: str = "",
        tone: Tone = "good",
        cookies: Sequence[Cookie] = (),
    ) -> Page:
        """On to another page of the console, which says something at its top; `path` begins with `/console`."""
        kept = [*cookies, self.cookies.keep_said(self._write_said(visit, Said(said, tone)))] if said else cookies
        location = self.root + path
        if visit.wants_part:
            return self._answer("", 200, {"HX-Redirect": location}, kept)
        return self._answer("", 303, {"Location": location}, kept)

    def _answer(
        self, html: str, status: int = 200, headers: dict[str, str] | None = None, cookies: Sequence[Cookie] = ()
    ) -> Page:
        return Response(
            html,
            status_code=status,
            media_type=MediaType.HTML,
            headers=HEADERS | (headers or {}),
            cookies=list(cookies),
        )

    def _shared(self, visit: Visit) -> dict[str, Any]:
        """What every template knows."""
        path = str(visit.request.scope["path"]).encode("utf-8", "replace").decode()
        query = visit.request.scope["query_string"].decode("latin-1")
        workspace = visit.workspace
        return {
            "visit": visit,
            "csrf": self.guard.csrf_token(visit.known) if visit.known else "",
            "theme": self.cookies.read_theme(visit.request),
            "path": path,
            "query": f"?{query}" if query else "",
            "etag": None,
            "has_outbox": self.development is not None,
            # What is sent and edited lives in the hub's time; people, sessions, tokens and keys in everybody's.
            "now": self.now(),
            "real_now": self.now() - self.ahead,
            "ahead": self.ahead,
            "sections": sections_of(self.root, workspace.name, path) if workspace else [],
            "home": self.root + visit.home if workspace else "",
            "is_part": False,
        }

    def _write_said(self, visit: Visit, said: Said) -> str:
        text = urlsafe_b64encode(msgspec.json.encode(said)).decode()
        return f"{text}.{self.vault.mark(text, self._said_context(visit))}"

    def _read_said(self, visit: Visit) -> Said | None:
        """What the page before had to say, if it was ours: nobody else may put words onto a page."""
        text, _, mark = visit.request.cookies.get(self.cookies.said, "").partition(".")
        if not text or not self.vault.is_marked(text, self._said_context(visit), mark):
            return None
        try:
            return _SAID.decode(urlsafe_b64decode(text))
        except (msgspec.DecodeError, NotBase64):
            return None

    def _said_context(self, visit: Visit) -> str:
        return f"console said {visit.known.id if visit.known else ''}"
