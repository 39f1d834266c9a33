"""What the links in messages lead to: the picture of an open, the way on after a click, the page to unsubscribe."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Annotated
from urllib.parse import quote

import structlog
from litestar import MediaType, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from suprsend_hub.actions.links import LinkMaker, LinkTarget, Purpose
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.unsubscribe import Subscription, read_subscription, set_subscription
from suprsend_hub.api.auth import AnyRequest
from suprsend_hub.api.paths import ANY_NAME
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.store.database import Pool, is_outage

# A transparent picture of one point.
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_UNKEPT = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
# A header holds ASCII alone; what means something in a URL keeps its meaning.
_URL_MARKS = "%/:?#[]@!$&'()*+,;=-._~"
_PAGE_HEADERS = {
    **_UNKEPT,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}

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

    @get("/v1/unsubscribe/{token:str}", summary="The page to unsubscribe", tags=["links"], media_type=MediaType.HTML)
    async def show(token: FromPath[str]) -> Response[str]:
        """Changes nothing: programs follow links too."""
        return _page(await read_subscription(pool, _known(links, "unsubscribe", token)))

    @post(
        "/v1/unsubscribe/{token:str}",
        summary="Unsubscribe with one click (RFC 8058)",
        tags=["links"],
        media_type=MediaType.HTML,
        status_code=200,
    )
    async def unsubscribe(request: AnyRequest, token: FromPath[str]) -> Response[str]:
        """End the category for this address; with `again=1` begin it again."""
        target = _known(links, "unsubscribe", token)
        again = b"again=1" in await request.body()
        return _page(await set_subscription(pool, target, now(), subscribed=again))

    return [open_mail, follow, show, unsubscribe]


def _known(links: LinkMaker, purpose: Purpose, token: str, url: str = "") -> LinkTarget:
    target = links.read(purpose, token, url)
    if target is None:
        raise NotFound("this link is not one that the hub made, or was changed on its way")
    return target


def _page(subscription: Subscription | None) -> Response[str]:
    if subscription is None:
        raise NotFound("the message of this link is no more")
    whose = f"<strong>{escape(subscription.address)}</strong>"
    what = f"<strong>{escape(subscription.category)}</strong>"
    if subscription.is_subscribed:
        said = f"<p>Messages of the category {what} go to {whose}.</p>"
        button = "<button>Unsubscribe</button>"
    else:
        said = f"<p>Messages of the category {what} no longer go to {whose}.</p>"
        button = '<input type="hidden" name="again" value="1"><button>Subscribe again</button>'
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Your subscription</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;"
        "margin:15vh auto;padding:0 1rem;color:#1c1c1c;background:#fff}button{font:inherit;padding:.5rem 1rem;"
        "border:1px solid #1c1c1c;border-radius:.4rem;background:#1c1c1c;color:#fff;cursor:pointer}"
        "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}button{background:#eee;color:#161616}}"
        f'</style><h1>Your subscription</h1>{said}<form method="post">{button}</form></html>'
    )
    return Response(html, media_type=MediaType.HTML, headers=_PAGE_HEADERS)
