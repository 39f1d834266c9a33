"""How many requests a second each key of a workspace may make."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.api_keys import limit_api_key
from suprsend_hub.store.database import Connection
from suprsend_hub.store.public_keys import limit_public_key
from suprsend_hub.store.workspaces import limit_workspace
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.keys import Rate, note_along, on_key
from suprsend_hub.ui.visit import ThisVisit, Visit


class RateForm(Struct, frozen=True):
    """Requests a second; 0 is any number, and one left out is that of the installation."""

    rate: Rate | None = None


# Sets a rate for the workspace or the key of an address.
Limit: TypeAlias = Callable[[Connection, float | None], Awaitable[object]]


def key_limit_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of the rates of keys."""

    async def limit(visit: Visit, kind: str, target: str, work: Limit) -> Page:
        try:
            rate = (await read_form(visit.request, RateForm)).rate
        except Invalid as fault:
            return console.go(visit, f"{visit.home}/keys", f"Nothing was set: {fault.message}", "bad")
        await note_along(console, visit, lambda each: work(each, rate), f"limited {kind}", target, rate=_say(rate))
        return console.go(visit, f"{visit.home}/keys", f"The rate of the {kind} was set.")

    @post("/{workspace:str}/keys/api/{key_id:str}/limit")
    async def limit_api(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """Another rate for an API key, within seconds."""
        return await limit(visit, "API key", key_id, _of_key(visit, key_id, limit_api_key))

    @post("/{workspace:str}/keys/public/{key_id:str}/limit")
    async def limit_public(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """Another rate for a public key, within seconds."""
        return await limit(visit, "public key", key_id, _of_key(visit, key_id, limit_public_key))

    @post("/{workspace:str}/keys/workspace/limit")
    async def limit_signatures(visit: ThisVisit) -> Page:
        """Another rate for requests that are signed with the workspace's secret, within seconds."""

        async def work(connection: Connection, rate: float | None) -> None:
            await limit_workspace(connection, visit.workspace_id, rate)

        return await limit(visit, "workspace key", visit.workspace_name, work)

    return [limit_api, limit_public, limit_signatures]


def _say(rate: float | None) -> str:
    """A rate as the audit log has it."""
    return "the installation’s" if rate is None else f"{rate:g}" if rate else "no limit"


def _of_key(visit: Visit, key_id: str, limit: Callable[[Connection, int, int, float | None], Awaitable[bool]]) -> Limit:
    async def work(connection: Connection, rate: float | None) -> None:
        async def limited(connection: Connection, workspace_id: int, number: int) -> bool:
            return await limit(connection, workspace_id, number, rate)

        await on_key(limited, visit, key_id)(connection)

    return work
