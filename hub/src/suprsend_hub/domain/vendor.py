"""A workspace's accounts with vendors, and which of them a message goes through."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol, TypeVar

from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document


class Offer(Protocol):
    """What choosing needs to know of an account."""

    @property
    def channel(self) -> Channel:
        """The channel that it serves."""
        ...

    @property
    def nickname(self) -> str:
        """Its name in the workspace."""
        ...

    @property
    def provider(self) -> str:
        """The kind of address that it takes on that channel; empty for every kind."""
        ...

    @property
    def roots(self) -> frozenset[Root]:
        """The category roots that it serves; empty for all."""
        ...

    @property
    def tenant_id(self) -> str | None:
        """The tenant that it is for; None for all that have none of their own."""
        ...

    @property
    def is_enabled(self) -> bool:
        """Whether it is used; one that is not is as if it were not there."""
        ...


@dataclass(frozen=True, slots=True)
class VendorOffer:
    """What planning needs to know of an account; it has no secrets."""

    channel: Channel
    provider: str = ""
    roots: frozenset[Root] = frozenset()
    tenant_id: str | None = None
    notification_cost: float = 0.0
    nickname: str = ""
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class VendorAccount:
    """One configured vendor; `revision` changes with its settings, so what is cached can be told stale.

    After `fallback_after` without a delivery report a message goes to the next account; None: never. No more than
    `rate_per_second` go through it in the whole fleet; None: as many as there are. `weight` is how many of its turns
    it keeps, by its health.
    """

    id: int
    revision: int
    channel: Channel
    vendor: str
    nickname: str
    priority: int
    notification_cost: float
    settings: Document = field(repr=False)
    provider: str = ""
    roots: frozenset[Root] = frozenset()
    tenant_id: str | None = None
    fallback_after: timedelta | None = None
    rate_per_second: float | None = None
    weight: float = 1.0
    is_enabled: bool = True


A = TypeVar("A", bound=Offer)


def choose_accounts(
    accounts: Iterable[A], channel: Channel, provider: str, root: Root, tenant_id: str | None
) -> tuple[A, ...]:
    """The accounts that may carry a message, in the order given; a tenant's own take the place of all others."""
    fitting = [each for each in accounts if each.is_enabled and _fits(each, channel, provider, root, tenant_id)]
    own = tuple(each for each in fitting if each.tenant_id is not None)
    return own or tuple(fitting)


def why_no_account(
    accounts: Iterable[Offer], channel: Channel, provider: str, root: Root, tenant_id: str | None
) -> Literal["vendor_not_configured", "vendor_disabled"]:
    """Why there is no account that may carry a message: those that there are are disabled, or there are none."""
    is_there = any(_fits(each, channel, provider, root, tenant_id) for each in accounts)
    return "vendor_disabled" if is_there else "vendor_not_configured"


def _fits(account: Offer, channel: Channel, provider: str, root: Root, tenant_id: str | None) -> bool:
    return (
        account.channel == channel
        and account.provider in ("", provider)
        and (not account.roots or root in account.roots)
        and account.tenant_id in (None, tenant_id)
    )


def untried(accounts: Sequence[A], had: Collection[str | None]) -> tuple[A, ...]:
    """The accounts that have not had a message yet; `had` are the nicknames of those that have."""
    return tuple(each for each in accounts if each.nickname not in had)
