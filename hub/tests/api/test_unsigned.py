"""What is taken without a signature: three reports (wire.md 2.5), and the calls of the first inbox clients (2.4)."""

from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.limit_requests import RequestLimits
from suprsend_hub.api.auth import Gatekeeper
from suprsend_hub.domain.fault import Unauthenticated
from suprsend_hub.domain.subscriber_id import make_subscriber_id

from hub.tests.actions.scene import trigger_body
from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.conftest import Reply

TIME = 1_709_209_845_500


async def a_message(shop: Shop) -> str:
    """The id of a message that was sent."""
    message, *_ = await shop.scene.go_through(trigger_body())
    return str(message["id"])


def report(message_id: str, event: str = "$notification_clicked", **changes: Any) -> dict[str, Any]:
    """What the first service workers post."""
    return {"event": event, "$insert_id": "i1", "$time": TIME, "properties": {"id": message_id}} | changes


async def send(shop: Shop, document: object, signature: str = "", key: str | None = None) -> Reply:
    """A call that is not signed, or wrongly."""
    headers = {"Authorization": f"{key or shop.made.workspace.key}:{signature}"}
    return await shop.api.request("POST", "/event/", body=msgspec.json.encode(document), headers=headers)


@pytest.mark.parametrize("signature", ["", "0d0ddb1c-1d4c-4e6f-8b3e-9f8f5f5b0a11"])
async def test_three_reports_are_taken_for_messages_that_there_are(shop: Shop, signature: str) -> None:
    message_id = await a_message(shop)
    names = ("$notification_delivered", "$notification_dismiss", "$notification_clicked")
    for number, name in enumerate(names):
        record = report(message_id, name, **{"$insert_id": f"i{number}", "env": shop.made.workspace.key})
        assert (await send(shop, record, signature)).status_code == 202
    [row] = await shop.scene.pool.fetch("select * from message where id = $1", message_id)
    assert row["status"] == "clicked"
    assert None not in (row["delivered_at"], row["dismissed_at"], row["clicked_at"])
    assert (await send(shop, [report(message_id), report(message_id)], signature)).status_code == 202


async def test_no_more_is_believed_than_the_message_and_what_was_clicked(shop: Shop) -> None:
    message_id = await a_message(shop)
    said = {"id": message_id, "label_id": "b1", "more": "x" * 10_000}
    record = report(message_id, distinct_id="victim", tenant_id="acme", properties=said)
    assert (await send(shop, record)).status_code == 202
    [row] = await shop.scene.pool.fetch("select distinct_id, tenant_id, properties from event")
    assert (row["distinct_id"], row["tenant_id"]) == (None, None)
    assert msgspec.json.decode(row["properties"]) == {"id": message_id, "label_id": "b1"}


@pytest.mark.parametrize(
    "document",
    [
        {"event": "SEEN", "distinct_id": "u1", "properties": {"id": "{id}"}},
        {"event": "$identify", "properties": {"$identified_id": "u1", "x": "$notification_clicked"}},
        {"distinct_id": "u1", "$set": {"event": "$notification_clicked"}},
        [{"event": "$notification_clicked", "properties": {"id": "{id}"}}, {"event": "SEEN", "distinct_id": "u1"}],
        {"event": "$notification_opened", "properties": {"id": "{id}"}},
        [],
        "$notification_clicked",
    ],
)
async def test_everything_else_needs_a_signature(shop: Shop, document: Any) -> None:
    message_id = await a_message(shop)
    before = await shop.stored()
    text = msgspec.json.encode(document).decode().replace("{id}", message_id)
    assert_refused(await send(shop, msgspec.Raw(text.encode())), 401, "not authenticated")
    assert await shop.stored() == before


async def test_a_report_of_another_workspaces_message_or_of_none_is_refused(shop: Shop, vault: Any) -> None:
    message_id = await a_message(shop)
    other = await create_workspace(shop.scene.pool, vault, "bakery")
    before = await shop.stored()
    assert_refused(await send(shop, report(message_id), key=other.workspace.key), 404, "no message")
    assert_refused(await send(shop, report("01KZZZZZZZZZZZZZZZZZZZZZZZ")), 404, "no message")
    assert_refused(await send(shop, [report(message_id), report("x")]), 404, "no message 'x'")
    assert_refused(await send(shop, report(message_id, env="another")), 400, "env")
    assert_refused(await send(shop, report(message_id), key="unknown"), 401, "not authenticated")
    assert await shop.stored() == before


async def test_bulk_calls_need_a_signature_for_reports_too(shop: Shop) -> None:
    message_id = await a_message(shop)
    for path in ("/v2/event", "/v2/bulk/event/"):
        body = msgspec.json.encode([report(message_id)])
        headers = {"Authorization": f"{shop.made.workspace.key}:"}
        assert_refused(await shop.api.request("POST", path, body=body, headers=headers), 401, "not authenticated")


@pytest.fixture
def gatekeeper(shop: Shop) -> Gatekeeper:
    """The one that routes ask."""
    pool = shop.scene.pool
    return Gatekeeper(pool, shop.scene.vault, RequestLimits(pool, 0), 0, shop.scene.now)


async def test_the_first_inbox_clients_prove_their_person_with_its_subscriber_id(
    shop: Shop, gatekeeper: Gatekeeper
) -> None:
    workspace = shop.made.workspace
    assert workspace.inbox_secret is not None
    subscriber = make_subscriber_id(workspace.inbox_secret, "u1")
    for authorization in (f"{workspace.key}:", f"{workspace.key}:0d0ddb1c-1d4c-4e6f-8b3e-9f8f5f5b0a11"):
        caller = await gatekeeper.legacy_inbox(authorization, "u1", subscriber)
        assert (caller.workspace.id, caller.proof, caller.is_server) == (workspace.id, "subscriber_id", False)
        assert caller.person is not None
        assert caller.person.distinct_id == "u1"
    for authorization, person, given in (
        (f"{workspace.key}:", "u2", subscriber),
        (f"{workspace.key}:", "u1", subscriber[:-1]),
        (f"{workspace.key}:", "u1", ""),
        ("unknown:", "u1", subscriber),
        (workspace.key, "u1", subscriber),
        ("", "u1", subscriber),
    ):
        with pytest.raises(Unauthenticated):
            await gatekeeper.legacy_inbox(authorization, person, given)


async def test_a_workspace_without_an_inbox_secret_has_no_subscriber_ids(shop: Shop, gatekeeper: Gatekeeper) -> None:
    await shop.scene.pool.execute("update workspace set inbox_secret = null")
    with pytest.raises(Unauthenticated, match="subscriber_id"):
        await gatekeeper.legacy_inbox(f"{shop.made.workspace.key}:", "u1", make_subscriber_id("", "u1"))
