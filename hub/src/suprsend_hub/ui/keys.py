"""What opens a workspace: its secret, API keys, public keys and signing keys; new ones are shown once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, TypeAlias, TypeVar

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.audit import change_along
from suprsend_hub.actions.create_workspace import rotate_secret
from suprsend_hub.actions.make_keys import (
    create_api_key,
    create_public_key,
    create_signing_key,
    renew_public_key,
    roll_signing_keys,
)
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.store.api_keys import delete_api_key, list_api_keys
from suprsend_hub.store.database import Connection
from suprsend_hub.store.public_keys import delete_public_key, list_public_keys, secure_public_key
from suprsend_hub.store.signing_keys import list_signing_keys
from suprsend_hub.store.workspaces import find_workspace_by_id
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.numbers import read_number
from suprsend_hub.ui.visit import ThisVisit, Visit

T = TypeVar("T")

# Requests a second.
Rate: TypeAlias = Annotated[float, Meta(ge=0, le=1_000_000)]
_GONE = "There is no such key in this workspace; it may have ended already."


class KeyForm(Struct, frozen=True):
    """A key that is to be made; a rate of 0 is none, and one left out is that of the installation."""

    name: str = ""
    rate: Rate | None = None
    is_secure: bool = False


class SecureForm(Struct, frozen=True):
    """Whether a user token is demanded beside a public key."""

    is_secure: bool = False


class GraceForm(Struct, frozen=True):
    """For how many hours what is replaced is good too."""

    hours: Annotated[int, Meta(ge=0, le=720)] = 24


@dataclass(frozen=True, slots=True)
class Made:
    """What was made just now, and is shown only on this answer."""

    title: str
    value: str = field(repr=False)
    note: str = ""


def key_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of keys."""

    @get("/{workspace:str}/keys")
    async def list_keys(visit: ThisVisit) -> Page:
        """All keys, none of which can be read off the page but those that are public."""
        return await _show(console, visit)

    return [list_keys, *_api_keys(console), *_public_keys(console), *_public_key_ends(console), *_signing_keys(console)]


