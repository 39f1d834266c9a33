"""`POST /event/`: tracked events and profile edits, one or an array of both (wire.md 3.3, 3.4)."""

from litestar import MediaType, Response, post
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.actions.record import Batch
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.door import Door
from suprsend_hub.description import body_of
from suprsend_hub.domain.event import Record, RecordForm, read_record
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import split_records
from suprsend_hub.store.workspaces import Workspace

EXAMPLE = {"event": "Product Viewed", "distinct_id": "user-1", "properties": {"product": "A-1"}}


def event_routes(gatekeeper: Gatekeeper, door: Door) -> list[HTTPRouteHandler]:
    """The routes of events and profile edits."""

    @post(
        "/event/",
        operation_class=body_of(RecordForm, example=EXAMPLE, or_array=True),
        status_code=202,
        media_type=MediaType.TEXT,
        summary="Track events and edit profiles",
        tags=["events"],
    )
    async def record_events(request: AnyRequest) -> Response[str]:
        """Store events and apply profile operations; an array is recorded whole or not at all."""
        workspace = await gatekeeper.workspace(request)
        body = await request.body()
        split = split_records(body)
        records = (_read(body, workspace),) if split is None else tuple(_read_each(split, workspace))
        await door.record(Batch(workspace.id, records))
        return Response("OK", status_code=202, media_type=MediaType.TEXT)

    return [record_events]


def _read_each(records: list[bytes], workspace: Workspace) -> list[Record]:
    read: list[Record] = []
    for index, raw in enumerate(records):
        try:
            read.append(_read(raw, workspace))
        except Invalid as fault:
            raise fault.within(f"[{index}]") from None
    return read


def _read(raw: bytes, workspace: Workspace) -> Record:
    record = read_record(raw)
    if record.env is not None and record.env not in (workspace.key, workspace.uid):
        raise Invalid("env", "names another workspace than the one that the credentials open")
    return record
