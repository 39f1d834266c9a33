"""The form of a vendor account: read into an account, and written from one without its secrets."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.domain.vendor_kind import VendorKind, read_roots

# What the fields of settings are called in the form.
SETTING = "setting-"


class AccountForm(Struct, frozen=True):
    """An account but for its settings, as people write it."""

    vendor: str = ""
    nickname: Annotated[str, Meta(max_length=64)] | None = None
    channel: str | None = None
    priority: Annotated[int, Meta(ge=0, le=1000)] = 0
    cost: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    category: list[str] = msgspec.field(default_factory=list)
    tenant: Annotated[str, Meta(max_length=255)] | None = None
    fallback: str | None = None
    rate: Annotated[float, Meta(ge=0.01, le=100_000)] | None = None
    forget: list[str] = msgspec.field(default_factory=list)


def read_account(
    kind: VendorKind, form: AccountForm, typed: dict[str, str], former: VendorAccount | None
) -> VendorAccount:
    """The account that a form describes; what of a former one is not shown is kept."""
    settings: Document = {name: kind.read_setting(name, text) for name, text in typed.items()}
    if former is not None:
        for each in kind.settings:
            if each.is_secret and each.name in former.settings and each.name not in form.forget:
                settings.setdefault(each.name, former.settings[each.name])
    try:
        kind.check(settings)
    except ValueError as error:
        field, _, problem = str(error).partition(": ")
        raise Invalid(SETTING + field.partition(".")[0], problem or str(error)) from None
    account = VendorAccount(
        id=0,
        revision=0,
        channel=kind.read_channel(form.channel or kind.channel),
        vendor=kind.name,
        nickname=form.nickname.strip() if form.nickname else kind.name,
        priority=form.priority,
        notification_cost=form.cost,
        settings=settings,
        provider=kind.provider,
        roots=read_roots(form.category),
        tenant_id=form.tenant.strip() if form.tenant else None,
        fallback_after=kind.read_fallback(form.fallback, "fallback"),
        rate_per_second=form.rate,
    )
    return account if former is None else replace(account, nickname=former.nickname)


def write_account(account: VendorAccount) -> dict[str, Any]:
    """An account as its form shows it."""
    seconds = None if account.fallback_after is None else int(account.fallback_after.total_seconds())
    return {
        "channel": account.channel,
        "priority": account.priority,
        "cost": f"{account.notification_cost:g}",
        "tenant": account.tenant_id or "",
        "rate": "" if account.rate_per_second is None else f"{account.rate_per_second:g}",
        "fallback": "" if seconds is None else _duration(seconds),
        "categories": sorted(account.roots),
    }


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0s"


def open_settings(kind: VendorKind, account: VendorAccount) -> dict[str, str]:
    """The settings that are no secrets, as texts that read back as the same."""
    shown = {each.name for each in kind.settings if not each.is_secret}
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in account.settings.items()
        if name in shown and value is not None
    }
