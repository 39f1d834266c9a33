"""A hub whose worker runs for real, on the scene of the actions' tests."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from suprsend_hub.hub import Hub
from suprsend_hub.store.workspaces import Workspace

from hub.tests.actions.scene import Scene


@pytest.fixture
async def scene(hub: Hub, workspace: Workspace) -> Scene:
    """A workspace with a live template and vendors in the hub's own database."""
    return await Scene(hub.pool, hub.vault, workspace).prepare()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a database server of a test's own, which may run as another user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
