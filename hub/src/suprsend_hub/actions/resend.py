"""Sending again: a message never goes backwards, so a new one repeats it, in the same run, and goes the same way.

Whether it may still be sent is looked at when it is sent, as for any message. Whoever sends again holds the run's row:
a cancellation comes before, or finds the new message; an erasure finds it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.audit import Act, Actor
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import Conflict, NotFound
from suprsend_hub.domain.job import Job, Send
from suprsend_hub.domain.repeating import objection_to_repeating
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.explanation_facts import find_run
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.repeats import (
    LockedRun,
    Repeat,
    RepeatableMessage,
    find_repeatable,
    list_failed,
    lock_run,
    repeat_messages,
)


@dataclass(frozen=True, slots=True)
class Resent:
    """The message that repeats another; not new where somebody had sent that again already."""

    message_id: str
    is_new: bool


async def resend(pool: Pool, workspace_id: int, message_id: str, actor: Actor, now: datetime) -> Resent:
    """Send a message again, once: whoever wants it a third time sends the one again that repeats it.

    So a form that comes twice makes one message. Raises NotFound where there is no such message, Conflict where it
    can't be sent again.
    """

    async def work(connection: Connection) -> Resent:
        run_id = await find_run(connection, workspace_id, message_id)
        run = None if run_id is None else await lock_run(connection, workspace_id, run_id)
        message = None if run is None else await find_repeatable(connection, workspace_id, message_id)
        if run is None or message is None:
            raise NotFound(f"there is no message {message_id[:40]!r} in this workspace; it may have been forgotten")
        if message.repeated_as is not None:
            return Resent(message.repeated_as, is_new=False)
        objection = objection_to_repeating(
            message.status, message.failure_code, message.address, run_is_cancelled=run.cancelled_at is not None
        )
        if objection is not None:
            raise Conflict(objection)
        (repeat,) = await _repeat(connection, workspace_id, run, [message], actor, now)
        await actor.note(connection, Act("sent message again", message_id, {"as": repeat.id}))
        return Resent(repeat.id, is_new=True)

    return await transact(pool, work)


async def resend_failed(pool: Pool, workspace_id: int, run_id: str, actor: Actor, now: datetime) -> int:
    """Send again what failed of a run and was not sent again yet; returns how many messages that are.

    Raises NotFound where there is no such run, Conflict where it was cancelled.
    """

    async def work(connection: Connection) -> int:
        run = await lock_run(connection, workspace_id, run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id[:40]!r} in this workspace; it may have been forgotten")
        if run.cancelled_at is not None:
            raise Conflict("The run was cancelled, and nothing more of it is sent; a new trigger would be.")
        failed = await list_failed(connection, workspace_id, run_id)
        if failed:
            repeats = await _repeat(connection, workspace_id, run, failed, actor, now)
            await actor.note(connection, Act("sent failed messages again", run_id, {"messages": len(repeats)}))
        return len(failed)

    return await transact(pool, work)


async def _repeat(
    connection: Connection,
    workspace_id: int,
    run: LockedRun,
    messages: Sequence[RepeatableMessage],
    actor: Actor,
    now: datetime,
) -> list[Repeat]:
    repeats = [Repeat(make_id(now), each.id) for each in messages]
    await repeat_messages(connection, workspace_id, repeats, actor.described, now)
    by_channel: dict[Channel, list[str]] = {}
    for message, repeat in zip(messages, repeats, strict=True):
        by_channel.setdefault(message.channel, []).append(repeat.id)
    sends = [Send(workspace_id, channel, tuple(ids), 0, run.root) for channel, ids in by_channel.items()]
    await enqueue(connection, [Job(each) for each in sends])
    return repeats
