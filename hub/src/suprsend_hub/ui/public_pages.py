"""Pages for the people whom messages go to: nobody signs in, the link that leads there is the right to it."""

from typing import Any

from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.links import LinkMaker
from suprsend_hub.domain.colour import read_colour
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.ui.brand import Brand, stylesheet
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.errors import explain
from suprsend_hub.ui.visit import AnyRequest

# Below these, errors are pages too.
PATHS = ("/preferences", "/v1/unsubscribe")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The address is the right: it must not become known to whoever has the logo, and to search engines.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store, private",
    "Vary": "HX-Request",
}
_KEPT = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}


class PublicPages:
    """Makes these pages with the look of the console's templates and of a tenant."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.links = LinkMaker(console.vault, console.guard.public_url)

    def page(self, template: str, brand: Brand, *, status: int = 200, **values: Any) -> Page:
        """A page, or a part of one."""
        root = self.console.root
        html = self.console.look.render(template, {"brand": brand, "preferences": f"{root}/preferences", **values})
        policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {brand.logo_origin};"
            " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        headers = {**_HEADERS, "Content-Security-Policy": policy}
        return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)

    def go(self, path: str) -> Page:
        """On to another of these pages; `path` begins with `/`."""
        return Response("", status_code=303, headers={**_HEADERS, "Location": self.console.root + path})

    def answer_error(self, request: AnyRequest, error: Exception) -> Page:
        """The page of an error; one that is not of these pages says where to look."""
        status, message = explain(request, error)
        return self.page("centre/error.html", Brand(), status=status, message=message or "There is nothing here.")

    def routes(self) -> list[HTTPRouteHandler]:
        """The route of colours, which pages load because they may have no style of their own."""

        @get("/preferences/~/colours/{colour:str}", include_in_schema=False)
        async def load(colour: FromPath[str]) -> Response[str]:
            """The colours that go with six digits."""
            known = read_colour(colour)
            if known is None:
                raise NotFound("there is no such colour")
            return Response(stylesheet(known), media_type="text/css", headers=_KEPT)

        return [load]
