"""Endpoints that are added, changed, given another secret and tried; a new secret is shown once."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_webhooks import (
    add_endpoint,
    change_endpoint,
    noted,
    noted_url,
    rotate_webhook_secret,
    try_endpoint,
)
from suprsend_hub.domain.announcement import ANNOUNCED
from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.store.webhooks import StoredEndpoint
from suprsend_hub.store.workspaces import find_workspace_by_id
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_texts
from suprsend_hub.ui.visit import ThisVisit, Visit
from suprsend_hub.ui.webhook_form import (
    EndpointForm,
    read_changed_endpoint,
    read_new_endpoint,
    write_endpoint,
)
from suprsend_hub.ui.webhooks import check_endpoint


class GraceForm(Struct, frozen=True):
    """For how many hours the secret before signs too."""

    hours: Annotated[int, Meta(ge=0, le=720)] = 24


def webhook_editor_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of changing webhooks."""
    return [*_adding(console), *_changing(console), *_using(console)]


def _adding(console: Console) -> list[HTTPRouteHandler]:
    @get("/{workspace:str}/webhooks/new")
    async def ask(visit: ThisVisit) -> Page:
        """The form of an endpoint that is to be added."""
        return _form(console, visit, None, {"states": (), "channels": ()})

    @post("/{workspace:str}/webhooks")
    async def add(visit: ThisVisit) -> Page:
        """One more endpoint; its secret stands on the answer, and nowhere else."""
        try:
            endpoint = read_new_endpoint(await read_form(visit.request, EndpointForm))
            noting = visit.actor.noting("added webhook", noted_url(endpoint), **noted(endpoint))
            added = await add_endpoint(
                console.pool, console.vault, console.webhooks.check, visit.workspace_id, endpoint, noting
            )
        except Invalid as fault:
            return _form(console, visit, None, await _typed(visit), fault)
        except Conflict as fault:
            return console.go(visit, f"{visit.home}/webhooks", fault.message, "bad")
        return console.page(visit, "webhooks/secret.html", endpoint_id=added, secret=endpoint.secret, hours=None)

    return [ask, add]


def _changing(console: Console) -> list[HTTPRouteHandler]:
    @get("/{workspace:str}/webhooks/{endpoint_id:str}/edit")
    async def edit(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """The form of an endpoint; its secrets are not in it."""
        stored = await check_endpoint(console, visit, endpoint_id)
        return _form(console, visit, stored, write_endpoint(stored.endpoint))

    @post("/{workspace:str}/webhooks/{endpoint_id:str}")
    async def change(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """An endpoint is told other things, or elsewhere, from the next turn on."""
        stored = await check_endpoint(console, visit, endpoint_id)
        try:
            form = await read_form(visit.request, EndpointForm)
            changed = read_changed_endpoint(form, stored.endpoint)
            await change_endpoint(
                console.pool,
                console.vault,
                console.webhooks.check,
                visit.workspace_id,
                stored.id,
                lambda former: read_changed_endpoint(form, former),
                visit.actor.noting("changed webhook", endpoint_id, **noted(changed)),
            )
        except Invalid as fault:
            return _form(console, visit, stored, await _typed(visit), fault)
        return console.go(visit, f"{visit.home}/webhooks/{stored.id}", "The endpoint was changed.")

    return [edit, change]


def _using(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/webhooks/{endpoint_id:str}/rotate")
    async def rotate(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """Another secret, on the answer alone; for a while the one before signs too."""
        stored = await check_endpoint(console, visit, endpoint_id)
        hours = (await read_form(visit.request, GraceForm)).hours
        noting = visit.actor.noting("rotated webhook secret", endpoint_id, url=noted_url(stored.endpoint), hours=hours)
        lasting = timedelta(hours=hours)
        secret = await rotate_webhook_secret(
            console.pool, console.vault, visit.workspace_id, stored.id, lasting, noting
        )
        return console.page(visit, "webhooks/secret.html", endpoint_id=stored.id, secret=secret, hours=hours)

    @post("/{workspace:str}/webhooks/{endpoint_id:str}/test")
    async def send_example(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """One signed example; the next page says what the endpoint said."""
        stored = await check_endpoint(console, visit, endpoint_id)
        async with console.pool.acquire() as connection:
            workspace = await find_workspace_by_id(connection, console.vault, visit.workspace_id)
            assert workspace is not None, "nothing deletes workspaces"
            await visit.actor.noting("sent a test webhook", endpoint_id, url=noted_url(stored.endpoint))(connection)
        answer = await try_endpoint(console.webhooks.visit, stored.endpoint, workspace, console.now())
        said = f"It {'took the example' if answer.is_success else 'did not take the example'}: {answer.said[:300]}"
        return console.go(visit, f"{visit.home}/webhooks/{stored.id}", said, "good" if answer.is_success else "bad")

    return [rotate, send_example]


async def _typed(visit: Visit) -> dict[str, Any]:
    """The form as it was sent, to be shown again, but for the headers, which may be secrets."""
    texts = await read_texts(visit.request, "", only_filled=True)
    items = (await visit.request.form()).multi_items()
    return {
        **{name: texts.get(name, "") for name in ("url", "description", "rate")},
        "states": [value for name, value in items if name == "state"],
        "channels": [value for name, value in items if name == "channel"],
    }


def _form(
    console: Console,
    visit: Visit,
    stored: StoredEndpoint | None,
    typed: dict[str, Any],
    fault: Invalid | None = None,
) -> Page:
    return console.page(
        visit,
        "webhooks/form.html",
        status=400 if fault else 200,
        stored=stored,
        typed=typed,
        fault=fault,
        all_states=ANNOUNCED,
        all_channels=CHANNELS,
    )
