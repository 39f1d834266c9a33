"""docs/openapi.json from the routes: `python -m tools.openapi_page` writes it."""

import asyncio
import json
from pathlib import Path

import asyncpg
from suprsend_hub.config import Settings
from suprsend_hub.hub import Hub, utc_now
from suprsend_hub.main import open_application
from suprsend_hub.metrics import Metrics
from suprsend_hub.store.sealing import Vault, make_master_key

PAGE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


async def write_document() -> str:
    """The document's text: of the API as `suprsend-hub api` serves it, in an order that never changes."""
    settings = Settings(database_url="postgresql://", master_key=make_master_key())
    # Nobody connects: a pool opens its first connection when it is awaited.
    pool = asyncpg.create_pool(settings.database_url, min_size=0)
    hub = Hub(settings, pool, Vault(settings.master_key), Metrics(), asyncio.Event(), utc_now)
    async with open_application(hub) as application:
        document = application.openapi
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(asyncio.run(write_document()))
