"""Somebody with a service token."""

from dataclasses import dataclass
from typing import Any

import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace

from hub.tests.conftest import Api, Reply

INBOX = {"header": "Hi", "body": "Hello {{name}}"}


@dataclass(frozen=True, slots=True)
class Manager:
    """Who calls the management API for the workspace `demo`."""

    api: Api
    headers: dict[str, str]

    async def call(self, method: str, path: str, document: object = None, *, version: str = "v1") -> Reply:
        """A call below the workspace."""
        return await self.api.request(method, f"/{version}/demo/{path}", json=document, headers=self.headers)

    async def done(self, method: str, path: str, document: object = None, *, version: str = "v1") -> Any:
        """The JSON of a call that must succeed."""
        reply = await self.call(method, path, document, version=version)
        assert reply.status_code in (200, 201, 202), reply.text
        return reply.json()

    async def make_template(self, slug: str = "welcome", **contents: object) -> None:
        """A live template."""
        await self.done("POST", f"template/{slug}/", {"name": slug}, version="v2")
        for channel, content in (contents or {"inbox": INBOX}).items():
            path = f"template/{slug}/channel/{channel}/variant/default/"
            await self.done("POST", path, {"content": content}, version="v2")
        await self.done("PATCH", f"template/{slug}/commit/", version="v2")


@pytest.fixture
def manager(api: Api, made: NewWorkspace, service_headers: dict[str, str]) -> Manager:
    """Somebody with a service token."""
    return Manager(api, service_headers)
