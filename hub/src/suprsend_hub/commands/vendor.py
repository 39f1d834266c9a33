"""`suprsend-hub vendor`: the accounts through which a workspace sends."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from suprsend_hub.actions.edit_vendors import noted, put_account, remove_account, switch_account, try_account
from suprsend_hub.actions.hear import callback_path
from suprsend_hub.commands.operator import operator
from suprsend_hub.commands.workspace import WorkspaceOption, open_workspace
from suprsend_hub.config import read_settings
from suprsend_hub.domain.category import ROOTS
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.health import circuit
from suprsend_hub.domain.outcome import Accepted
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.domain.vendor_kind import VendorKind, read_roots
from suprsend_hub.store.database import Connection
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.vendor_health import VendorHealth, read_health
from suprsend_hub.store.vendors import list_vendors
from suprsend_hub.store.workspaces import Workspace
from suprsend_hub.terminal import run
from suprsend_hub.vendors.kinds import KINDS
from suprsend_hub.vendors.sender import Sender

vendor_commands = typer.Typer(help="Vendors: who carries the messages.", no_args_is_help=True)

SettingsOption = Annotated[Path | None, typer.Option(help="a JSON file with the settings, or - for standard input")]
CategoryOption = Annotated[
    list[str] | None, typer.Option(help=f"only these of {', '.join(ROOTS)}; may be repeated  [default: all]")
]
FallbackOption = Annotated[
    str | None,
    typer.Option(help="without a delivery report for so long (5m), the next account is tried  [default: never]"),
]

RateOption = Annotated[
    float | None,
    typer.Option(help="messages a second at most, by all workers together  [default: any]", min=0.01, max=100_000),
]


@vendor_commands.command("add")
def add(
    vendor: Annotated[str, typer.Argument(help=f"one of: {', '.join(KINDS)}")],
    workspace: WorkspaceOption,
    nickname: Annotated[str | None, typer.Option(help="its name in the workspace  [default: the vendor's]")] = None,
    channel: Annotated[str | None, typer.Option(help="for vendors of every channel: the one that it serves")] = None,
    settings: SettingsOption = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="one setting, as name=value; may be repeated")] = None,
    priority: Annotated[int, typer.Option(help="the lowest of a channel is used first", min=0, max=1000)] = 0,
    cost: Annotated[float, typer.Option(help="what one notification costs", min=0)] = 0,
    category: CategoryOption = None,
    tenant: Annotated[str | None, typer.Option(help="only this tenant  [default: all without their own]")] = None,
    fallback_after: FallbackOption = None,
    rate: RateOption = None,
) -> None:
    """Add a vendor account to a workspace, or replace the one with the same nickname."""

    async def work() -> VendorAccount:
        kind = _kind(vendor)
        account = VendorAccount(
            id=0,
            revision=0,
            channel=kind.read_channel(channel),
            vendor=vendor,
            nickname=nickname or vendor,
            priority=priority,
            notification_cost=cost,
            settings=_checked(kind, _read_document(settings) | _read_pairs(kind, set_ or [])),
            provider=kind.provider,
            roots=read_roots(category or []),
            tenant_id=tenant,
            fallback_after=kind.read_fallback(fallback_after, "fallback-after"),
            rate_per_second=rate,
        )
        async with open_workspace(workspace) as (hub, found):
            saving = operator(found.id).saving("added vendor", "changed vendor", account.nickname, **noted(account))
            await put_account(hub.pool, hub.vault, found.id, account, saving)
        return account

    added = run(work())
    Console().print(f"{added.nickname} now sends {added.channel} for {workspace}")


@vendor_commands.command("list")
def show(workspace: WorkspaceOption) -> None:
    """List a workspace's vendor accounts, without their settings."""

    async def work() -> list[VendorAccount]:
        async with open_workspace(workspace) as (hub, found), hub.pool.acquire() as connection:
            return await list_vendors(connection, hub.vault, found.id)

    table = Table(
        "nickname", "vendor", "channel", "used", "priority", "cost", "categories", "tenant", "fallback after", "rate"
    )
    for each in run(work()):
        numbers = (str(each.priority), f"{each.notification_cost:g}")
        only = (", ".join(sorted(each.roots)) or "all", each.tenant_id or "all")
        patience = "never" if each.fallback_after is None else str(each.fallback_after)
        rate = "any" if each.rate_per_second is None else f"{each.rate_per_second:g}/s"
        used = "yes" if each.is_enabled else "no"
        table.add_row(each.nickname, each.vendor, each.channel, used, *numbers, *only, patience, rate)
    Console().print(table)


