"""Files that a caller gave as a URL, fetched just before they are sent, and only from the public network."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pyreqwest.exceptions import PyreqwestError
from pyreqwest.http import Url
from pyreqwest.response import Response

from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.outcome import Deferred, Rejected
from suprsend_hub.vendors.public_client import Resolve, Unfetchable, ask_system, find_place, open_client

_CODE = "attachment"
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*")
_MEANINGLESS = ("application/octet-stream", "binary/octet-stream", "application/binary")
_REDIRECTS = (301, 302, 303, 307, 308)
_TEMPORARY = (408, 425, 429)
_MOST_REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class LoadingLimits:
    """Bounds of one message's files together, and of the time for each."""

    most_bytes: int = 10 * 1024 * 1024
    timeout: timedelta = timedelta(seconds=10)


class AttachmentLoader:
    """Turns attachments with a URL into attachments with bytes; private URLs are for tests and closed networks."""

    def __init__(
        self, limits: LoadingLimits, *, allow_private_urls: bool = False, resolve: Resolve = ask_system
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._allow_private_urls = allow_private_urls

    async def load(self, attachments: Sequence[Attachment]) -> tuple[Attachment, ...] | Rejected | Deferred:
        """The files with their bytes, without those that failed and may be left out."""
        loaded: list[Attachment] = []
        room = self._limits.most_bytes
        for attachment in attachments:
            try:
                ready = await self._load(attachment, room)
            except Unfetchable as failure:
                if attachment.ignore_if_error:
                    continue
                detail = f"{attachment.filename[:80]!r} {failure}"
                return Deferred(_CODE, detail) if failure.is_temporary else Rejected(_CODE, detail)
            room -= len(ready.data or b"")
            loaded.append(ready)
        return tuple(loaded)

    async def _load(self, attachment: Attachment, room: int) -> Attachment:
        if attachment.data is not None:
            if len(attachment.data) > room:
                raise Unfetchable(f"makes the files larger than {self._limits.most_bytes} bytes together")
            return attachment
        try:
            async with asyncio.timeout(self._limits.timeout.total_seconds()):
                data, kind = await self._fetch(attachment.url or "", room)
        except TimeoutError:
            seconds = f"{self._limits.timeout.total_seconds():g}"
            raise Unfetchable(f"was not loaded within {seconds} s", is_temporary=True) from None
        return replace(attachment, data=data, content_type=attachment.content_type or kind)

    async def _fetch(self, address: str, room: int) -> tuple[bytes, str | None]:
        for _ in range(_MOST_REDIRECTS + 1):
            place = await find_place(address, self._resolve, allow_private=self._allow_private_urls)
            async with open_client(place) as client:
                try:
                    async with client.get(place.url).build_streamed() as response:
                        if response.status not in _REDIRECTS:
                            return await self._receive(response, room)
                        address = _join(place.url, response.get_header("location"))
                except PyreqwestError as error:
                    raise Unfetchable(f"could not be loaded: {error.message}", is_temporary=True) from None
        raise Unfetchable(f"is behind more than {_MOST_REDIRECTS} redirects")

    async def _receive(self, response: Response, room: int) -> tuple[bytes, str | None]:
        status = response.status
        if not 200 <= status < 300:
            is_temporary = status >= 500 or status in _TEMPORARY
            raise Unfetchable(f"could not be loaded: HTTP {status}", is_temporary=is_temporary)
        parts = bytearray()
        while part := await response.body_reader.read_chunk():
            parts += part
            if len(parts) > room:
                raise Unfetchable(f"makes the files larger than {self._limits.most_bytes} bytes together")
        kind = (response.get_header("content-type") or "").split(";")[0].strip().lower()
        is_told = bool(_CONTENT_TYPE.fullmatch(kind)) and kind not in _MEANINGLESS
        return bytes(parts), kind if is_told else None


def _join(base: Url, location: str | None) -> str:
    try:
        return str(base.join(location or ""))
    except ValueError:
        raise Unfetchable("redirects to something that is no URL") from None
