"""`/event/`, `/v2/event/` and `/v2/bulk/event/`: tracked events and profile edits (wire.md 3.3, 3.4, 4.1)."""

from collections.abc import Sequence

from litestar import MediaType, Response, post
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.actions.admit_records import admit_record, refuse_unknown_messages
from suprsend_hub.actions.caller import Caller
from suprsend_hub.actions.record import Batch
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bulk import reply_to_each
from suprsend_hub.api.door import Door
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.event import Record, RecordForm, are_reports, read_record
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import split_records
from suprsend_hub.store.database import Pool

EXAMPLE = {"event": "Product Viewed", "distinct_id": "user-1", "properties": {"product": "A-1"}}


def event_routes(gatekeeper: Gatekeeper, door: Door, pool: Pool) -> list[HTTPRouteHandler]:
    """The routes of events and profile edits."""

    async def store(caller: Caller, read: Sequence[Record | Invalid]) -> list[str | Invalid]:
        return await _store(door, pool, caller, read)

    @post(
        "/event/",
        operation_class=body_of(RecordForm, example=EXAMPLE, or_array=True),
        status_code=202,
        media_type=MediaType.TEXT,
        summary="Track events and edit profiles",
        tags=["events"],
    )
    async def record_events(request: AnyRequest) -> Response[str] | Response[Document]:
        """Store events and apply profile operations; of an array what is right, and `records` then say what was not."""
        body = await request.body()
        caller = await gatekeeper.device(request, is_report=are_reports(body))
        split = split_records(body)
        read = [_read(body, caller)] if split is None else [_read_or_fault(raw, caller) for raw in split]
        results = await store(caller, read)
        faults = [each for each in results if isinstance(each, Invalid)]
        if not faults:
            return Response("OK", status_code=202, media_type=MediaType.TEXT)
        if len(faults) == len(results):
            raise faults[0] if split is None else faults[0].within("[0]")
        # 202 also then: mobile clients send their queue again on any other, and Node fails on more than a success.
        return reply_to_each(results, status_code=202)

    @post(
        "/v2/event/",
        operation_class=body_of(RecordForm, example=EXAMPLE),
        status_code=202,
        summary="Track an event or edit a profile",
        tags=["events"],
    )
    async def record_event(request: AnyRequest) -> Document:
        """Store one event or apply one profile edit; open to browsers, for the person of their token."""
        body = await request.body()
        caller = await gatekeeper.app(request, is_report=are_reports(body))
        if split_records(body) is not None:
            raise Invalid("body", "must be one record; send arrays to /v2/bulk/event/")
        [result] = await store(caller, [_read(body, caller)])
        if isinstance(result, Invalid):
            raise result
        return {"status": "success", "message_id": result}

    @post(
        "/v2/bulk/event/",
        operation_class=body_of(list[RecordForm], example=[EXAMPLE]),
        status_code=202,
        summary="Track many events and edit many profiles",
        tags=["events"],
    )
    async def record_many(request: AnyRequest) -> Response[Document]:
        """Store the records that are right, and say of each what became of it: 202, or 207 where some are wrong."""
        caller = await gatekeeper.server(request)
        split = split_records(await request.body())
        if split is None:
            raise Invalid("body", "must be an array of records")
        read = [_read_or_fault(raw, caller) for raw in split]
        return reply_to_each(await store(caller, read))

    return [record_events, record_event, record_many]


async def _store(door: Door, pool: Pool, caller: Caller, read: Sequence[Record | Invalid]) -> list[str | Invalid]:
    """The id of each record, or what is wrong with it: with how it is written, or with what its schema asks for."""
    right = tuple(each for each in read if not isinstance(each, Invalid))
    if not right:
        return [each for each in read if isinstance(each, Invalid)]
    await refuse_unknown_messages(pool, caller, right)
    results = iter(await door.record(Batch(caller.workspace.id, right)))
    return [each if isinstance(each, Invalid) else next(results) for each in read]


def _read(raw: bytes, caller: Caller) -> Record:
    return admit_record(caller, read_record(raw))


def _read_or_fault(raw: bytes, caller: Caller) -> Record | Invalid:
    try:
        return _read(raw, caller)
    except Invalid as fault:
        return fault
