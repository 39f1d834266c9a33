"""Secrets at rest: nobody reads them out of the database, and no workspace sees another's."""

from datetime import timedelta

import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace, create_workspace
from suprsend_hub.actions.edit_webhooks import rotate_webhook_secret
from suprsend_hub.domain.fault import Misconfigured
from suprsend_hub.store.api_keys import find_api_key
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault, make_master_key
from suprsend_hub.store.vendors import list_vendors
from suprsend_hub.store.webhooks import delete_endpoint, list_endpoints
from suprsend_hub.store.workspaces import find_workspace

from hub.tests.actions.scene import WEBHOOK_SECRET, Scene, trigger_body


async def test_no_secret_is_in_the_database_in_clear(pool: Pool, made: NewWorkspace, scene: Scene) -> None:
    endpoint = await scene.add_webhook(headers={"authorization": "Bearer hush-hush"})
    renewed = await rotate_webhook_secret(pool, scene.vault, scene.workspace.id, endpoint, timedelta(hours=1))
    tables = await pool.fetch(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    everything = ""
    for table in tables:
        rows = await pool.fetch(f"select t::text as row from {table['relname']} t")
        everything += "\n".join(row["row"] for row in rows)
    assert made.workspace.key in everything, "the dump must have read the tables"
    inbox_secret = made.workspace.inbox_secret
    assert inbox_secret is not None
    for secret in (
        made.workspace.secrets[0],
        inbox_secret,
        made.api_key,
        made.service_token,
        "s3cret",
        "hush-hush",
        WEBHOOK_SECRET,
        WEBHOOK_SECRET[6:],
        renewed[6:],
    ):
        assert secret not in everything
        assert secret.encode().hex() not in everything


async def test_another_master_key_opens_nothing(pool: Pool, made: NewWorkspace, scene: Scene) -> None:
    await scene.add_webhook()
    other = Vault(make_master_key())
    async with pool.acquire() as connection:
        with pytest.raises(Misconfigured, match="HUB_MASTER_KEY"):
            await find_workspace(connection, other, made.workspace.name)
        with pytest.raises(Misconfigured, match="HUB_MASTER_KEY"):
            await list_vendors(connection, other, made.workspace.id)
        with pytest.raises(Misconfigured, match="HUB_MASTER_KEY"):
            await list_endpoints(connection, other, made.workspace.id)


async def test_the_headers_of_an_endpoint_open_for_its_own_url_only(
    pool: Pool, vault: Vault, made: NewWorkspace, scene: Scene
) -> None:
    await scene.add_webhook(headers={"authorization": "Bearer hush-hush"})
    await pool.execute("update webhook_endpoint set url = 'https://thief.example/'")
    async with pool.acquire() as connection:
        with pytest.raises(Misconfigured, match="can't be opened"):
            await list_endpoints(connection, vault, made.workspace.id)


@pytest.mark.parametrize("key", ["", "short", "é", "A" * 43 + "=="])
def test_a_master_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(Misconfigured, match="HUB_MASTER_KEY"):
        Vault(key)


async def test_workspaces_do_not_see_one_another(pool: Pool, vault: Vault, scene: Scene) -> None:
    other, endpoint = await create_workspace(pool, vault, "bakery"), await scene.add_webhook()
    await scene.accept(trigger_body())
    await scene.plan_all()
    async with pool.acquire() as connection:
        assert await list_vendors(connection, vault, other.workspace.id) == []
        assert await list_endpoints(connection, vault, other.workspace.id) == []
        assert not await delete_endpoint(connection, other.workspace.id, endpoint)
        found = await find_api_key(connection, vault, other.api_key)
        assert found is not None
        assert found[0].name == "bakery"
    elsewhere = Scene(pool, vault, other.workspace)
    refused = await elsewhere.accept(trigger_body())
    assert "purchase-made" in str(refused)
