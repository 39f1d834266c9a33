"""Keys: made, rolled, ended."""

from datetime import UTC, datetime, timedelta

import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace
from suprsend_hub.actions.make_keys import (
    MOST_SIGNING_KEYS,
    create_api_key,
    create_public_key,
    create_signing_key,
    ensure_inbox_secret,
    renew_public_key,
    roll_signing_keys,
)
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.store.database import Pool
from suprsend_hub.store.public_keys import list_public_keys
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.signing_keys import list_signing_keys, read_verifying_keys
from suprsend_hub.store.workspaces import find_workspace

NOW = datetime.now(UTC)


async def test_rolled_keys_check_tokens_until_their_time_and_the_new_one_beside_them(
    pool: Pool, made: NewWorkspace
) -> None:
    workspace_id = made.workspace.id
    with pytest.raises(NotFound, match="signing-key create"):
        await roll_signing_keys(pool, workspace_id, NOW)
    assert "PRIVATE KEY" not in repr(await create_signing_key(pool, workspace_id))
    await create_signing_key(pool, workspace_id)
    until = NOW + timedelta(hours=1)
    await roll_signing_keys(pool, workspace_id, until)
    async with pool.acquire() as connection:
        found = await list_signing_keys(connection, workspace_id)
        assert [(each.status, each.expiry_at) for each in found] == [
            ("rolled", until),
            ("rolled", until),
            ("active", None),
        ]
        assert len(await read_verifying_keys(connection, workspace_id)) == 3
        await roll_signing_keys(pool, workspace_id, NOW - timedelta(seconds=1))
        assert [each.expiry_at for each in await read_verifying_keys(connection, workspace_id)] == [None, until, until]


async def test_there_are_so_many_signing_keys_and_no_more(pool: Pool, made: NewWorkspace) -> None:
    for _ in range(MOST_SIGNING_KEYS):
        await create_signing_key(pool, made.workspace.id)
    with pytest.raises(Conflict, match="at most 10"):
        await roll_signing_keys(pool, made.workspace.id, NOW + timedelta(days=1))
    async with pool.acquire() as connection:
        assert {each.status for each in await list_signing_keys(connection, made.workspace.id)} == {"active"}
    await roll_signing_keys(pool, made.workspace.id, NOW - timedelta(seconds=1))


async def test_one_public_key_is_the_default_and_a_renewed_one_keeps_its_number(pool: Pool, made: NewWorkspace) -> None:
    async with pool.acquire() as connection:
        [first] = await list_public_keys(connection, made.workspace.id)
        assert (first.key, first.is_default, first.is_secure) == (made.public_key, True, False)
        second = await create_public_key(connection, made.workspace.id, "app", is_default=True, is_secure=True)
        renewed = await renew_public_key(connection, made.workspace.id, first.id)
        assert renewed.key != first.key
        assert renewed.rotated_at is not None
        found = await list_public_keys(connection, made.workspace.id)
        assert [(each.id, each.is_default) for each in found] == [(first.id, False), (second.id, True)]
        with pytest.raises(NotFound, match="public-key list"):
            await renew_public_key(connection, made.workspace.id, 10**6)


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\x00b"])
async def test_a_name_that_is_none_is_refused(pool: Pool, made: NewWorkspace, name: str) -> None:
    async with pool.acquire() as connection:
        with pytest.raises(Invalid, match="name"):
            await create_api_key(connection, made.workspace.id, name)
        with pytest.raises(Invalid, match="name"):
            await create_public_key(connection, made.workspace.id, name)


async def test_an_older_workspace_gets_its_inbox_secret_once(pool: Pool, vault: Vault, made: NewWorkspace) -> None:
    assert made.workspace.inbox_secret is not None
    assert made.workspace.inbox_secret not in repr(made)
    await pool.execute("update workspace set inbox_secret = null")
    async with pool.acquire() as connection:
        workspace = await find_workspace(connection, vault, made.workspace.name)
        assert workspace is not None
        assert workspace.inbox_secret is None
        secret = await ensure_inbox_secret(connection, vault, workspace)
        assert secret != made.workspace.inbox_secret
        assert await ensure_inbox_secret(connection, vault, workspace) == secret
