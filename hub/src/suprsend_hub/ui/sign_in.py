"""Signing in and out, and the colours of pages."""

import structlog
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from suprsend_hub.actions.sign_in import sign_in, sign_out
from suprsend_hub.domain.fault import Invalid, TooManyRequests, Unauthenticated
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_query
from suprsend_hub.ui.visit import ThisVisit

FIRST_PAGE = "/console/"

log = structlog.stdlib.get_logger("suprsend_hub.ui")


class SignInForm(Struct, frozen=True):
    """Who wants to sign in, and where to."""

    name: str = ""
    password: str = ""
    next: str = ""


class ThemeForm(Struct, frozen=True):
    """The colours that are wanted, and where to go on."""

    theme: str = ""
    next: str = ""


def sign_in_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of signing in and out."""

    @get("/~/sign-in")
    async def ask(visit: ThisVisit) -> Page:
        """The form; whoever is signed in goes on."""
        form = read_query(visit.request, SignInForm)
        if visit.known is not None:
            return console.go(visit, local(form.next))
        return console.page(visit, "sign_in/form.html", name="", next=local(form.next), fault=None)

    @post("/~/sign-in")
    async def check(visit: ThisVisit) -> Page:
        """A new session, whatever the browser had before; or the form again, which doesn't say what was wrong."""
        form = await read_form(visit.request, SignInForm)
        address = console.address_of(visit.request)
        former = visit.request.cookies.get(console.cookies.token)
        try:
            token = await sign_in(console.pool, form.name, form.password, address, former)
        except (Unauthenticated, TooManyRequests) as fault:
            log.warning("sign-in refused", address=address, why=fault.code)
            status = 429 if isinstance(fault, TooManyRequests) else 401
            return console.page(
                visit,
                "sign_in/form.html",
                status=status,
                name=form.name[:255],
                next=local(form.next),
                fault=Invalid("name", fault.message),
            )
        return console.go(visit, local(form.next), cookies=[console.cookies.keep_token(token)])

    @post("/~/sign-out")
    async def leave(visit: ThisVisit) -> Page:
        """The session ends in the database too."""
        await sign_out(console.pool, visit.request.cookies[console.cookies.token], visit.actor)
        return console.go(visit, "/console/~/sign-in", cookies=[console.cookies.drop(console.cookies.token)])

    @post("/~/theme")
    async def paint(visit: ThisVisit) -> Page:
        """Keep the colours in a cookie: they are the browser's matter, not the person's."""
        form = await read_form(visit.request, ThemeForm)
        return console.go(visit, local(form.next), cookies=[console.cookies.keep_theme(form.theme)])

    return [ask, check, leave, paint]


def local(target: str) -> str:
    """A target below the console, its first page where it is another: no redirect leads away."""
    is_own = target.startswith("/console/") and target.isprintable() and target.isascii() and "\\" not in target
    return target if is_own and "//" not in target.partition("?")[0] else FIRST_PAGE
