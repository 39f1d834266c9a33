"""Service tokens: what pipelines open the management API of every workspace with; new ones are shown once."""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.edit_service_tokens import create_service_token, end_service_token
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.service_tokens import list_service_tokens
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.numbers import read_number
from suprsend_hub.ui.visit import ThisVisit, Visit

TOKENS = "/console/~/tokens"


class TokenForm(Struct, frozen=True):
    """A token that is to be made."""

    name: str = ""


def service_token_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of service tokens."""

    async def show(visit: Visit, made: str = "", fault: Invalid | None = None, typed: TokenForm | None = None) -> Page:
        async with console.pool.acquire() as connection:
            tokens = await list_service_tokens(connection)
        name = (typed or TokenForm()).name
        return console.page(
            visit,
            "service_tokens/list.html",
            status=400 if fault else 200,
            tokens=tokens,
            made=made,
            fault=fault,
            name=name,
        )

    @get("/~/tokens")
    async def list_tokens(visit: ThisVisit) -> Page:
        """All tokens, none of which can be read off the page."""
        return await show(visit)

    @post("/~/tokens")
    async def make(visit: ThisVisit) -> Page:
        """One more token, on the answer alone."""
        form = await read_form(visit.request, TokenForm)
        try:
            made = await create_service_token(console.pool, form.name, visit.actor)
        except Invalid as fault:
            return await show(visit, fault=fault, typed=form)
        return await show(visit, made)

    @post("/~/tokens/{token_id:str}/end")
    async def end(visit: ThisVisit, token_id: FromPath[str]) -> Page:
        """A token opens nothing any more."""
        await end_service_token(console.pool, read_number(token_id, "There is no such token."), visit.actor)
        return console.go(visit, TOKENS, "The service token opens nothing any more.")

    return [list_tokens, make, end]
