"""What the vendors' tests share: messages, accounts, a running simulation and a sender."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.attachment_loading import LoadingLimits
from suprsend_hub.vendors.http_client import HttpLimits
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.sender import Sender, SenderLimits

MakeMessage = Callable[..., OutgoingMessage]
MakeAccount = Callable[..., VendorAccount]

_MAIL = OutgoingMessage(
    id="01JABCDEF",
    channel="email",
    address="ann@example.org",
    content={"subject": "Your order", "body": {"type": "raw", "raw": {"html": "<p>Thank you</p>"}}},
    attachments=(),
    created_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
)
_PUSH = replace(
    _MAIL,
    channel="androidpush",
    address="token-of-ann",
    content={"header": "Your order", "body": "Thank you"},
)


@pytest.fixture
def make_message() -> MakeMessage:
    """A message of a vendor's channel; keyword arguments replace its fields."""

    def make(vendor: str = "smtp", **changes: Any) -> OutgoingMessage:
        return replace(_MAIL if VENDORS[vendor].channel == "email" else _PUSH, **changes)

    return make


@pytest.fixture
def make_account() -> MakeAccount:
    """An account of a vendor with these settings."""

    def make(vendor: str, settings: dict[str, Any], **changes: Any) -> VendorAccount:
        account = VendorAccount(
            id=1,
            revision=1,
            channel=VENDORS[vendor].channel,
            vendor=vendor,
            nickname=vendor,
            priority=0,
            notification_cost=0.0,
            settings=settings,
        )
        return replace(account, **changes)

    return make


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    """Both stand-ins, running."""
    async with Simulation() as running:
        yield running


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """A sender with short limits, so that what must time out does so soon."""
    quick = HttpLimits(connect_timeout=timedelta(seconds=1), total_timeout=timedelta(seconds=1))
    limits = SenderLimits(
        http=quick,
        attachments=LoadingLimits(timeout=timedelta(seconds=1), allow_private_addresses=True),
        patience=timedelta(seconds=2),
    )
    sender = Sender(limits)
    yield sender
    await sender.close()
