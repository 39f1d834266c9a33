"""`/healthz`, `/readyz` and `/metrics`: what machines ask of a process."""

from collections.abc import Callable

from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Overloaded
from suprsend_hub.store.database import Pool
from suprsend_hub.store.queue import count_jobs

# Enough to see a backlog; counting all of a million waiting jobs would cost more than it tells.
MOST_COUNTED = 100_000


def health_routes(pool: Pool, registry: CollectorRegistry, is_draining: Callable[[], bool]) -> list[HTTPRouteHandler]:
    """The routes of health and metrics."""

    @get("/healthz", summary="Is the process alive?", tags=["health"])
    async def healthz() -> Document:
        """Always ok while the process answers."""
        return {"status": "success"}

    @get("/readyz", summary="Can the process take traffic?", tags=["health"])
    async def readyz() -> Document:
        """Ok when the database answers and the process is not stopping; else 503."""
        if is_draining():
            raise Overloaded("the process is stopping")
        await pool.fetchval("select 1", timeout=2)
        return {"status": "success"}

    @get("/metrics", summary="Prometheus metrics", tags=["health"], media_type=MediaType.TEXT)
    async def metrics() -> Response[bytes]:
        """This process's counters, and the queue's depth as the database knows it."""
        async with pool.acquire() as connection:
            counted = await count_jobs(connection, MOST_COUNTED)
        lines = [
            "# HELP suprsend_hub_jobs Jobs in the queue, at most 100000 counted.",
            "# TYPE suprsend_hub_jobs gauge",
            *(f'suprsend_hub_jobs{{kind="{kind}",status="{status}"}} {n}' for (kind, status), n in counted.items()),
            "",
        ]
        body = generate_latest(registry) + "\n".join(lines).encode()
        return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST}, media_type=MediaType.TEXT)

    return [healthz, readyz, metrics]
