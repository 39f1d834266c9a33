"""What a tenant changes about its messages: their looks, their channels, and whose vendor carries them."""

from typing import Any

import pytest
from suprsend_hub.actions.edit_tenant import remove_tenant, save_tenant
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.tenant_form import TenantForm
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.vendors import put_vendor

from .scene import Scene, trigger_body

CONTENT: dict[Channel, Document] = {
    "email": {
        "subject": "{{$tenant.tenant_name}} {{$brand.brand_name}} ({{$tenant.tenant_id}})",
        "body": {
            "type": "raw",
            "raw": {
                "html": "<b style='color: {{$brand.primary_color}}'>{{$tenant.tenant_name}}</b>",
                "text": "{{$tenant.social_links.twitter}} {{$brand.properties.city}}"
                ' {{datetime-format "2026-03-01T23:30:00Z" "D MMM HH:mm" $recipient.$timezone}}',
            },
        },
    },
    "inbox": {"header": "Thanks", "body": "From {{$tenant.tenant_name}}"},
}


@pytest.fixture
async def scene(scene: Scene) -> Scene:
    """A workspace whose template shows its tenant."""
    await scene.commit_template(content=CONTENT)
    return scene


async def save(scene: Scene, tenant_id: str, **said: Any) -> None:
    await save_tenant(scene.pool, scene.workspace.id, tenant_id, TenantForm(**said), scene.now())


def mails(scene: Scene) -> list[Document]:
    """The contents of the mails that went out."""
    return [message.content for _, message in scene.recorder.sent]


async def reasons(scene: Scene) -> set[tuple[str, str, str | None]]:
    return {(each["channel"], each["status"], each["failure_code"]) for each in await scene.messages()}


async def test_a_message_looks_like_its_tenant(scene: Scene) -> None:
    await save(scene, "default", tenant_name="Shop", primary_color="#112233")
    await save(scene, "acme", tenant_name="Acme & Sons", properties={"city": "Turin"}, timezone="Asia/Kolkata")
    await scene.go_through(trigger_body(), trigger_body(tenant_id="acme"), trigger_body(brand_id="acme"))
    shop, acme, brand = sorted(mails(scene), key=lambda each: "Acme" in each["subject"])
    assert shop["subject"] == "Shop Shop (default)"
    assert acme["subject"] == "Acme & Sons Acme & Sons (acme)"
    assert acme["body"]["raw"]["html"] == "<b style='color: #112233'>Acme &amp; Sons</b>"
    assert acme["body"]["raw"]["text"].split() == ["Turin", "2", "Mar", "05:00"]
    assert brand == acme


async def test_a_person_s_own_time_zone_goes_before_the_tenant_s(scene: Scene) -> None:
    await save(scene, "acme", tenant_name="Acme", timezone="Asia/Kolkata")
    user = {"distinct_id": "u1", "$email": "a@example.com", "$timezone": "America/New_York"}
    await scene.go_through(trigger_body(tenant_id="acme", users=[user]))
    (mail,) = mails(scene)
    assert "1 Mar 18:30" in mail["body"]["raw"]["text"]


async def test_what_is_said_until_it_is_sent_counts(scene: Scene) -> None:
    await scene.accept(trigger_body(tenant_id="acme"))
    await scene.plan_all()
    await save(scene, "acme", tenant_name="Acme")
    await scene.send_all()
    (mail,) = mails(scene)
    assert mail["subject"] == "Acme Acme (acme)"


async def test_what_waits_for_a_deleted_tenant_goes_with_what_the_default_tenant_has(scene: Scene) -> None:
    await save(scene, "default", tenant_name="Shop")
    await save(scene, "acme", tenant_name="Acme", blocked_channels=["inbox"])
    await scene.accept(trigger_body(tenant_id="acme"))
    await scene.plan_all()
    await scene.accept(trigger_body(tenant_id="acme", users=[{"distinct_id": "u2", "$email": "b@example.com"}]))
    await remove_tenant(scene.pool, scene.workspace.id, "acme")
    await scene.plan_all()
    await scene.send_all()
    assert [mail["subject"] for mail in mails(scene)] == ["Shop Shop (acme)"] * 2
    assert ("inbox", "sent_by_vendor", None) in await reasons(scene)


async def test_a_blocked_channel_is_left_out_with_a_reason_on_the_run(scene: Scene) -> None:
    await save(scene, "acme", tenant_name="Acme", blocked_channels=["email"])
    await scene.go_through(trigger_body(tenant_id="acme"))
    assert await reasons(scene) == {("inbox", "sent_by_vendor", None)}
    assert "channel_blocked_for_tenant" in await scene.pool.fetchval("select exclusions from run")


async def test_where_all_channels_are_blocked_each_message_says_so(scene: Scene) -> None:
    await save(scene, "acme", tenant_name="Acme", blocked_channels=["email", "inbox"])
    await scene.go_through(trigger_body(tenant_id="acme"))
    assert await reasons(scene) == {
        ("email", "not_to_be_triggered", "channel_blocked_for_tenant"),
        ("inbox", "not_to_be_triggered", "channel_blocked_for_tenant"),
    }


async def test_channels_of_other_tenants_stay_open(scene: Scene) -> None:
    await save(scene, "default", blocked_channels=["email"])
    await save(scene, "acme", tenant_name="Acme")
    await scene.go_through(trigger_body(tenant_id="acme"))
    assert {each["status"] for each in await scene.messages()} == {"sent_by_vendor"}


async def test_a_channel_that_is_blocked_meanwhile_stops_what_waits(scene: Scene) -> None:
    await scene.accept(trigger_body(tenant_id="acme"))
    await scene.plan_all()
    await save(scene, "acme", tenant_name="Acme", blocked_channels=["email"])
    await scene.send_all()
    assert scene.recorder.sent == []
    assert ("email", "not_to_be_triggered", "channel_blocked_for_tenant") in await reasons(scene)


async def test_a_tenant_s_own_vendor_carries_its_mails_and_the_default_one_all_others(scene: Scene) -> None:
    own = VendorAccount(0, 0, "email", "postmark", "acme-mail", 9, 0.0, {}, tenant_id="acme")
    async with scene.pool.acquire() as connection:
        await put_vendor(connection, scene.vault, scene.workspace.id, own)
    await save(scene, "acme", tenant_name="Acme")
    await save(scene, "other", tenant_name="Other")
    await scene.go_through(trigger_body(), trigger_body(tenant_id="acme"), trigger_body(tenant_id="other"))
    carried = {(vendor, message.content["subject"]) for vendor, message in scene.recorder.sent}
    assert carried == {
        ("smtp", "  (default)"),
        ("postmark", "Acme Acme (acme)"),
        ("smtp", "Other Other (other)"),
    }
