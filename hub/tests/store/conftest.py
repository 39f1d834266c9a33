"""A workspace with a template and vendors."""

import pytest
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace

from hub.tests.actions.scene import Scene


@pytest.fixture
async def scene(pool: Pool, vault: Vault, workspace: Workspace) -> Scene:
    """A workspace with a live template for email, push and inbox, and a vendor for the first two."""
    return await Scene(pool, vault, workspace).prepare()
