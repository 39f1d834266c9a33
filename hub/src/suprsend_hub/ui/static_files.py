"""The few files that pages load: read once, named after their contents, and kept by browsers for ever."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.domain.fault import NotFound

FOLDER = Path(__file__).parent / "static"
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as browsers get it; `mark` changes with its contents."""

    content: bytes
    media_type: str
    mark: str


class StaticFiles:
    """All of them, in memory."""

    def __init__(self) -> None:
        self._files = {
            path.name: StaticFile(content, _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:12])
            for path in sorted(FOLDER.iterdir())
            if path.suffix in _TYPES
            for content in [path.read_bytes()]
        }

    def address(self, name: str) -> str:
        """The name of a file with the mark of its contents."""
        return f"{name}?{self._files[name].mark}"

    def routes(self) -> list[HTTPRouteHandler]:
        """The route of the files."""

        @get("/~/static/{name:str}")
        async def load(name: FromPath[str]) -> Response[bytes]:
            """A file; its address changes when it does."""
            file = self._files.get(name)
            if file is None:
                raise NotFound("there is no file of that name")
            headers = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
            return Response(file.content, media_type=file.media_type, headers=headers)

        return [load]
