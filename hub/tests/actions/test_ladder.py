"""Ladders as they are climbed: whatever succeeds, and whenever, no rung is sent after it."""

from collections.abc import Mapping
from uuid import uuid4

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.send import send
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.receipt import Happening, Receipt

from .scene import CONTENT, Scene, trigger_body

RUNGS: Mapping[Channel, str] = {"email": "smtp", "sms": "twilio", "whatsapp": "whatsapp_cloud", "androidpush": "fcm"}
# What is enough for each success; nothing before it is.
ENOUGH: Mapping[str, tuple[Happening, ...]] = {
    "delivered": ("delivered", "dismissed", "seen", "clicked"),
    "seen": ("seen", "clicked"),
    "interaction": ("clicked",),
}
TOO_LITTLE: Mapping[str, tuple[Happening, ...]] = {
    "delivered": ("failed",),
    "seen": ("failed", "delivered", "dismissed"),
    "interaction": ("failed", "delivered", "dismissed", "seen"),
}


async def prepare(scene: Scene) -> None:
    """A template for every rung, and somebody who carries it."""
    texts: Document = {"body": "Hello"}
    await scene.commit_template("ladder", {**CONTENT, "sms": texts, "whatsapp": texts})
    for channel, vendor in RUNGS.items():
        await scene.add_vendor(vendor, channel)


def person(name: str, channels: frozenset[Channel]) -> Document:
    """Somebody with an address on each of these channels."""
    addresses: Document = {
        "$email": [f"{name}@example.com"],
        "$sms": ["+15005550006"],
        "$whatsapp": ["+15005550006"],
        "$androidpush": [{"token": name, "provider": "fcm"}],
    }
    return {"distinct_id": name, **{key: value for key, value in addresses.items() if key[1:] in channels}}


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    channels=st.frozensets(st.sampled_from(sorted(RUNGS)), min_size=1),
    mandatory=st.frozensets(st.sampled_from(sorted(RUNGS)), max_size=2),
    success=st.sampled_from(["delivered", "seen", "interaction", "PAID"]),
    data=st.data(),
)
async def test_nothing_is_sent_after_success(
    scene: Scene, channels: frozenset[Channel], mandatory: frozenset[Channel], success: str, data: st.DataObject
) -> None:
    await prepare(scene)
    name = f"u-{uuid4()}"
    delivery = {
        "smart": True,
        "success": success,
        "time_to_live": "1h",
        **({"mandatory_channels": sorted(mandatory)} if mandatory else {}),
    }
    await scene.accept(trigger_body(template="ladder", users=[person(name, channels)], delivery=delivery))
    await scene.plan_all()
    rows = await scene.pool.fetch(
        "select id, channel, is_rung from message where distinct_id = $1 and status = 'to_be_triggered'"
        " order by due_at, is_rung, channel",
        name,
    )
    assert {row["channel"] for row in rows} == channels | {"inbox"}
    jobs = {message_id: job for job in await scene.jobs() if isinstance(job, Send) for message_id in job.message_ids}
    moment = data.draw(st.integers(0, len(rows)), label="sent before the success")
    sent_before: list[str] = []
    for number, row in enumerate(rows):
        if number == moment:
            await succeed(scene, name, success, sent_before, data)
        elif sent_before and success in TOO_LITTLE:
            await tell(scene, sent_before, data.draw(st.sampled_from(TOO_LITTLE[success])), data)
        assert await send(scene.sending(), jobs[row["id"]]) is None
        is_sent = await scene.pool.fetchval(
            "select status <> 'not_to_be_triggered' from message where id = $1", row["id"]
        )
        may_be_stopped = row["is_rung"] and 0 < moment <= number
        assert is_sent is not may_be_stopped, (number, moment, dict(row))
        sent_before += [row["id"]] if is_sent else []
    carried = {message.id for _, message in scene.recorder.sent}
    inbox = {row["id"] for row in rows if row["channel"] == "inbox"}
    assert carried.intersection(row["id"] for row in rows) == set(sent_before) - inbox


async def succeed(scene: Scene, name: str, success: str, sent: list[str], data: st.DataObject) -> None:
    """The success, of any message that was sent; there is none before the first."""
    if not sent:
        return
    if success in ENOUGH:
        await tell(scene, sent, data.draw(st.sampled_from(ENOUGH[success])), data)
        return
    event = read_record(msgspec.json.encode({"event": success, "distinct_id": name}))
    await record(scene.pool, [Batch(scene.workspace.id, (event,))], scene.now())


async def tell(scene: Scene, sent: list[str], happening: Happening, data: st.DataObject) -> None:
    """What a vendor tells of any of them."""
    receipt = Receipt(data.draw(st.sampled_from(sent)), happening, scene.now())
    await record_receipts(scene.pool, scene.workspace.id, [receipt], scene.now())
