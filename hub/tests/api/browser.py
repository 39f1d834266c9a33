"""A browser that calls the application: a public key, and the token that the app's backend signed for it."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

from suprsend_hub.actions.make_keys import create_public_key, create_signing_key
from suprsend_hub.store.database import transact
from suprsend_hub.vendors.json_web_token import load_es256_key, sign_es256

from hub.tests.api.conftest import Shop
from hub.tests.conftest import Reply

PERSON = "user-1"


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser; without a token it proves nothing."""

    shop: Shop
    public_key: str
    private_key_pem: str = field(repr=False)
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What web-sdk sends."""
        sent = {"Authorization": self.public_key, "Content-Type": "application/json"}
        return sent if self.token is None else {**sent, "x-ss-signature": self.token}

    def signed_in(self, distinct_id: str = PERSON, **changes: Any) -> "Browser":
        """The same browser with a token for this person."""
        return replace(self, token=sign_token(self.private_key_pem, entity_id=distinct_id, **changes))

    async def call(self, method: str, path: str, json: object = None) -> Reply:
        """Any call."""
        return await self.shop.api.request(method, path, json=json, headers=self.headers)

    async def event(self, **record: Any) -> Reply:
        """What web-sdk posts."""
        return await self.call("POST", "/v2/event", record)


def sign_token(private_key_pem: str, **changes: Any) -> str:
    """A token as an app's backend signs it, good for a minute."""
    now = int(time.time())
    claims = {"entity_type": "subscriber", "entity_id": PERSON, "iat": now, "exp": now + 60} | changes
    return sign_es256(load_es256_key(private_key_pem, "key"), {"typ": "JWT"}, claims)


async def open_browser(shop: Shop, *, is_secure: bool) -> Browser:
    """A browser with a public key of its own, and a signing key of its workspace."""
    pool, workspace_id = shop.scene.pool, shop.made.workspace.id
    key = await transact(
        pool, lambda connection: create_public_key(connection, workspace_id, "browser", is_secure=is_secure)
    )
    return Browser(shop, key.key, (await create_signing_key(pool, workspace_id)).private_key_pem)
