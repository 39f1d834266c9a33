"""Names in paths: a percent-encoded slash belongs to the name, a plus sign is a plus sign (wire.md 1.3)."""

from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from suprsend_hub.api.lingering import LingeringClose
from suprsend_hub.api.openapi import in_order
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import refuse_nul

# Stands for an encoded slash while a path is split. No path holds it: of bytes that are not UTF-8 surrogates are made
# only from 0x80 on.
_SLASH = "\udc2f"

# The browsers' client writes distinct ids into these paths as they are; what is known is what stands behind them.
_OF_PEOPLE = ("/v1/subscriber/", "/v2/subscriber/")
_BEHIND = ("full_preference", "category", "channel_preference")
# Where clients of inboxes open their sockets.
SOCKET_PATH = "/socket.io/"

# The option of a route that answers whatever its names are.
ANY_NAME = "any_name"


class WholeNames:
    """An application in which `%2F` does not split a path, and whose paths are what was sent, UTF-8 or not."""

    def __init__(self, application: Litestar, socket: ASGIApp | None = None) -> None:
        self._application = application
        self._answer = LingeringClose(application)
        self._socket = socket

    @property
    def openapi(self) -> dict[str, Any]:
        """The description of its routes."""
        return in_order(self._application.openapi_schema.to_schema())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or keep one WebSocket."""
        if self._socket is not None and scope["type"] == ScopeType.WEBSOCKET and scope["path"].startswith(SOCKET_PATH):
            await self._socket(scope, receive, send)
            return
        raw = scope.get("raw_path") or b""
        if b"%" in raw:
            parts = (part.decode("utf-8", "surrogateescape") for part in _parts(raw.split(b"?")[0]))
            scope["path"] = _SLASH.join(parts)
        if scope["path"].startswith(_OF_PEOPLE):
            scope["path"] = _with_whole_id(scope["path"])
        await self._answer(scope, receive, send)


async def read_names(request: Request[Any, Any, Any]) -> None:
    """Put the slashes back into the names of a path; Invalid where a name or a query can't be stored as text."""
    names = {field: _whole(value) for field, value in request.path_params.items()}
    checked = () if request.route_handler.opt.get(ANY_NAME) else (*names.items(), *request.query_params.multi_items())
    for field, value in checked:
        _refuse_unstorable(_printable(field), str(value))
    # The router keeps the parameters that it found for the next request with the same path.
    request.scope["path_params"] = names


def shown_path(request: Request[Any, Any, Any]) -> str:
    """The path of a request as it may stand in a message."""
    return _printable(request.scope["path"].replace(_SLASH, "%2F"))


def _parts(raw: bytes) -> list[bytes]:
    return [unquote_to_bytes(part) for part in raw.replace(b"%2f", b"%2F").split(b"%2F")]


def _with_whole_id(path: str) -> str:
    head, names = path.split("/")[:3], path.rstrip("/").split("/")[3:]
    is_category = len(names) == 3 and names[1] == "category"
    if len(names) > 2 and names[-1] in _BEHIND and not is_category:
        split = -1
    elif len(names) > 3 and names[-2] == "category":
        split = -2
    else:
        return path
    return "/".join([*head, _SLASH.join(names[:split]), *names[split:]])


def _whole(value: Any) -> Any:
    return value.replace(_SLASH, "/") if isinstance(value, str) else value


def _refuse_unstorable(field: str, value: str) -> None:
    refuse_nul(value, field)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid(field, "is not valid UTF-8") from None


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
