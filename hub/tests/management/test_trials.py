"""Templates are tried: filled in for somebody, or sent once to one address."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.suppression import SuppressedAddress
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.suppressions import NewSuppression, put_suppressions
from suprsend_hub.store.vendors import put_vendor
from suprsend_hub.store.workspaces import Workspace

from hub.tests.api.conftest import assert_refused
from hub.tests.conftest import Reply
from hub.tests.management.conftest import INBOX, Manager

EMAIL = {"subject": "Hi {{name}}", "body": {"type": "raw", "raw": {"html": "<p>{{name}}</p>", "text": "{{name}}"}}}
BROKEN = {"subject": "{{add name 1}}", "body": EMAIL["body"]}


async def preview(manager: Manager, query: str = "", **form: object) -> dict[str, Any]:
    """The variants of the template by id."""
    shown = await manager.done("POST", f"template/welcome/preview/{query}", form, version="v2")
    assert shown["meta"]["count"] >= len(shown["results"])
    return {each["id"]: each for each in shown["results"]}


async def add_variant(manager: Manager, variant_id: str, content: object, **changes: object) -> None:
    """A further variant of the draft."""
    path = f"template/welcome/channel/email/variant/{variant_id}/"
    await manager.done("POST", path, {"content": content, **changes}, version="v2")


async def test_a_preview_fills_every_variant_in_and_marks_the_chosen_one(manager: Manager) -> None:
    await manager.make_template(email=EMAIL)
    await add_variant(manager, "french", EMAIL | {"subject": "Salut {{name}}"}, locale="fr")
    await add_variant(manager, "acme", EMAIL | {"subject": "{{$tenant.tenant_id}}: {{name}}"}, tenant_id="acme")
    shown = await preview(manager, data={"name": "Ada"}, locale="fr", tenant_id="acme")
    assert {key: each["content"]["subject"] for key, each in shown.items()} == {
        "default": "Hi Ada",
        "french": "Salut Ada",
        "acme": "acme: Ada",
    }
    assert [key for key, each in shown.items() if each["is_chosen"]] == ["acme"]
    french = await preview(manager, data={"name": "Ada"}, recipient={"$preferred_language": "fr"})
    assert [key for key, each in french.items() if each["is_chosen"]] == ["french"]


async def test_a_preview_shows_the_draft_unless_the_live_version_is_asked_for(manager: Manager) -> None:
    await manager.make_template(email=EMAIL, inbox=INBOX)
    await add_variant(manager, "default", EMAIL | {"subject": "New"})
    draft = await preview(manager, channel="email", data={"name": "Ada"})
    live = await preview(manager, "?mode=live", channel="email", data={"name": "Ada"})
    assert [draft["default"]["content"]["subject"], live["default"]["content"]["subject"]] == ["New", "Hi Ada"]


async def test_the_sample_data_is_used_where_none_is_given(manager: Manager) -> None:
    await manager.make_template()
    await manager.done("PATCH", "template/welcome/mock_data/", {"data": {"name": "Sample"}}, version="v2")
    assert (await preview(manager))["default"]["content"] == INBOX | {"body": "Hello Sample"}


async def test_what_can_not_be_filled_in_is_named_by_its_field(manager: Manager) -> None:
    await manager.make_template(email=BROKEN)
    await add_variant(manager, "fine", EMAIL)
    shown = await preview(manager, data={"name": "Ada"})
    assert shown["default"]["content"] is None
    assert list(shown["default"]["errors"]) == ["content.subject"]
    assert shown["fine"]["errors"] == {}
    refused = {"channel": "email", "address": "ada@example.com", "data": {"name": "Ada"}}
    assert_refused(await try_it(manager, **refused), 400, "channel", "no vendor is configured")


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    """Stand-ins for all vendors."""
    async with Simulation() as running:
        yield running


@pytest.fixture
async def vendors(simulation: Simulation, pool: Pool, vault: Vault, workspace: Workspace) -> None:
    """An account with a mail server and one for texts."""
    kinds: list[tuple[str, Channel]] = [("smtp", "email"), ("twilio", "sms")]
    async with pool.acquire() as connection:
        for vendor, channel in kinds:
            settings = simulation.vendor_settings()[vendor]
            account = VendorAccount(0, 0, channel, vendor, f"my-{vendor}", 0, 0.0, settings)
            await put_vendor(connection, vault, workspace.id, account)


async def try_it(manager: Manager, **form: object) -> Reply:
    """A test of the template."""
    return await manager.call("POST", "template/welcome/test/", form, version="v2")


async def test_a_test_goes_to_its_address_and_leaves_nothing_behind(
    manager: Manager, vendors: None, simulation: Simulation, pool: Pool
) -> None:
    await manager.make_template(email=EMAIL)
    reply = await try_it(manager, channel="email", address="ada@example.com", data={"name": "Ada"})
    assert reply.status_code == 200, reply.text
    tried = reply.json()
    assert (tried["outcome"], tried["vendor_nickname"], tried["variant_id"]) == ("accepted", "my-smtp", "default")
    assert tried["content"]["subject"] == "Hi Ada"
    assert simulation.received.total == 1
    for table in ("message", "run", "profile", "request"):
        assert await pool.fetchval(f"select count(*) from {table}") == 0


async def test_what_the_vendor_says_is_the_answer(manager: Manager, vendors: None, simulation: Simulation) -> None:
    await manager.make_template(email=EMAIL)
    await simulation.smtp.stop()
    reply = await try_it(manager, channel="email", address="ada@example.com", data={"name": "Ada"})
    assert reply.status_code == 200, reply.text
    assert reply.json()["outcome"] == "deferred"
    assert reply.json()["failure_code"]
    assert reply.json()["failure_reason"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"channel": "email", "address": "nobody"}, ["address", "not an email address"]),
        ({"channel": "pigeon", "address": "a"}, ["channel", "pigeon"]),
        ({"channel": "email"}, ["address", "required"]),
        ({"channel": "inbox", "address": "u"}, ["channel", "inbox"]),
        ({"channel": "email", "address": "ada@example.com", "vendor": "other"}, ["vendor", "other"]),
        ({"channel": "email", "address": "ada@example.com", "vendor": "my-twilio"}, ["vendor", "my-twilio"]),
        ({"channel": "email", "address": "gone@example.com"}, ["address", "bounced"]),
        ({"channel": "email", "address": "ada@example.com", "data": {"name": 1, "$attachments": 1}}, ["$attachments"]),
        ({"channel": "email", "address": "ada@example.com", "data": {"name": "Ada"}}, ["content.subject"]),
    ],
)
async def test_a_test_that_can_not_go_is_refused(
    manager: Manager, vendors: None, pool: Pool, workspace: Workspace, form: dict[str, object], words: list[str]
) -> None:
    await manager.make_template(email=BROKEN)
    await suppress(pool, workspace, "gone@example.com")
    assert_refused(await try_it(manager, **form), 400, *words)


async def suppress(pool: Pool, workspace: Workspace, address: str) -> None:
    """Leave an address alone."""
    async with pool.acquire() as connection:
        suppressed = NewSuppression(SuppressedAddress("email", "", address), "hard_bounce", "gone", "m1", None)
        await put_suppressions(connection, workspace.id, [suppressed], datetime.now(UTC))


async def test_a_template_that_is_not_there_can_not_be_tried(manager: Manager, vendors: None) -> None:
    assert_refused(await try_it(manager, channel="email", address="ada@example.com"), 404, "welcome")
    assert_refused(await manager.call("POST", "template/welcome/preview/", {}, version="v2"), 404, "welcome")
    await manager.make_template()
    assert_refused(await try_it(manager, channel="email", address="ada@example.com"), 404, "email")
