"""`suprsend-hub vendor`: the accounts through which a workspace sends."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.config import read_settings
from suprsend_hub.domain.category import ROOTS, Root
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.main import Hub, open_hub
from suprsend_hub.store.vendors import delete_vendor, list_vendors, put_vendor
from suprsend_hub.store.workspaces import Workspace, find_workspace
from suprsend_hub.terminal import run
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.registry import read_settings as read_vendor_settings
from suprsend_hub.vendors.sender import Sender

vendor_commands = typer.Typer(help="Vendors: who carries the messages.", no_args_is_help=True)

WorkspaceOption = Annotated[str, typer.Option("--workspace", "-w", help="the workspace's name")]

TEST_CONTENT: dict[str, Document] = {
    "email": {
        "subject": "A test from your hub",
        "body": {"type": "raw", "raw": {"html": "<p>It works.</p>", "text": "It works."}},
    },
    "sms": {"body": "A test from your hub: it works."},
    "androidpush": {"header": "A test from your hub", "body": "It works."},
}


@vendor_commands.command("add")
def add(
    vendor: Annotated[str, typer.Argument(help=f"one of: {', '.join(VENDORS)}")],
    workspace: WorkspaceOption,
    nickname: Annotated[str | None, typer.Option(help="its name in the workspace  [default: the vendor's]")] = None,
    settings: Annotated[
        Path | None, typer.Option(help="a JSON file with the settings, or - for standard input")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="one setting, as name=value; may be repeated")] = None,
    priority: Annotated[int, typer.Option(help="the lowest of a channel is used first", min=0, max=1000)] = 0,
    cost: Annotated[float, typer.Option(help="what one notification costs", min=0)] = 0,
    category: Annotated[
        list[str] | None, typer.Option(help=f"only these of {', '.join(ROOTS)}; may be repeated  [default: all]")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="only this tenant  [default: all without their own]")] = None,
) -> None:
    """Add a vendor account to a workspace, or replace the one with the same nickname."""

    async def work() -> None:
        document = _checked(vendor, _read_document(settings) | _read_pairs(set_ or []))
        async with open_hub(read_settings()) as hub:
            found = await _workspace(hub, workspace)
            account = VendorAccount(
                id=0,
                revision=0,
                channel=VENDORS[vendor].channel,
                vendor=vendor,
                nickname=nickname or vendor,
                priority=priority,
                notification_cost=cost,
                settings=document,
                provider=VENDORS[vendor].provider,
                roots=_read_roots(category or []),
                tenant_id=tenant,
            )
            async with hub.pool.acquire() as connection:
                await put_vendor(connection, hub.vault, found.id, account)
        Console().print(f"{account.nickname} now sends {account.channel} for {workspace}")

    run(work())


@vendor_commands.command("list")
def show(workspace: WorkspaceOption) -> None:
    """List a workspace's vendor accounts, without their settings."""

    async def work() -> list[VendorAccount]:
        async with open_hub(read_settings()) as hub:
            return await _accounts(hub, workspace)

    table = Table("nickname", "vendor", "channel", "priority", "cost", "categories", "tenant")
    for each in run(work()):
        numbers = (str(each.priority), f"{each.notification_cost:g}")
        only = (", ".join(sorted(each.roots)) or "all", each.tenant_id or "all")
        table.add_row(each.nickname, each.vendor, each.channel, *numbers, *only)
    Console().print(table)


@vendor_commands.command("remove")
def remove(nickname: Annotated[str, typer.Argument()], workspace: WorkspaceOption) -> None:
    """Remove a vendor account; messages that wait for it end with a reason."""

    async def work() -> None:
        async with open_hub(read_settings()) as hub:
            found = await _workspace(hub, workspace)
            async with hub.pool.acquire() as connection:
                if not await delete_vendor(connection, found.id, nickname):
                    raise NotFound(f"there is no vendor {nickname!r} in {workspace}; see: suprsend-hub vendor list")
        Console().print(f"removed {nickname}")

    run(work())


@vendor_commands.command("test")
def test(
    nickname: Annotated[str, typer.Argument()],
    to: Annotated[str, typer.Argument(help="an address of yours: an email address, a phone number, or a device token")],
    workspace: WorkspaceOption,
) -> None:
    """Send one test message through a vendor account and show what the vendor said."""

    async def work() -> None:
        settings = read_settings()
        async with open_hub(settings) as hub:
            account = next((each for each in await _accounts(hub, workspace) if each.nickname == nickname), None)
        if account is None:
            raise NotFound(f"there is no vendor {nickname!r} in {workspace}; see: suprsend-hub vendor list")
        sender = Sender(allow_private_urls=settings.private_urls)
        try:
            outcome = await sender.send(account, _test_message(account.channel, to))
        finally:
            await sender.close()
        Console().print(type(outcome).__name__.lower(), outcome, highlight=False)
        if not isinstance(outcome, Accepted):
            raise typer.Exit(1)

    run(work())


def _test_message(channel: Channel, to: str) -> OutgoingMessage:
    now = datetime.now(UTC)
    return OutgoingMessage(make_id(now), channel, to, TEST_CONTENT[channel], (), now)


async def _workspace(hub: Hub, name: str) -> Workspace:
    async with hub.pool.acquire() as connection:
        found = await find_workspace(connection, hub.vault, name)
    if found is None:
        raise NotFound(f"there is no workspace {name!r}; see: suprsend-hub workspace list")
    return found


async def _accounts(hub: Hub, name: str) -> list[VendorAccount]:
    workspace = await _workspace(hub, name)
    async with hub.pool.acquire() as connection:
        return await list_vendors(connection, hub.vault, workspace.id)


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


def _checked(vendor: str, document: Document) -> Document:
    if vendor not in VENDORS:
        raise Invalid("vendor", f"{vendor!r} is not known; use {', '.join(VENDORS)}")
    try:
        read_vendor_settings(vendor, document)
    except ValueError as error:
        raise Invalid("settings", f"{error}. See docs/vendors.md.") from None
    return document


def _read_roots(names: list[str]) -> frozenset[Root]:
    if unknown := [name for name in names if name not in ROOTS]:
        raise Invalid("category", f"{unknown[0]!r} is not known; use {', '.join(ROOTS)}")
    return frozenset(root for root in ROOTS if root in names)


def _read_pairs(pairs: list[str]) -> Document:
    document: Document = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise Invalid("set", f"{pair!r} must be name=value")
        try:
            # Numbers, true and objects are JSON; what is no JSON is a text.
            document[name] = json.loads(value)
        except ValueError:
            document[name] = value
    return document
