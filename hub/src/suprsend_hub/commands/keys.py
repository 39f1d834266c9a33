"""`suprsend-hub key`, `public-key` and `signing-key`: what opens a workspace for servers, browsers and tokens."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from suprsend_hub.actions.audit import change_along
from suprsend_hub.actions.make_keys import (
    NewSigningKey,
    create_api_key,
    create_public_key,
    create_signing_key,
    renew_public_key,
    roll_signing_keys,
)
from suprsend_hub.commands.operator import operator
from suprsend_hub.commands.workspace import LimitOption, WorkspaceOption, open_workspace, shown_rate
from suprsend_hub.domain.duration import read_duration
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.api_keys import delete_api_key, limit_api_key, list_api_keys
from suprsend_hub.store.database import Connection
from suprsend_hub.store.public_keys import (
    PublicKey,
    delete_public_key,
    limit_public_key,
    list_public_keys,
    secure_public_key,
)
from suprsend_hub.store.signing_keys import list_signing_keys
from suprsend_hub.terminal import run

T = TypeVar("T")

key_commands = typer.Typer(help="API keys: what servers open a workspace with.", no_args_is_help=True)
public_key_commands = typer.Typer(help="Public keys: what browsers open a workspace with.", no_args_is_help=True)
signing_key_commands = typer.Typer(help="Signing keys: what user tokens are signed with.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="what it is for, in your words")]
IdArgument = Annotated[int, typer.Argument(help="its number, as the list shows it")]
_MINUTE = "%Y-%m-%d %H:%M"


@key_commands.command("list")
def list_keys(workspace: WorkspaceOption) -> None:
    """List a workspace's API keys; they can't be shown again."""
    table = Table("number", "name", "key", "requests a second", "made")
    for each in _read(workspace, list_api_keys):
        rate = shown_rate(each.requests_per_second)
        table.add_row(str(each.id), each.name, each.masked, rate, f"{each.created_at:{_MINUTE}}")
    Console(soft_wrap=True).print(table)


@key_commands.command("create")
def create_key(name: NameArgument, workspace: WorkspaceOption, rate: LimitOption = None) -> None:
    """Make an API key; it is shown only now."""

    async def work(connection: Connection, found: int) -> str:
        return await create_api_key(connection, found, name, rate)

    typer.echo(_change(workspace, work, "made API key", name.strip()))


@key_commands.command("limit")
def limit_key(key: IdArgument, workspace: WorkspaceOption, rate: LimitOption = None) -> None:
    """Set how many requests a second an API key may make."""

    async def work(connection: Connection, found: int) -> None:
        _check(await limit_api_key(connection, found, key, rate), "key", key)

    _change(workspace, work, "limited API key", str(key), rate=rate)
    Console().print(f"requests a second with API key {key}: {shown_rate(rate)}", highlight=False)


@key_commands.command("delete")
def delete_key(key: IdArgument, workspace: WorkspaceOption) -> None:
    """End an API key."""

    async def work(connection: Connection, found: int) -> None:
        _check(await delete_api_key(connection, found, key), "key", key)

    _change(workspace, work, "ended API key", str(key))
    Console().print(f"API key {key} opens nothing any more", highlight=False)


@public_key_commands.command("list")
def list_public(workspace: WorkspaceOption) -> None:
    """List a workspace's public keys."""
    table = Table("number", "name", "key", "secure", "default", "requests a second", "made", "rotated")
    for each in _read(workspace, list_public_keys):
        marks = ("yes" if each.is_secure else "no", "yes" if each.is_default else "")
        times = (f"{each.created_at:{_MINUTE}}", f"{each.rotated_at:{_MINUTE}}" if each.rotated_at else "")
        table.add_row(str(each.id), each.name, each.key, *marks, shown_rate(each.requests_per_second), *times)
    Console(soft_wrap=True).print(table)


@public_key_commands.command("create")
def create_public(
    name: NameArgument,
    workspace: WorkspaceOption,
    secure: Annotated[bool, typer.Option("--secure", help="demand a user token beside it")] = False,
    default: Annotated[bool, typer.Option("--default", help="make it the workspace's default")] = False,
    rate: LimitOption = None,
) -> None:
    """Make a public key."""

    async def work(connection: Connection, found: int) -> PublicKey:
        return await create_public_key(connection, found, name, is_secure=secure, is_default=default, rate=rate)

    typer.echo(_change(workspace, work, "made public key", name.strip()).key)


