"""What the links in messages lead to: the picture of an open, and the way on after a click."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import structlog
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from suprsend_hub.actions.links import LinkMaker, LinkTarget, Purpose
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.api.paths import ANY_NAME
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.store.database import Pool, is_outage

# A transparent picture of one point.
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_UNKEPT = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
# A header holds ASCII alone; what means something in a URL keeps its meaning.
_URL_MARKS = "%/:?#[]@!$&'()*+,;=-._~"

log = structlog.stdlib.get_logger("suprsend_hub.links")


def link_routes(pool: Pool, links: LinkMaker, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of links; the signature in each is the credential."""

    async def tell(target: LinkTarget, happening: Happening) -> None:
        try:
            await record_receipts(pool, target.workspace_id, [Receipt(target.message_id, happening, now())], now())
        except Exception as error:
            if not is_outage(error):
                raise
            # Whoever reads a mail must not suffer from the hub's database.
            log.warning("receipt lost in an outage", message=target.message_id, happening=happening)

    @get(
        "/v1/open/{token:str}",
        summary="The picture in a mail",
        tags=["links"],
        media_type="image/gif",
        opt={ANY_NAME: True},
    )
    async def open_mail(token: FromPath[str]) -> Response[bytes]:
        """The picture is shown whether or not its token is known."""
        target = links.read("open", token)
        if target is not None:
            await tell(target, "seen")
        return Response(PIXEL, media_type="image/gif", headers=_UNKEPT)

    @get("/v1/click/{token:str}", summary="A link in a mail", tags=["links"], status_code=302)
    async def follow(token: FromPath[str], url: Annotated[str, QueryParameter(max_length=16_000)]) -> Response[bytes]:
        """On to the URL that the link was made for, and to no other."""
        await tell(_known(links, "click", token, url), "clicked")
        return Response(b"", status_code=302, headers={**_UNKEPT, "Location": quote(url, safe=_URL_MARKS)})

    return [open_mail, follow]


def _known(links: LinkMaker, purpose: Purpose, token: str, url: str = "") -> LinkTarget:
    target = links.read(purpose, token, url)
    if target is None:
        raise NotFound("this link is not one that the hub made, or was changed on its way")
    return target
