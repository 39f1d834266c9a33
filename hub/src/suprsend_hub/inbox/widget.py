"""Our own inbox for pages: one script, and in development an example of its use."""

import gzip
import json
from html import escape
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler

_FOLDER = Path(__file__).parent / "page"
# One script, told in parts: words and text, the socket, the element.
PARTS = ("text.js", "wire.js", "element.js")
LOOK = "look.css"


def widget_routes() -> list[HTTPRouteHandler]:
    """The route of the script."""
    script = write_script().encode()
    packed = gzip.compress(script, 9, mtime=0)
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}

    @get("/inbox/inbox.js", summary="The inbox for your page", tags=["inbox"], media_type="text/javascript")
    async def read_script(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The script that knows `<suprsend-inbox>`; compressed for whoever takes that."""
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
        return Response(script, media_type="text/javascript", headers=headers)

    return [read_script]


def write_script() -> str:
    """The parts as one, with the style in the place of its name, and without indentation and comments."""
    whole = "".join(without_margins((_FOLDER / part).read_text()) for part in PARTS)
    look = "".join(without_margins((_FOLDER / LOOK).read_text()).splitlines())
    return whole.replace(json.dumps(LOOK), json.dumps(look))


def without_margins(source: str) -> str:
    """A source without the spaces before its lines, and without lines that are empty or a comment.

    It knows nothing of what the source says, so none of its texts and comments may go on in another line.
    """
    lines = (line.strip() for line in source.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def example_routes(public_key: str, workspace_key: str) -> list[HTTPRouteHandler]:
    """The route of the example; for development alone."""
    page = (_FOLDER / "example.html").read_text()
    page = page.replace("{public_key}", escape(public_key)).replace("{workspace_key}", escape(workspace_key))

    @get("/inbox/example/", summary="An example of the inbox", tags=["dev"], media_type=MediaType.HTML)
    async def show_example() -> str:
        """A page with a bell."""
        return page

    return [show_example]
