"""`POST /v1/workflow_run/cancel/` and `/v1/broadcast_run/cancel/`: ending what was triggered (wire.md 3.13)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from suprsend_hub.actions.cancel import cancel
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.database import Pool

_Text = Annotated[str, Meta(min_length=1, max_length=255)]


class RunCancellationForm(Struct, frozen=True):
    """Which runs end; at least one field, and all that are given must fit."""

    execution_id: _Text | None = None
    recipients: Annotated[list[_Text], Meta(min_length=1, max_length=100)] | None = None
    tenant_id: _Text | None = None
    idempotency_key: _Text | None = None
    workflow_slug: _Text | None = None
    cancellation_key: _Text | None = None


class BroadcastCancellationForm(Struct, frozen=True):
    """Which broadcasts end; at least one field, and all that are given must fit."""

    execution_id: _Text | None = None
    list_id: _Text | None = None
    tenant_id: _Text | None = None
    idempotency_key: _Text | None = None


_RUNS = msgspec.json.Decoder(RunCancellationForm)
_BROADCASTS = msgspec.json.Decoder(BroadcastCancellationForm)

EXAMPLE = {"workflow_slug": "purchase-made", "recipients": ["user-1"]}
BROADCAST_EXAMPLE = {"list_id": "beta-users"}


def cancellation_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of cancellations."""

    @post(
        "/v1/workflow_run/cancel/",
        operation_class=body_of(RunCancellationForm, example=EXAMPLE),
        status_code=200,
        summary="Cancel runs of workflows",
        tags=["triggers"],
    )
    async def cancel_workflow_runs(request: AnyRequest) -> Document:
        """End runs that wait or are under way; once this is answered, nothing more of them is sent."""
        workspace = await gatekeeper.workspace(request)
        form = await read_body(request, _RUNS)
        narrowed = RunFilter(
            execution_id=form.execution_id,
            recipients=form.recipients or (),
            tenant_id=form.tenant_id,
            idempotency_key=form.idempotency_key,
            workflow=form.workflow_slug,
            cancellation_key=form.cancellation_key,
        )
        return await end(workspace.id, form, narrowed)

    @post(
        "/v1/broadcast_run/cancel/",
        operation_class=body_of(BroadcastCancellationForm, example=BROADCAST_EXAMPLE),
        status_code=200,
        summary="Cancel broadcasts",
        tags=["lists"],
    )
    async def cancel_broadcasts(request: AnyRequest) -> Document:
        """End broadcasts that wait or are under way; once this is answered, nothing more of them is sent."""
        workspace = await gatekeeper.workspace(request)
        form = await read_body(request, _BROADCASTS)
        narrowed = RunFilter(
            of_broadcasts=True,
            execution_id=form.execution_id,
            tenant_id=form.tenant_id,
            idempotency_key=form.idempotency_key,
            list_id=form.list_id,
        )
        return await end(workspace.id, form, narrowed)

    async def end(workspace_id: int, form: Struct, narrowed: RunFilter) -> Document:
        if all(value is None for value in msgspec.structs.astuple(form)):
            raise Invalid("body", f"must have at least one of {', '.join(form.__struct_fields__)}")
        return {"execution_ids": list(await cancel(pool, workspace_id, narrowed, now()))}

    return [cancel_workflow_runs, cancel_broadcasts]