def _api_keys(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/keys/api")
    async def make(visit: ThisVisit) -> Page:
        """One more API key, on the answer alone."""
        form = await read_form(visit.request, KeyForm)

        async def work(connection: Connection) -> str:
            return await create_api_key(connection, visit.workspace_id, form.name, form.rate)

        try:
            made = await note_along(console, visit, work, "made API key", form.name.strip())
        except Invalid as fault:
            return await _show(console, visit, fault=fault, at="api")
        return await _show(console, visit, Made(f"API key {form.name.strip()}", made))

    @post("/{workspace:str}/keys/api/{key_id:str}/end")
    async def end(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """An API key opens nothing any more."""
        await note_along(console, visit, on_key(delete_api_key, visit, key_id), "ended API key", key_id)
        return console.go(visit, f"{visit.home}/keys", "The API key opens nothing any more.")

    return [make, end]


def _public_keys(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/keys/public")
    async def make(visit: ThisVisit) -> Page:
        """One more public key."""
        form = await read_form(visit.request, KeyForm)

        async def work(connection: Connection) -> object:
            return await create_public_key(
                connection, visit.workspace_id, form.name, is_secure=form.is_secure, rate=form.rate
            )

        try:
            await note_along(console, visit, work, "made public key", form.name.strip())
        except Invalid as fault:
            return await _show(console, visit, fault=fault, at="public")
        return console.go(visit, f"{visit.home}/keys", "The public key was made.")

    @post("/{workspace:str}/keys/public/{key_id:str}/secure")
    async def secure(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """Demand user tokens beside a public key, or no longer."""
        wanted = (await read_form(visit.request, SecureForm)).is_secure

        async def work(connection: Connection, workspace_id: int, number: int) -> bool:
            return await secure_public_key(connection, workspace_id, number, is_secure=wanted)

        action = "demanded user tokens" if wanted else "no longer demanded user tokens"
        await note_along(console, visit, on_key(work, visit, key_id), action, key_id)
        return console.go(
            visit, f"{visit.home}/keys", f"The public key needs {'a' if wanted else 'no'} user token now."
        )

    return [make, secure]


def _public_key_ends(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/keys/public/{key_id:str}/renew")
    async def renew(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """A public key gets a new value; the old one ends."""

        async def work(connection: Connection) -> object:
            return await renew_public_key(connection, visit.workspace_id, read_number(key_id, _GONE))

        await note_along(console, visit, work, "renewed public key", key_id)
        return console.go(visit, f"{visit.home}/keys", "The public key has a new value; the old one has ended.")

    @post("/{workspace:str}/keys/public/{key_id:str}/end")
    async def end(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """A public key opens nothing any more."""
        await note_along(console, visit, on_key(delete_public_key, visit, key_id), "ended public key", key_id)
        return console.go(visit, f"{visit.home}/keys", "The public key opens nothing any more.")

    return [renew, end]


def _signing_keys(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/keys/signing")
    async def make(visit: ThisVisit) -> Page:
        """One more signing key; its private half stands on the answer, and nowhere else."""
        noting = visit.actor.noting("made signing key", visit.workspace_name)
        try:
            made = await create_signing_key(console.pool, visit.workspace_id, noting)
        except Conflict as fault:
            return console.go(visit, f"{visit.home}/keys", fault.message, "bad")
        return await _show(console, visit, Made(f"Private key {made.uid}", made.private_key_pem, made.uid))

    @post("/{workspace:str}/keys/signing/roll")
    async def roll(visit: ThisVisit) -> Page:
        """A signing key in the place of all that are active."""
        grace = timedelta(hours=(await read_form(visit.request, GraceForm)).hours)
        noting = visit.actor.noting("rolled signing keys", visit.workspace_name)
        try:
            made = await roll_signing_keys(console.pool, visit.workspace_id, console.now() + grace, noting)
        except (Conflict, NotFound) as fault:
            return console.go(visit, f"{visit.home}/keys", fault.message, "bad")
        return await _show(console, visit, Made(f"Private key {made.uid}", made.private_key_pem, made.uid))

    @post("/{workspace:str}/keys/secret/rotate")
    async def rotate(visit: ThisVisit) -> Page:
        """The workspace gets a new secret, on the answer alone; the old one is good for a while."""
        grace = timedelta(hours=(await read_form(visit.request, GraceForm)).hours)
        name, until = visit.workspace_name, console.now() + grace
        noting = visit.actor.noting("rotated workspace secret", name, old_until=until.isoformat(timespec="seconds"))
        secret = await rotate_secret(console.pool, console.vault, name, until, noting)
        return await _show(console, visit, Made("Workspace secret", secret))

    return [make, roll, rotate]


async def _show(
    console: Console, visit: Visit, made: Made | None = None, fault: Invalid | None = None, at: str = ""
) -> Page:
    async with console.pool.acquire() as connection:
        workspace = await find_workspace_by_id(connection, console.vault, visit.workspace_id)
        assert workspace is not None, "nothing deletes workspaces"
        return console.page(
            visit,
            "keys/list.html",
            status=400 if fault else 200,
            uid=workspace.uid,
            key=workspace.key,
            has_previous=len(workspace.secrets) > 1,
            api_keys=await list_api_keys(connection, workspace.id),
            public_keys=await list_public_keys(connection, workspace.id),
            signing_keys=await list_signing_keys(connection, workspace.id),
            workspace_rate=workspace.requests_per_second,
            usual_rate=console.usual_rate,
            made=made,
            fault=fault,
            at=at,
        )


async def note_along(
    console: Console,
    visit: Visit,
    work: Callable[[Connection], Awaitable[T]],
    action: str,
    target: str,
    **details: object,
) -> T:
    """Do something, and note it in the same transaction."""

    return await change_along(console.pool, work, visit.actor.noting(action, target, **details))


def on_key(
    work: Callable[[Connection, int, int], Awaitable[bool]], visit: Visit, key_id: str
) -> Callable[[Connection], Awaitable[None]]:
    """The same work on the key of an address, with NotFound where there is none."""

    async def checked(connection: Connection) -> None:
        if not await work(connection, visit.workspace_id, read_number(key_id, _GONE)):
            raise NotFound(_GONE)

    return checked
