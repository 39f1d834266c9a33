"""The one table from faults to replies; every error reply of the hub has the shape of wire.md 1.5."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.exceptions import ValidationException as LitestarInvalid

from suprsend_hub.api.auth import AnyRequest
from suprsend_hub.api.paths import shown_path
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import (
    Conflict,
    Forbidden,
    HubError,
    Invalid,
    NotFound,
    Overloaded,
    SchemaMismatch,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
)
from suprsend_hub.fault_status import FAULT_STATUS
from suprsend_hub.store.database import is_outage

# type, error_code
REPLIES: Mapping[type[HubError], tuple[str, str]] = {
    Invalid: ("ValidationError", "error"),
    SchemaMismatch: ("ValidationError", "schema_mismatch"),
    Unauthenticated: ("AuthenticationFailed", "authentication_failed"),
    Forbidden: ("Unauthorized", "unauthorized"),
    NotFound: ("NotFound", "not_found"),
    Conflict: ("Conflict", "conflict"),
    TooLarge: ("PayloadTooLarge", "payload_too_large"),
    TooManyRequests: ("TooManyRequests", "too_many_requests"),
    Overloaded: ("Overloaded", "overloaded"),
}

HTTP_REPLIES: Mapping[int, tuple[str, str]] = {
    400: ("ValidationError", "error"),
    401: ("AuthenticationFailed", "authentication_failed"),
    404: ("NotFound", "not_found"),
    405: ("MethodNotAllowed", "method_not_allowed"),
    413: ("PayloadTooLarge", "payload_too_large"),
    415: ("UnsupportedMediaType", "unsupported_media_type"),
    429: ("TooManyRequests", "too_many_requests"),
    503: ("Overloaded", "overloaded"),
}

# What answers an error.
Answer: TypeAlias = Callable[[AnyRequest, Any], Response[Any]]

log = structlog.stdlib.get_logger("suprsend_hub.api")


def error_body(status: int, kind: str, code: str, message: str, detail: object = None) -> Document:
    """The union of the documented error shapes, which every client can read."""
    return {
        "status": "error",
        "code": status,
        "error_code": code,
        "type": kind,
        "message": message,
        "detail": message if detail is None else detail,
        "error": {"type": kind, "message": message},
        "records": [],
    }


def reply_to_fault(_: AnyRequest, fault: HubError) -> Response[Document]:
    """The reply to an error that the hub raised on purpose."""
    status = FAULT_STATUS.get(type(fault), 500)
    kind, code = REPLIES.get(type(fault), ("InternalError", "internal_error"))
    document = error_body(status, kind, code, fault.message, _detail(fault))
    return Response(document, status_code=status, headers=_later(fault))


def reply_to_http(request: AnyRequest, error: HTTPException) -> Response[Document]:
    """The reply to what the framework refuses: paths, methods, sizes, query parameters."""
    kind, code = HTTP_REPLIES.get(error.status_code, ("Error", "error"))
    message, detail = _explained(request, error)
    return Response(
        error_body(error.status_code, kind, code, message, detail),
        status_code=error.status_code,
        headers=error.headers,
    )


def reply_to_anything(request: AnyRequest, error: Exception) -> Response[Document]:
    """The last resort: an outage is 503, everything else 500 with an id to find it in the log."""
    if is_outage(error):
        message = "the hub's database is not reachable at the moment; nothing was stored, try again"
        return Response(
            error_body(503, "Overloaded", "overloaded", message),
            status_code=503,
            headers={"Retry-After": "1"},
        )
    reference = secrets.token_hex(6)
    log.exception("unexpected error", reference=reference, method=request.method, path=shown_path(request))
    message = f"internal error {reference}; the hub's log has more under this id"
    return Response(error_body(500, "InternalError", "internal_error", message), status_code=500)


def _detail(fault: HubError) -> dict[str, list[str]] | None:
    """Of data that is wrong: what is wrong with each field."""
    if not isinstance(fault, Invalid):
        return None
    told: dict[str, list[str]] = {}
    for each in fault.faults if isinstance(fault, SchemaMismatch) else (fault,):
        told.setdefault(each.field, []).append(each.problem)
    return told


def _later(fault: HubError) -> dict[str, str] | None:
    match fault:
        case TooManyRequests():
            return {"Retry-After": str(fault.retry_after)}
        case Overloaded():
            return {"Retry-After": "1"}
        case _:
            return None


def _explained(request: AnyRequest, error: HTTPException) -> tuple[str, object]:
    match error:
        case NotFoundException():
            return f"there is nothing at {request.method} {shown_path(request)}", None
        case MethodNotAllowedException():
            return f"{request.method} is not allowed at {shown_path(request)}", None
        case LitestarInvalid(extra=list(faults)) if faults:
            problems = {str(fault.get("key", "query")): [str(fault.get("message", ""))] for fault in faults}
            return "; ".join(f"{field}: {texts[0]}" for field, texts in problems.items()), problems
        case _ if error.status_code == 413:
            return "body: is larger than the hub takes", None
        case _:
            return str(error.detail), None


def handlers_of_errors(pages: Mapping[str, Answer]) -> dict[int | type[Exception], Any]:
    """What answers errors: JSON for programs, and below each path of `pages` whatever answers there."""
    handlers: dict[type[Exception], Any] = {
        HubError: reply_to_fault,
        HTTPException: reply_to_http,
        Exception: reply_to_anything,
    }
    return {kind: _split(pages, reply) for kind, reply in handlers.items()}


def _split(pages: Mapping[str, Answer], reply: Answer) -> Answer:
    def either(request: AnyRequest, error: Any) -> Response[Any]:
        asked = str(request.scope["path"]) + "/"
        answer = next((each for path, each in pages.items() if asked.startswith(f"{path}/")), reply)
        return answer(request, error)

    return either
