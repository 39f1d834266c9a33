"""Going back to a version: what it said goes live again as a new one, of templates and of workflows alike."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from suprsend_hub.actions.audit import Along
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.store.database import Pool
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.numbers import read_version
from suprsend_hub.ui.visit import Visit


class Versioned(Protocol):
    """What has versions, one of which may be live."""

    @property
    def live_version_no(self) -> int | None:
        """The number of the version that is live."""


RollBack: TypeAlias = Callable[[Pool, int, str, int, datetime, Along], Awaitable[Versioned]]


async def go_back(
    console: Console,
    visit: Visit,
    kind: Literal["template", "workflow"],
    slug: str,
    version_no: str,
    roll_back: RollBack,
) -> Page:
    """Make of an earlier version the live one, and return to the list of versions."""
    there, number = f"{visit.home}/{kind}s/{slug}/versions", read_version(version_no)
    noting = visit.actor.noting(f"rolled back {kind}", slug, version=number)
    try:
        changed = await roll_back(console.pool, visit.workspace_id, slug, number, console.now(), noting)
    except (Conflict, Invalid) as fault:
        return console.go(visit, there, f"Nothing was changed: {fault.message}", "bad")
    said = f"Version {changed.live_version_no} is live; it says what version {number} said. The draft stays."
    return console.go(visit, there, said)
