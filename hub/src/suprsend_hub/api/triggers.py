"""`POST /{workspace_key}/trigger/`: one trigger or an array of them (wire.md 3.1)."""

from litestar import MediaType, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.accept import Submission
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.door import Door
from suprsend_hub.description import body_of
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import split_records
from suprsend_hub.domain.trigger import Trigger, TriggerForm, read_trigger

EXAMPLE = {
    "name": "Purchase Workflow",
    "template": "purchase-made",
    "notification_category": "transactional",
    "users": [{"distinct_id": "user-1", "$email": ["ada@example.com"]}],
    "data": {"first_name": "Ada"},
}


def trigger_routes(gatekeeper: Gatekeeper, door: Door) -> list[HTTPRouteHandler]:
    """The routes of triggers."""

    @post(
        "/{workspace_key:str}/trigger/",
        operation_class=body_of(TriggerForm, example=EXAMPLE, or_array=True),
        status_code=202,
        media_type=MediaType.TEXT,
        summary="Trigger a workflow",
        tags=["triggers"],
    )
    async def trigger(request: AnyRequest, workspace_key: FromPath[str]) -> Response[str]:
        """Accept one trigger, or an array of which all are accepted or none."""
        workspace = await gatekeeper.workspace_of_path(request, workspace_key)
        body = await request.body()
        records = split_records(body)
        triggers = (read_trigger(body),) if records is None else tuple(_read_each(records))
        for index, each in enumerate(triggers):
            _check_due(each, door, None if records is None else index)
        await door.accept(Submission(workspace.id, triggers, is_array=records is not None))
        return Response("Message received", status_code=202, media_type=MediaType.TEXT)

    return [trigger]


def _read_each(records: list[bytes]) -> list[Trigger]:
    triggers: list[Trigger] = []
    for index, raw in enumerate(records):
        try:
            triggers.append(read_trigger(raw))
        except Invalid as fault:
            raise fault.within(f"[{index}]") from None
    return triggers


def _check_due(trigger: Trigger, door: Door, index: int | None) -> None:
    try:
        trigger.due_at(door.now())
    except Invalid as fault:
        raise (fault if index is None else fault.within(f"[{index}]")) from None
