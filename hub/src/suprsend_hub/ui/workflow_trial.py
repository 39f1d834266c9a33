"""Running a live workflow for one user by hand: real messages, through the door that triggers take."""

import secrets
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_workflow import find_workflow_or_refuse
from suprsend_hub.actions.run_by_hand import run_by_hand
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.template_content import read_document
from suprsend_hub.domain.workflow_trigger import WorkflowTrigger, read_workflow_trigger
from suprsend_hub.store.profiles import find_profile_ids
from suprsend_hub.store.templates import read_named_templates
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.shown import show_document
from suprsend_hub.ui.visit import ThisVisit, Visit
from suprsend_hub.ui.workflow_definition import name_templates
from suprsend_hub.ui.workflow_examples import sample_data

# What keys of forms begin with, so that none is that of a program by accident.
_KEY = "console:"


class TrialForm(Struct, frozen=True):
    """For whom, with what data; `token` is that of the form, so that what is sent twice counts once."""

    user: Annotated[str, Meta(max_length=255)] = ""
    tenant: Annotated[str, Meta(max_length=64)] = ""
    data: str = "{}"
    sure: bool = False
    token: Annotated[str, Meta(max_length=64)] = ""


def workflow_trial_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes by which people run workflows."""
    path = "/{workspace:str}/workflows/{workflow:str}/run"

    async def show(
        visit: Visit, slug: str, status: int = 200, fault: Invalid | None = None, typed: TrialForm | None = None
    ) -> Page:
        async with console.pool.acquire() as connection:
            stored = await find_workflow_or_refuse(connection, visit.workspace_id, slug)
            named = name_templates([stored.live or {}])
            templates = await read_named_templates(connection, visit.workspace_id, named)
        begun = TrialForm(data=show_document(sample_data(templates.values())), token=secrets.token_urlsafe(24))
        return console.page(
            visit, "workflows/run.html", status=status, chosen=stored, fault=fault, typed=typed or begun
        )

    @get(path)
    async def ask(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """The form, with the templates' sample data."""
        return await show(visit, workflow)

    @post(path)
    async def run(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """Trigger the workflow, and go to the request that comes of it."""
        form = await read_form(visit.request, TrialForm)
        try:
            number = await _find_user(console, visit, form.user.strip())
            trigger = _read_trigger(workflow, form)
            started = await run_by_hand(
                console.pool,
                visit.workspace_id,
                trigger,
                console.now(),
                lambda request: visit.actor.noting("ran workflow", workflow, user=number, request=request),
            )
        except Invalid as fault:
            return await show(visit, workflow, 400, fault, form)
        if started.request_id is None:
            return console.go(
                visit, f"{visit.home}/requests", "This form was sent before; nothing was sent again.", "bad"
            )
        said = (
            "It runs." if started.is_new else "This form was sent before: this is its request. Nothing was sent again."
        )
        return console.go(visit, f"{visit.home}/requests/{started.request_id}", said)

    return [ask, run]


async def _find_user(console: Console, visit: Visit, distinct_id: str) -> int:
    """The number of the user, by which the audit log names them."""
    key = ProfileKey(distinct_id)
    async with console.pool.acquire() as connection:
        number = (await find_profile_ids(connection, visit.workspace_id, [key])).get(key)
    if number is None:
        raise Invalid("user", "is the distinct id of nobody in this workspace" if distinct_id else "is required")
    return number


def _read_trigger(slug: str, form: TrialForm) -> WorkflowTrigger:
    if not form.token:
        raise Invalid("token", "is missing; load the page anew")
    if not form.sure:
        raise Invalid("sure", "say so first: real messages go out")
    body = {
        "workflow": slug,
        "recipients": [form.user.strip()],
        "data": read_document(form.data.encode(), "data"),
        "tenant_id": form.tenant.strip() or None,
        "$idempotency_key": f"{_KEY}{form.token}",
    }
    return read_workflow_trigger(msgspec.json.encode(body))
