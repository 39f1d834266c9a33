"""A person's inbox, as a browser sees it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.api.browser import PERSON, Browser, open_browser
from hub.tests.api.conftest import Shop
from hub.tests.conftest import Api, Reply

CONTENT: Document = {
    "header": "Thanks",
    "body": "Hello {{first_name}}",
    "is_pinned": False,
    "tags": ["news"],
    "action_url": "https://shop.example.com/",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """Somebody's feed in a browser with a token."""

    browser: Browser
    tenant_id: str = "default"

    @property
    def scene(self) -> Scene:
        """Where notifications come from."""
        return self.browser.shop.scene

    @property
    def inbox(self) -> Inbox:
        """Whose it is."""
        return Inbox(self.scene.workspace.id, PERSON, self.tenant_id)

    async def call(self, method: str, path: str, json: object = None, **query: object) -> Reply:
        """Any call of the feed; what is no text goes as JSON."""
        texts = {
            key: each if isinstance(each, str) else msgspec.json.encode(each).decode() for key, each in query.items()
        }
        whole = urlencode({"distinct_id": PERSON, "tenant_id": self.tenant_id} | texts)
        return await self.browser.call(method, f"/v1/feed/{path}?{whole}", json)

    async def done(self, method: str, path: str, json: object = None, **query: object) -> Any:
        """The JSON of a call that must succeed."""
        reply = await self.call(method, path, json, **query)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def shown(self, **query: object) -> list[Document]:
        """The first page."""
        page = await self.done("GET", "notifications", **query)
        results: list[Document] = page["results"]
        return results

    async def notify(self, *, times: int = 1, category: str = "transactional", **content: object) -> list[str]:
        """Put notifications with this content into the inbox; their ids, in their order."""
        slug = f"t{abs(hash(repr(sorted(content.items()))))}"
        await self.scene.commit_template(slug, {"inbox": CONTENT | content})
        users = [{"distinct_id": PERSON, "$channels": ["inbox"]}]
        before = {each["id"] for each in await self.scene.messages()}
        body = trigger_body(template=slug, users=users, notification_category=category, tenant_id=self.tenant_id)
        after = await self.scene.go_through(*[body] * times)
        return [each["id"] for each in after if each["id"] not in before]


@pytest.fixture
async def scene(pool: Pool, vault: Any, made: NewWorkspace) -> Scene:
    """The workspace's template and vendors."""
    return await Scene(pool, vault, made.workspace).prepare()


@pytest.fixture
async def feed(api: Api, made: NewWorkspace, scene: Scene) -> Feed:
    """The feed of a person who has nothing yet."""
    return Feed((await open_browser(Shop(api, made, scene), is_secure=True)).signed_in())
