"""Recording what became of messages: states only move forward, whatever comes twice or in another order."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from suprsend_hub.actions.announce import announcing
from suprsend_hub.actions.count_activity import count_moved
from suprsend_hub.domain.job import Job, Send
from suprsend_hub.domain.receipt import PATH, STATE_AFTER, Happening, Receipt
from suprsend_hub.domain.suppression import end_of_suppression, extent_of_suppression, suppressible
from suprsend_hub.domain.vendor import VendorOffer, choose_accounts, untried
from suprsend_hub.store.activity import append_activity
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.receipts import (
    CarriedMessage,
    Failure,
    Progress,
    move_forward,
    note_failures,
    note_in_hand,
    read_carried,
)
from suprsend_hub.store.suppressions import NewSuppression, put_suppressions
from suprsend_hub.store.vendors import list_offers


async def record_receipts(
    pool: Pool, workspace_id: int, receipts: Sequence[Receipt], now: datetime, reporter: str | None = None
) -> list[str]:
    """Write receipts; returns the ids of the messages that there are.

    `reporter` is the nickname of the account whose vendor reports: that one failed counts for it alone.
    """

    async def work(connection: Connection) -> list[str]:
        # What a vendor reports may mean another vendor's turn, or the end of an address.
        kept = await _judge(connection, workspace_id, receipts, now, reporter)
        return await apply_receipts(connection, workspace_id, kept, now)

    return await transact(pool, work)


async def apply_receipts(
    connection: Connection, workspace_id: int, receipts: Iterable[Receipt], now: datetime
) -> list[str]:
    """Write receipts inside a transaction; returns the ids of the messages that there are."""
    by_message: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        by_message.setdefault(receipt.message_id, []).append(receipt)
    if not by_message:
        return []
    progress = [_sum_up(message_id, told) for message_id, told in sorted(by_message.items())]
    async with announcing(connection, workspace_id, [each.message_id for each in progress], now):
        moved = await move_forward(connection, workspace_id, progress, now)
    await append_activity(connection, workspace_id, count_moved(moved), now)
    return [each.message_id for each in moved]


async def _judge(
    connection: Connection, workspace_id: int, receipts: Sequence[Receipt], now: datetime, reporter: str | None
) -> list[Receipt]:
    """The receipts that move their messages; failures that another vendor may mend are handed on to it."""
    doubtful = {each.message_id for each in receipts if each.happening == "failed" or each.cause or each.address}
    carried = await read_carried(connection, workspace_id, sorted(doubtful)) if doubtful else {}
    own = [each for each in receipts if _is_for(carried.get(each.message_id), each)]
    await _suppress(connection, workspace_id, own, carried, now)
    failures = {
        each.message_id: each
        for each in own
        if each.happening == "failed"
        and each.message_id in carried
        and carried[each.message_id].status in ("triggered", "sent_by_vendor")
    }
    offers = await list_offers(connection, workspace_id) if failures else []
    fates = {each: _fate(carried[each], failure, reporter, offers) for each, failure in failures.items()}
    await _hand_on(
        connection, workspace_id, [carried[each] for each, fate in fates.items() if fate == "mendable"], failures, now
    )
    # What the failure of these means is known once their worker is done with them.
    in_hand = [failures[each] for each, fate in fates.items() if fate == "in hand"]
    noted = [Failure(each.message_id, each.code, each.detail) for each in in_hand]
    final = {each.message_id for each in in_hand if each.cause is not None}
    await note_in_hand(connection, workspace_id, noted, final, reporter or "")
    return [each for each in own if each.happening != "failed" or fates.get(each.message_id, "final") == "final"]


def _fate(
    message: CarriedMessage, failure: Receipt, reporter: str | None, offers: Sequence[VendorOffer]
) -> Literal["in hand", "stale", "mendable", "final"]:
    """What a failure means: a worker has the message, another vendor has it, another may have it, or it is the end."""
    if message.is_held:
        return "in hand"
    if reporter not in (None, message.vendor_nickname):
        return "stale"
    return "mendable" if failure.cause is None and _has_another(offers, message) else "final"


async def _hand_on(
    connection: Connection,
    workspace_id: int,
    messages: Sequence[CarriedMessage],
    failures: Mapping[str, Receipt],
    now: datetime,
) -> None:
    """Note the failures, and let the next vendors have these messages."""
    if not messages:
        return
    told = [Failure(each.id, failures[each.id].code, failures[each.id].detail) for each in messages]
    attempts = await note_failures(connection, workspace_id, told, now)
    await enqueue(
        connection,
        [
            Job(
                Send(
                    workspace_id,
                    each.channel,
                    (each.id,),
                    attempts[each.id],
                    each.root,
                    falls_back=True,
                    turn=each.turn,
                )
            )
            for each in messages
            if each.id in attempts
        ],
    )


async def _suppress(
    connection: Connection,
    workspace_id: int,
    receipts: Sequence[Receipt],
    carried: Mapping[str, CarriedMessage],
    now: datetime,
) -> None:
    suppressions: list[NewSuppression] = []
    for receipt in receipts:
        message = carried.get(receipt.message_id)
        if receipt.cause is None or message is None:
            continue
        address = suppressible(message.channel, message.provider, message.address)
        if address is not None:
            until = end_of_suppression(message.channel, receipt.happened_at)
            reason = receipt.detail or receipt.code or receipt.happening
            category = extent_of_suppression(receipt.cause, message.category)
            suppressions.append(
                NewSuppression(address, receipt.cause, reason, message.id, until, category, receipt.happened_at)
            )
    if suppressions:
        await put_suppressions(connection, workspace_id, suppressions, now)


def _is_for(message: CarriedMessage | None, receipt: Receipt) -> bool:
    """Whether a report is of the recipient that the message was for, and not of one in copy."""
    if message is None or receipt.address is None or not message.address.isascii():
        # Vendors write addresses of other scripts in several ways; such a mail seldom has copies.
        return True
    return receipt.address.strip().lower() == message.address.lower()


def _has_another(offers: Sequence[VendorOffer], message: CarriedMessage) -> bool:
    fitting = choose_accounts(offers, message.channel, message.provider, message.root, message.tenant_id)
    return bool(untried(fitting, [*(message.passed or ()), message.vendor_nickname]))


def _sum_up(message_id: str, receipts: Sequence[Receipt]) -> Progress:
    failure = next((each for each in receipts if each.happening == "failed"), None)
    return Progress(
        message_id=message_id,
        status=max((STATE_AFTER[each.happening] for each in receipts), key=PATH.index),
        delivered_at=_first(receipts, "delivered"),
        dismissed_at=_first(receipts, "dismissed"),
        seen_at=_first(receipts, "seen"),
        clicked_at=_first(receipts, "clicked"),
        code=failure.code if failure else None,
        detail=failure.detail if failure else None,
    )


def _first(receipts: Sequence[Receipt], happening: Happening) -> datetime | None:
    return min((each.happened_at for each in receipts if each.happening == happening), default=None)
