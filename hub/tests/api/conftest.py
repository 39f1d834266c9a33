"""A workspace behind the real application: signed calls, and a count of everything stored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace
from suprsend_hub.domain.signature import sign
from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.conftest import Api, Reply

JSON = "application/json; charset=utf-8"
# What a refused call must leave as it was; the queue is among them.
TABLES = ("request", "idempotency", "event", "profile", "identity", "run", "message", "pgqueuer")


@dataclass(frozen=True, slots=True)
class Shop:
    """A workspace and the way to call it."""

    api: Api
    made: NewWorkspace
    scene: Scene

    @property
    def trigger_path(self) -> str:
        """Where it is triggered."""
        return f"/{self.made.workspace.key}/trigger/"

    def sign(self, method: str, target: str, body: bytes, secret: str | None = None) -> dict[str, str]:
        """The headers that a server-side client sends."""
        date = formatdate(usegmt=True)
        digest = hashlib.md5(body).hexdigest() if body else ""
        text = "\n".join((method, digest, JSON, date, target))
        signature = sign(secret or self.made.workspace.secrets[0], text).decode()
        return {"Authorization": f"{self.made.workspace.key}:{signature}", "Content-Type": JSON, "Date": date}

    async def post(self, target: str, document: object, **headers: str) -> Reply:
        """A signed call; a document that is bytes is sent as it is."""
        body = document if isinstance(document, bytes) else msgspec.json.encode(document)
        return await self.api.request("POST", target, body=body, headers=self.sign("POST", target, body) | headers)

    async def trigger(self, **changes: object) -> Reply:
        """Trigger the example workflow, changed in some fields."""
        return await self.post(self.trigger_path, trigger_body(**changes))

    async def get(self, target: str) -> Any:
        """The JSON at a path, with the API key."""
        reply = await self.api.request("GET", target, headers={"Authorization": f"Bearer {self.made.api_key}"})
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def stored(self) -> Mapping[str, int]:
        """How many rows each table has."""
        return {table: await self.scene.pool.fetchval(f"select count(*) from {table}") for table in TABLES}


@pytest.fixture
async def shop(api: Api, made: NewWorkspace, scene: Scene) -> Shop:
    """A workspace with a live template, behind the application."""
    return Shop(api, made, scene)


@pytest.fixture
async def scene(pool: Pool, vault: Any, made: NewWorkspace) -> Scene:
    """The workspace's template and vendors."""
    return await Scene(pool, vault, made.workspace).prepare()


def assert_refused(reply: Reply, status: int, *words: str) -> None:
    """The error body of wire.md 1.5, with this status and these words in its message."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].startswith("application/json")
    body = reply.json()
    assert set(body) == {"status", "code", "error_code", "type", "message", "detail", "error", "records"}
    assert (body["status"], body["code"], body["records"]) == ("error", status, [])
    assert body["error"] == {"type": body["type"], "message": body["message"]}
    for word in words:
        assert word in body["message"]
