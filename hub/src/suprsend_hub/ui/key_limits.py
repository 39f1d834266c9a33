"""How many requests a second each key of a workspace may make."""

from typing import Annotated

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.api_keys import limit_api_key
from suprsend_hub.store.database import Connection
from suprsend_hub.store.public_keys import limit_public_key
from suprsend_hub.store.workspaces import limit_workspace
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.keys import note_along, on_key
from suprsend_hub.ui.visit import ThisVisit, Visit


class RateForm(Struct, frozen=True):
    """Requests a second; 0 is any number, and one left out is that of the installation."""

    rate: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None


def key_limit_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of the rates of keys."""

    @post("/{workspace:str}/keys/api/{key_id:str}/limit")
    async def limit_api(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """Another rate for an API key, within seconds."""

        async def work(connection: Connection, workspace_id: int, number: int) -> bool:
            return await limit_api_key(connection, workspace_id, number, form.rate)

        try:
            form = await read_form(visit.request, RateForm)
        except Invalid as fault:
            return _refuse(console, visit, fault)
        await note_along(console, visit, on_key(work, visit, key_id), "limited API key", key_id, rate=form.rate)
        return console.go(visit, f"{visit.home}/keys", "The rate of the API key was set.")

    @post("/{workspace:str}/keys/public/{key_id:str}/limit")
    async def limit_public(visit: ThisVisit, key_id: FromPath[str]) -> Page:
        """Another rate for a public key, within seconds."""

        async def work(connection: Connection, workspace_id: int, number: int) -> bool:
            return await limit_public_key(connection, workspace_id, number, form.rate)

        try:
            form = await read_form(visit.request, RateForm)
        except Invalid as fault:
            return _refuse(console, visit, fault)
        await note_along(console, visit, on_key(work, visit, key_id), "limited public key", key_id, rate=form.rate)
        return console.go(visit, f"{visit.home}/keys", "The rate of the public key was set.")

    @post("/{workspace:str}/keys/workspace/limit")
    async def limit_signatures(visit: ThisVisit) -> Page:
        """Another rate for requests that are signed with the workspace's secret, within seconds."""

        async def work(connection: Connection) -> None:
            await limit_workspace(connection, visit.workspace_id, form.rate)

        try:
            form = await read_form(visit.request, RateForm)
        except Invalid as fault:
            return _refuse(console, visit, fault)
        await note_along(console, visit, work, "limited workspace key", visit.workspace_name, rate=form.rate)
        return console.go(visit, f"{visit.home}/keys", "The rate of signed requests was set.")

    return [limit_api, limit_public, limit_signatures]


def _refuse(console: Console, visit: Visit, fault: Invalid) -> Page:
    return console.go(visit, f"{visit.home}/keys", f"Nothing was set: {fault.message}", "bad")
