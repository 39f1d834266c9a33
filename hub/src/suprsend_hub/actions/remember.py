"""What is remembered of a try beside what the message's own row tells of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias, assert_never

from msgspec import Struct

from suprsend_hub.domain.message_try import MessageTry
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.claims import ClaimedMessage

_Word: TypeAlias = Literal["accepted", "rejected", "deferred", "uncertain"]


class Answer(Struct, frozen=True):
    """What an account said to a message, and when."""

    account: VendorAccount
    outcome: Outcome
    happened_at: datetime


def tries_to_remember(message: ClaimedMessage, answers: Sequence[Answer]) -> tuple[MessageTry, ...]:
    """All answers but the one of the account that has the message now: that one is on the message's row.

    So what is taken at once, as nearly all is, leaves nothing here. An account that had the message before and is
    replaced now was on the row until now.
    """
    tries = [
        MessageTry(message.id, each.account.vendor, each.account.nickname, word, code, detail, each.happened_at)
        for each in answers
        for word, code, detail in [_read(each.outcome)]
        if word != "accepted"
    ]
    replaced = any(isinstance(each.outcome, Accepted) for each in answers)
    if replaced and message.sent_at is not None and message.vendor and message.vendor_nickname:
        former = MessageTry(
            message.id, message.vendor, message.vendor_nickname, "accepted", None, None, message.sent_at
        )
        return (former, *tries)
    return tuple(tries)


def _read(outcome: Outcome) -> tuple[_Word, str | None, str | None]:
    match outcome:
        case Accepted():
            return "accepted", None, None
        case Rejected(code=code, detail=detail):
            return "rejected", code, detail
        case Deferred(code=code, detail=detail):
            return "deferred", code, detail
        case Uncertain(code=code, detail=detail):
            return "uncertain", code, detail
        case _:
            assert_never(outcome)
