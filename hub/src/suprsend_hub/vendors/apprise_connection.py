"""An account of an Apprise service: a thread for each message, for Apprise blocks while it sends."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.apprise_settings import AppriseSettings, Library
from suprsend_hub.vendors.title_and_body import read_title_and_body


class AppriseConnection:
    """Sends through Apprise; a send whose time ran out keeps its place until its thread comes back."""

    def __init__(self, settings: AppriseSettings, library: Library) -> None:
        self._settings = settings
        self._library = library
        self._places = asyncio.Semaphore(settings.max_connections)

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand one message over."""
        settings = self._settings
        text = read_title_and_body(message, prefers_html=settings.body_format == "html")
        if isinstance(text, Rejected):
            return text
        try:
            async with asyncio.timeout(settings.timeout_seconds):
                await self._places.acquire()
        except TimeoutError:
            return Deferred("vendor_busy", "every place is taken by a message whose service does not answer")
        url, body_format = settings.url.reveal(), settings.body_format
        try:
            work = _start(lambda: self._library.notify(url, message.address, text, body_format))
        except RuntimeError:
            self._places.release()
            return Deferred("vendor_busy", "the machine starts no more threads just now")
        work.add_done_callback(self._leave)
        await asyncio.wait([work], timeout=settings.timeout_seconds)
        if not work.done():
            return Uncertain("answer_lost", f"the service was not done within {settings.timeout_seconds:g} s")
        return work.result()

    async def close(self) -> None:
        """Nothing is kept open; a thread that still waits for its service ends by itself."""

    def _leave(self, work: asyncio.Future[Outcome]) -> None:
        self._places.release()
        # Where nobody waits any more nobody else would fetch it, and it would be logged with its words.
        work.exception()


def _start(work: Callable[[], Outcome]) -> asyncio.Future[Outcome]:
    """Run it in a thread that a stopping process does not wait for, as it would for those of an executor."""
    future: Future[Outcome] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="apprise", daemon=True).start()
    return asyncio.wrap_future(future)
