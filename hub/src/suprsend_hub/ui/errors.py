"""Errors as pages: what went wrong in the look of the console, and the way to sign in."""

import secrets
from http import HTTPStatus
from urllib.parse import quote

import structlog
from litestar.exceptions import HTTPException

from suprsend_hub.domain.fault import HubError, NotFound, Unauthenticated
from suprsend_hub.fault_status import FAULT_STATUS
from suprsend_hub.store.database import is_outage
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.visit import AnyRequest, Visit

log = structlog.stdlib.get_logger("suprsend_hub.ui")


def answer_error(console: Console, request: AnyRequest, error: Exception) -> Page:
    """The page of an error; whoever is not signed in is led to where they can."""
    visit: Visit = getattr(request.state, "visit", None) or Visit(request)
    if isinstance(error, Unauthenticated):
        return _ask_to_sign_in(console, visit)
    # Where whoever looks for the outbox looks first; a workspace of that name would have been found.
    if isinstance(error, NotFound) and console.development and request.scope["path"].rstrip("/") == "/console/outbox":
        return console.go(visit, "/console/~/outbox")
    status, message = explain(request, error)
    return console.page(visit, "errors/show.html", status=status, code=status, message=message, title=_title(status))


def _ask_to_sign_in(console: Console, visit: Visit) -> Page:
    request = visit.request
    if request.method != "GET" or visit.wants_part:
        return console.go(visit, "/console/~/sign-in")
    query = request.scope["query_string"].decode("latin-1")
    target = request.scope["path"] + (f"?{query}" if query else "")
    return console.go(visit, f"/console/~/sign-in?next={quote(target.encode('utf-8', 'replace'), safe='/')}")


def explain(request: AnyRequest, error: Exception) -> tuple[int, str]:
    """The status of an error, and its words for people; what nobody expected is logged."""
    if isinstance(error, HubError) and type(error) in FAULT_STATUS:
        return FAULT_STATUS[type(error)], error.message
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, "There is nothing here." if error.status_code == 404 else ""
    if is_outage(error):
        return 503, "The hub's database is not reachable at the moment; nothing was changed. Try again."
    reference = secrets.token_hex(6)
    log.error("unexpected error", reference=reference, method=request.method, exc_info=error)
    return 500, f"Something went wrong; the hub's log has more under {reference}."


def _title(status: int) -> str:
    return next((each.phrase for each in HTTPStatus if each == status), "Error")