@public_key_commands.command("secure")
def secure_public(
    key: IdArgument,
    workspace: WorkspaceOption,
    on: Annotated[bool, typer.Option("--on/--off", help="whether a user token is demanded beside it")] = True,
) -> None:
    """Demand a user token beside a public key, or no longer."""

    async def work(connection: Connection, found: int) -> None:
        _check(await secure_public_key(connection, found, key, is_secure=on), "public-key", key)

    _change(workspace, work, "demanded user tokens" if on else "no longer demanded user tokens", str(key))
    Console().print(f"public key {key} {'needs' if on else 'needs no'} user token", highlight=False)


@public_key_commands.command("limit")
def limit_public(key: IdArgument, workspace: WorkspaceOption, rate: LimitOption = None) -> None:
    """Set how many requests a second a public key may make, by all browsers together."""

    async def work(connection: Connection, found: int) -> None:
        _check(await limit_public_key(connection, found, key, rate), "public-key", key)

    _change(workspace, work, "limited public key", str(key), rate=rate)
    Console().print(f"requests a second with public key {key}: {shown_rate(rate)}", highlight=False)


@public_key_commands.command("rotate")
def rotate_public(key: IdArgument, workspace: WorkspaceOption) -> None:
    """Give a public key a new value; the old one ends with that."""

    async def work(connection: Connection, found: int) -> PublicKey:
        return await renew_public_key(connection, found, key)

    typer.echo(_change(workspace, work, "renewed public key", str(key)).key)


@public_key_commands.command("delete")
def delete_public(key: IdArgument, workspace: WorkspaceOption) -> None:
    """End a public key."""

    async def work(connection: Connection, found: int) -> None:
        _check(await delete_public_key(connection, found, key), "public-key", key)

    _change(workspace, work, "ended public key", str(key))
    Console().print(f"public key {key} opens nothing any more", highlight=False)


@signing_key_commands.command("list")
def list_signing(workspace: WorkspaceOption) -> None:
    """List a workspace's signing keys."""
    table = Table("uid", "status", "checks tokens until", "made")
    for each in _read(workspace, list_signing_keys):
        until = each.expiry_at.isoformat(timespec="seconds") if each.expiry_at else ""
        table.add_row(each.uid, each.status, until, f"{each.created_at:{_MINUTE}}")
    Console(soft_wrap=True).print(table)


@signing_key_commands.command("create")
def create_signing(workspace: WorkspaceOption) -> None:
    """Make a signing key beside those that there are; its private half is shown only now."""

    async def work() -> NewSigningKey:
        async with open_workspace(workspace) as (hub, found):
            return await create_signing_key(
                hub.pool, found.id, operator(found.id).noting("made signing key", workspace)
            )

    _show_once(run(work()))


@signing_key_commands.command("roll")
def roll_signing(
    workspace: WorkspaceOption,
    grace: Annotated[str, typer.Option(help="for so long tokens of the old keys are good too")] = "1d",
) -> None:
    """Make a signing key in the place of all that are active; its private half is shown only now."""

    async def work() -> NewSigningKey:
        until = read_duration(grace, "--grace")
        async with open_workspace(workspace) as (hub, found):
            noting = operator(found.id).noting("rolled signing keys", workspace)
            return await roll_signing_keys(hub.pool, found.id, hub.now() + until, noting)

    _show_once(run(work()))


def _show_once(made: NewSigningKey) -> None:
    # Plain, so that it can be piped and copied as it is.
    typer.echo(f"uid {made.uid}\nprivate_key_base64 {made.private_key_base64}\nprivate_key_pem\n{made.private_key_pem}")


def _read(name: str, work: Callable[[Connection, int], Awaitable[T]]) -> T:
    async def in_hub() -> T:
        async with open_workspace(name) as (hub, found), hub.pool.acquire() as connection:
            return await work(connection, found.id)

    return run(in_hub())


def _change(
    name: str, work: Callable[[Connection, int], Awaitable[T]], action: str, target: str, **details: object
) -> T:
    """Change something about a key of a workspace, and note it in the same transaction."""

    async def in_hub() -> T:
        async with open_workspace(name) as (hub, found):
            noting = operator(found.id).noting(action, target, **details)
            return await change_along(hub.pool, lambda connection: work(connection, found.id), noting)

    return run(in_hub())


def _check(done: bool, group: str, key: int) -> None:
    if not done:
        raise NotFound(f"there is no key {key} in this workspace; see: suprsend-hub {group} list")