@vendor_commands.command("health")
def health(workspace: WorkspaceOption) -> None:
    """Show how well a workspace's vendors do, and how much of its traffic each keeps for that."""

    async def work() -> tuple[list[VendorAccount], dict[str, VendorHealth]]:
        async with open_workspace(workspace) as (hub, found), hub.pool.acquire() as connection:
            accounts = await list_vendors(connection, hub.vault, found.id)
            return accounts, await read_health(connection, found.id)

    accounts, seen = run(work())
    table = Table("nickname", "channel", "circuit", "keeps", "faults", "without report", "since")
    for each in accounts:
        known = seen.get(each.nickname)
        shares = (known.fault_share, known.silent_share) if known else (None, None)
        since = known.changed_at.isoformat(timespec="seconds") if known and known.changed_at else ""
        shown = ("" if share is None else f"{share:.0%}" for share in shares)
        state = circuit(each.weight) if each.is_enabled else "disabled"
        table.add_row(each.nickname, each.channel, state, f"{each.weight:.0%}", *shown, since)
    Console().print(table)


@vendor_commands.command("disable")
def disable(nickname: Annotated[str, typer.Argument()], workspace: WorkspaceOption) -> None:
    """Send nothing through an account, which stays; messages that wait for it go through another, or end."""
    _switch(nickname, workspace, is_enabled=False)
    Console().print(f"{nickname} is not used any more", highlight=False)


@vendor_commands.command("enable")
def enable(nickname: Annotated[str, typer.Argument()], workspace: WorkspaceOption) -> None:
    """Send through an account again."""
    _switch(nickname, workspace, is_enabled=True)
    Console().print(f"{nickname} is used again", highlight=False)


def _switch(nickname: str, workspace: str, *, is_enabled: bool) -> None:
    async def work() -> None:
        async with open_workspace(workspace) as (hub, found):
            noting = operator(found.id).noting("enabled vendor" if is_enabled else "disabled vendor", nickname)
            await switch_account(hub.pool, found.id, nickname, is_enabled=is_enabled, along=noting)

    run(work())


@vendor_commands.command("remove")
def remove(nickname: Annotated[str, typer.Argument()], workspace: WorkspaceOption) -> None:
    """Remove a vendor account; messages that wait for it end with a reason."""

    async def work() -> None:
        async with open_workspace(workspace) as (hub, found):
            async with hub.pool.acquire() as connection:
                await _account(connection, hub.vault, found, nickname)
            await remove_account(hub.pool, found.id, nickname, operator(found.id).noting("removed vendor", nickname))
        Console().print(f"removed {nickname}")

    run(work())


@vendor_commands.command("callback")
def callback(nickname: Annotated[str, typer.Argument()], workspace: WorkspaceOption) -> None:
    """Show the URL at which the hub listens to a vendor, to be entered in the vendor's console."""

    async def work() -> str:
        settings = read_settings()
        if not settings.public_url:
            raise Invalid("HUB_PUBLIC_URL", "is not set, so vendors can't reach the hub; see docs/configuration.md")
        async with open_workspace(workspace) as (hub, found), hub.pool.acquire() as connection:
            account = await _account(connection, hub.vault, found, nickname)
        if not KINDS[account.vendor].reports:
            raise Invalid("nickname", f"{account.vendor} does not report what becomes of messages")
        return settings.public_url.rstrip("/") + callback_path(hub.vault, account.id)

    typer.echo(run(work()))


@vendor_commands.command("test")
def test(
    nickname: Annotated[str, typer.Argument()],
    to: Annotated[str, typer.Argument(help="an address of yours: an email address, a phone number, or a device token")],
    workspace: WorkspaceOption,
) -> None:
    """Send one test message through a vendor account and show what the vendor said."""

    async def work() -> None:
        async with open_workspace(workspace) as (hub, found), hub.pool.acquire() as connection:
            account = await _account(connection, hub.vault, found, nickname)
            await operator(found.id).noting("sent a test", nickname)(connection)
        sender = Sender(allow_private_urls=read_settings().private_urls)
        try:
            outcome = await try_account(sender.send, account, to, datetime.now(UTC))
        finally:
            await sender.close()
        Console().print(type(outcome).__name__.lower(), outcome, highlight=False)
        if not isinstance(outcome, Accepted):
            raise typer.Exit(1)

    run(work())


async def _account(connection: Connection, vault: Vault, workspace: Workspace, nickname: str) -> VendorAccount:
    for each in await list_vendors(connection, vault, workspace.id):
        if each.nickname == nickname:
            return each
    raise NotFound(f"there is no vendor {nickname!r} in {workspace.name}; see: suprsend-hub vendor list")


def _kind(vendor: str) -> VendorKind:
    if vendor not in KINDS:
        raise Invalid("vendor", f"{vendor!r} is not known; use {', '.join(KINDS)}")
    return KINDS[vendor]


def _read_document(file: Path | None) -> Document:
    if file is None:
        return {}
    try:
        document = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except (OSError, ValueError) as error:
        raise Invalid("settings", f"{file} can't be read as JSON: {error}") from None
    if not isinstance(document, dict):
        raise Invalid("settings", f"{file} must hold a JSON object")
    return document


def _checked(kind: VendorKind, document: Document) -> Document:
    try:
        kind.check(document)
    except ValueError as error:
        raise Invalid("settings", f"{error}. See docs/vendors.md.") from None
    return document


def _read_pairs(kind: VendorKind, pairs: list[str]) -> Document:
    document: Document = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise Invalid("set", f"{pair!r} must be name=value")
        document[name] = kind.read_setting(name, value)
    return document
