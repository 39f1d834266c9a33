"""Nothing depends on the time zone of a machine or of the database: only on what a trigger says."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import asyncpg
import pytest
from suprsend import Suprsend, Workflow

from e2e.running import Access, Deployment
from e2e.test_commands import SMTP


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
async def test_a_trigger_is_sent_at_the_moment_it_names(
    deployment: Deployment, hub: Access, smtp_port: int, zone: str
) -> None:
    deployment = replace(deployment, environment={**deployment.environment, "TZ": zone, "PGTZ": zone})
    connection = await asyncpg.connect(deployment.environment["HUB_DATABASE_URL"])
    name = await connection.fetchval("select current_database()")
    await connection.execute(f"alter database {name} set timezone to '{zone}'")
    await connection.close()
    deployment.run("migrate")
    with deployment.api() as (_, base_url), deployment.worker():
        shop = deployment.create_workspace("shop", base_url)
        settings = json.dumps(SMTP | {"port": smtp_port})
        deployment.run("vendor", "add", "smtp", "-w", "shop", "--settings", "-", text=settings)
        deployment.push_templates(shop)
        now = datetime.now(UTC)
        soon = (now + timedelta(seconds=2)).astimezone(timezone(timedelta(hours=-9, minutes=-30)))
        moments = {"soon": soon.isoformat(), "later": (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for key, moment in moments.items():
            trigger(shop, f"{zone}-{key}", trigger_at=moment)
        [sent, *_] = shop.messages(idempotency_key=f"{zone}-soon", channel="email")
        assert sent["status"] == "sent_by_vendor"
        assert abs(datetime.fromisoformat(sent["created_at"]) - now) < timedelta(minutes=5)
        assert datetime.fromisoformat(sent["sent_at"]) >= soon
        assert shop.get("/v1/message/", idempotency_key=f"{zone}-later")["results"] == []
    assert len(hub.outbox(recipient=f"{zone}-soon@example.com".replace("/", "."))) == 1


def trigger(shop: Access, key: str, **changes: object) -> None:
    """Trigger the example workflow for somebody new."""
    body = {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": key, "$email": [f"{key}@example.com".replace("/", ".")]}],
        **changes,
    }
    with Suprsend(shop.workspace_key, shop.workspace_secret, base_url=shop.base_url) as client:
        result = client.trigger_workflow(Workflow(body, idempotency_key=key))
    assert result["success"], result
