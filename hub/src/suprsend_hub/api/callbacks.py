"""`/v1/vendor_callback/…`: where vendors report what became of messages."""

from collections.abc import Callable
from datetime import datetime

import structlog
from litestar import MediaType, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.hear import CALLBACK_ROOT, Listen, hear
from suprsend_hub.api.auth import AnyRequest
from suprsend_hub.domain.callback import Callback, Heard
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault

log = structlog.stdlib.get_logger("suprsend_hub.callbacks")


def callback_routes(
    pool: Pool, vault: Vault, listen: Listen, public_url: str, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The one route; the address and the vendor's signature are the credentials."""

    @route(
        f"{CALLBACK_ROOT}{{name:str}}",
        http_method=["GET", "POST"],
        summary="What a vendor reports",
        tags=["vendors"],
        media_type=MediaType.TEXT,
        operation_id=lambda _handler, method, _path: f"hear_vendor_{method}",
    )
    async def hear_vendor(request: AnyRequest, name: FromPath[str]) -> Response[str]:
        """Answered once what it tells is written down; a vendor that is not believed is told why."""
        callback = Callback(
            method=request.method,
            url=_whole_url(request, public_url),
            headers={key.lower(): value for key, value in request.headers.items()},
            body=await request.body(),
            received_at=now(),
        )
        heard = await hear(pool, vault, listen, name, callback, now())
        if isinstance(heard, Heard):
            return Response(heard.reply, status_code=200, media_type=MediaType.TEXT)
        log.warning("callback not heard", account=name.partition("-")[0], status=heard.status, reason=heard.reason)
        return Response(heard.reason, status_code=heard.status, media_type=MediaType.TEXT)

    return [hear_vendor]


def _whole_url(request: AnyRequest, public_url: str) -> str:
    """The URL as the vendor knows it, which some signatures cover."""
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw_path.split(b"?")[0].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    root = public_url.rstrip("/") or f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    return f"{root}{path}?{query}" if query else f"{root}{path}"
