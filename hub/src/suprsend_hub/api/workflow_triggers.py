"""`POST /trigger/`: triggers of stored workflows, one or an array of them, each answered on its own (wire.md 3.2)."""

import asyncio
from collections.abc import Sequence

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.actions.accept import Submission
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bulk import accepted_record, bulk_reply, refused_record
from suprsend_hub.api.door import Door
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import split_records
from suprsend_hub.domain.workflow_trigger import WorkflowTriggerForm, read_workflow_trigger
from suprsend_hub.store.workspaces import Workspace

EXAMPLE = {
    "workflow": "purchase-made",
    "recipients": ["user-1", {"distinct_id": "user-2", "$email": ["ada@example.com"]}],
    "data": {"first_name": "Ada"},
}


def workflow_trigger_routes(gatekeeper: Gatekeeper, door: Door) -> list[HTTPRouteHandler]:
    """The routes of workflows' triggers."""

    @post(
        "/trigger/",
        operation_class=body_of(WorkflowTriggerForm, example=EXAMPLE, or_array=True),
        status_code=202,
        summary="Trigger a stored workflow",
        tags=["triggers"],
    )
    async def trigger_workflow(request: AnyRequest) -> Response[Document]:
        """Accept one trigger, or an array of which each is accepted or refused on its own."""
        workspace = await gatekeeper.workspace(request)
        body = await request.body()
        split = split_records(body)
        if split is None:
            message_id = await _accept(door, workspace, body)
            return Response({"status": "success", "message_id": message_id}, status_code=202)
        return bulk_reply(await _accept_each(door, workspace, split))

    return [trigger_workflow]


async def _accept_each(door: Door, workspace: Workspace, records: Sequence[bytes]) -> list[Document]:
    """What became of each record; those that are accepted share their commits."""
    results = await asyncio.gather(*(_accept(door, workspace, raw) for raw in records), return_exceptions=True)
    answered: list[Document] = []
    for result in results:
        match result:
            case Invalid() as fault:
                answered.append(refused_record(fault))
            case BaseException() as error:
                # Whatever else went wrong went wrong for all: the caller tries the whole call again.
                raise error
            case message_id:
                answered.append(accepted_record(message_id))
    return answered


async def _accept(door: Door, workspace: Workspace, raw: bytes) -> str | None:
    trigger = read_workflow_trigger(raw)
    receipt = await door.accept(Submission(workspace.id, (trigger,), is_array=False))
    return receipt.request_ids[0]
