"""What was received: found by address and channel, bounded, and waited for."""

import asyncio
from datetime import UTC, datetime

from suprsend_hub.domain.channel import Channel
from suprsend_hub.simulators.received import Received, ReceivedMessages


def message(recipient: str, channel: Channel = "email") -> Received:
    """A message of no particular content."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return Received(channel, "smtp", recipient, "id", now, 1, "accept", b"Hi", lambda raw: {"title": raw.decode()})


def test_messages_are_found_by_recipient_and_channel() -> None:
    received = ReceivedMessages()
    for each in (message("ann@x.org"), message("ann@x.org", "androidpush"), message("bob@x.org")):
        received.add(each)
    assert len(received.find()) == received.total == 3
    assert [each.channel for each in received.find("Ann@X.org")] == ["email", "androidpush"]
    assert [each.recipient for each in received.find(channel="email")] == ["ann@x.org", "bob@x.org"]
    assert [each.title for each in received.find("bob@x.org", "email")] == ["Hi"]
    assert received.find("bob@x.org", "androidpush") == []


def test_only_the_newest_are_kept_but_all_are_counted() -> None:
    received = ReceivedMessages(most_kept=2)
    for name in ("a", "b", "c"):
        received.add(message(name))
    assert [each.recipient for each in received] == ["b", "c"]
    assert (len(received), received.total) == (2, 3)
    received.clear()
    assert (len(received), received.total) == (0, 0)


async def test_waiting_ends_when_enough_that_fit_have_come() -> None:
    received = ReceivedMessages()
    any_two = asyncio.create_task(received.wait_for(2))
    two_for_ann = asyncio.create_task(received.wait_for(2, "ann"))
    for name in ("ann", "bob"):
        await asyncio.sleep(0)
        received.add(message(name))
    assert [each.recipient for each in await any_two] == ["ann", "bob"]
    assert not two_for_ann.done()
    received.add(message("ann"))
    assert [each.recipient for each in await two_for_ann] == ["ann", "ann"]
    assert await received.wait_for(0) != []


def test_a_message_prints_without_its_content() -> None:
    assert "Hi" not in repr(message("ann"))
