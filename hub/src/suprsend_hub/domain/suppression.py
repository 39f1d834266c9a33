"""Addresses that are left alone for a while, because they proved to be dead or unwilling."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from suprsend_hub.domain.channel import Channel

# Only what lies with the recipient: a vendor that is down or an account that is blocked says nothing of an address.
Cause: TypeAlias = Literal["hard_bounce", "complaint", "unregistered", "unsubscribed"]

# How long; None is for good. A channel that is not here suppresses nothing: its vendors do so themselves.
_LASTING: Mapping[Channel, timedelta | None] = MappingProxyType(
    {
        "email": timedelta(days=90),
        "whatsapp": timedelta(days=15),
        "androidpush": None,
        "iospush": None,
        "webpush": None,
    }
)


class SuppressedAddress(NamedTuple):
    """An address as it is kept here: what the same person may write in two ways is the same address."""

    channel: Channel
    provider: str
    value: str


def suppressible(channel: Channel, provider: str, value: str) -> SuppressedAddress | None:
    """The address under which a suppression is kept; None on channels that have none."""
    if channel not in _LASTING:
        return None
    return SuppressedAddress(channel, provider, value.lower() if channel == "email" else value)


class AddressUse(NamedTuple):
    """An address that is about to be used for a message of this category."""

    address: SuppressedAddress
    category: str


def extent_of_suppression(cause: Cause, category: str) -> str:
    """The category that is no longer sent to an address, where a message of this one led to that; empty is all."""
    return category if cause == "unsubscribed" else ""


def end_of_suppression(channel: Channel, since: datetime) -> datetime | None:
    """When an address of a suppressible channel may be used again; None is never."""
    lasting = _LASTING[channel]
    return None if lasting is None else since + lasting
