"""An endpoint as an action sees it: it hears everything, and says what it is told to say."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from suprsend_hub.actions.tell import Post, Telling, Told, tell
from suprsend_hub.domain.job import Announce
from suprsend_hub.domain.webhook import Answer

from .scene import Scene

TAKEN = Answer(204, "HTTP 204")
BROKEN = Answer(500, "HTTP 500 oops")


@dataclass(frozen=True, slots=True)
class Heard:
    """One request."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = msgspec.json.decode(self.body)
        return payload

    @property
    def what(self) -> tuple[str, str]:
        """Of which message which state."""
        payload = self.payload
        return payload["reference"]["supr_nid"], payload["suprsend_status"]["status"]


@dataclass
class Ear:
    """Endpoints of a scene, and whoever tells them."""

    scene: Scene
    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], Answer] = lambda _: TAKEN
    under_way: int = 0
    highest: int = 0
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    @asynccontextmanager
    async def visit(self, url: str) -> AsyncIterator[Post]:
        async def post(headers: Mapping[str, str], body: bytes) -> Answer:
            self.under_way += 1
            self.highest = max(self.highest, self.under_way)
            self.begun.set()
            try:
                await self.hold.wait()
                self.heard.append(Heard(url, headers, body))
                return self.answer(self.heard[-1])
            finally:
                self.under_way -= 1

        yield post

    def telling(self) -> Telling:
        return Telling(self.scene.pool, self.scene.vault, self.visit, self.stopping, self.scene.now, random.random)

    async def take_turn(self, endpoint_id: int, job_id: int = 1) -> Told:
        return await tell(self.telling(), Announce(self.scene.workspace.id, endpoint_id), job_id)

    async def waiting(self) -> list[tuple[Announce, float]]:
        """The jobs that tell endpoints, and in how many seconds each is due."""
        rows = await self.scene.pool.fetch(
            "select payload, extract(epoch from execute_after - now())::float8 as seconds from pgqueuer"
            " where entrypoint like 'announce%' order by execute_after"
        )
        return [(msgspec.json.decode(row["payload"], type=Announce), row["seconds"]) for row in rows]

    async def forget_jobs(self) -> None:
        await self.scene.pool.execute("delete from pgqueuer")
