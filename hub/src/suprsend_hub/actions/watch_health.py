"""Watching how well vendors do: what this process sees is gathered here and shared with the fleet now and then."""

from collections.abc import Mapping
from datetime import datetime

from suprsend_hub.domain.health import Observed
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.vendor_health import AccountName, add_observed, adjust_weights


class HealthWatch:
    """Counts by account; a process that dies takes a few seconds of counts with it, which harms nobody."""

    def __init__(self) -> None:
        self._seen: dict[AccountName, Observed] = {}

    def note(self, workspace_id: int, nickname: str, observed: Observed) -> None:
        """Count something that was seen of an account."""
        name = AccountName(workspace_id, nickname)
        self._seen[name] = self._seen.get(name, Observed()) + observed

    async def share(self, pool: Pool, now: datetime) -> Mapping[AccountName, float]:
        """Add what was seen to what others saw, and adjust what is due; returns the weights that changed.

        Nothing is asked of the database where nothing was seen: an account that is not used needs no recovery.
        """
        seen, self._seen = self._seen, {}
        if not seen:
            return {}

        async def work(connection: Connection) -> Mapping[AccountName, float]:
            await add_observed(connection, seen, now)
            return await adjust_weights(connection, now)

        try:
            return await transact(pool, work)
        except Exception:
            for name, observed in seen.items():
                self.note(name.workspace_id, name.nickname, observed)
            raise
