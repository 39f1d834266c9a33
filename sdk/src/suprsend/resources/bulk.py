"""Many records in few requests: each record is checked and written once, when it is appended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypedDict, TypeVar

from suprsend.encoding import CALL_LIMIT
from suprsend.errors import SuprsendError
from suprsend.journal import logger
from suprsend.operation import HasSettings, operation
from suprsend.protocol import Response, RetryPolicy, Send, Steps, exchange
from suprsend.resources.event import Event, encode_event
from suprsend.resources.user import User
from suprsend.resources.workflow import ADDED_BY_PLATFORM, Workflow, encode_workflow
from suprsend.results import explain

C = TypeVar("C", bound=HasSettings)
B = TypeVar("B", covariant=True)
R = TypeVar("R")

RECORDS_IN_CALL = 100
USERS_IN_CALL = 400

_OPENING, _BETWEEN, _CLOSING = b"[", b", ", b"]"


class FailedRecord(TypedDict):
    """A record that was not accepted; `code` is the HTTP status, or 500 if it was never answered."""

    record: dict[str, Any]
    error: str
    code: int


@dataclass(slots=True, eq=False)
class BulkResponse:
    """What became of a bulk call; `status` is None until something was sent.

    `total` records were given, `success` accepted, `failure` not; `failed_records` says why;
    `warnings` are about records that were sent all the same.
    """

    status: Literal["success", "partial", "fail"] | None = None
    failed_records: list[FailedRecord] = field(default_factory=list)
    total: int = 0
    success: int = 0
    failure: int = 0
    warnings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"BulkResponse<status: {self.status} | total: {self.total} | success: {self.success} | "
            f"failure: {self.failure} | warnings: {len(self.warnings)}>"
        )

    def count(self, accepted: int, failed: list[FailedRecord]) -> None:
        """Add some records that were accepted and some that were not."""
        self.total += accepted + len(failed)
        self.success += accepted
        self.failure += len(failed)
        self.failed_records += failed
        if self.failure == 0:
            self.status = "success"
        else:
            self.status = "partial" if self.success else "fail"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records that travel in one request."""

    records: list[bytes]
    is_repeatable: bool

    def body(self) -> bytes:
        """Return the records as one JSON array."""
        return _OPENING + _BETWEEN.join(self.records) + _CLOSING

    def failed(self, error: str, code: int) -> list[FailedRecord]:
        """Return every record of this chunk as failed."""
        return [{"record": json.loads(record), "error": error, "code": code} for record in self.records]


@dataclass(slots=True)
class Batch:
    """Records waiting to be sent, as JSON.

    A request holds at most `records_in_call`; the platform counts `added_by_platform` bytes more for each.
    """

    records_in_call: int
    added_by_platform: int = 0
    records: list[bytes] = field(default_factory=list)
    repeatable: bytearray = field(default_factory=bytearray)
    invalid: list[FailedRecord] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, record: bytes, is_repeatable: bool) -> None:
        """Add a checked record; `is_repeatable` if the server would notice that it came twice."""
        self.records.append(record)
        self.repeatable.append(is_repeatable)

    def refuse(self, record: dict[str, Any], fault: Exception) -> None:
        """Note a record that will not be sent."""
        self.invalid.append({"record": record, "error": str(fault), "code": 500})

    def chunks(self) -> Iterator[Chunk]:
        """Yield the records in order, each request as full as the limits allow."""
        start = 0
        while start < len(self.records):
            end = self._end_of_chunk(start)
            yield Chunk(self.records[start:end], all(self.repeatable[start:end]))
            start = end

    def _end_of_chunk(self, start: int) -> int:
        overhead = self.added_by_platform + len(_BETWEEN)
        room = CALL_LIMIT
        full = start + self.records_in_call
        sizes = list(map(len, self.records[start:full]))
        if sum(sizes) + overhead * len(sizes) <= room:
            return start + len(sizes)
        for index, size in enumerate(sizes):
            room -= size + overhead
            if room < 0 and index:
                return start + index
        return start + len(sizes)


def deliver_batch(batch: Batch, target: str, policy: RetryPolicy) -> Steps[BulkResponse]:
    """Send a batch chunk by chunk; a chunk that fails does not stop the next."""
    response = BulkResponse(warnings=list(batch.warnings))
    response.count(0, list(batch.invalid))
    for chunk in batch.chunks():
        send = Send("POST", target, chunk.body(), chunk.is_repeatable, policy.timeout)
        answer = yield from exchange(send, policy)
        if isinstance(answer, Response) and answer.is_success:
            response.count(len(chunk.records), [])
        else:
            code = answer.status if isinstance(answer, Response) else 500
            response.count(0, chunk.failed(explain(answer), code))
    return response


class BulkFactory(Generic[B]):
    """Makes empty bulk calls."""

    def __init__(self, make: Callable[[], B]) -> None:
        self._make = make

    def new_instance(self) -> B:
        """Return an empty bulk call: append records to it, then trigger it."""
        return self._make()


class BulkWorkflows(Generic[C]):
    """Many workflows, sent 100 (and at most 800 KB) at a time."""

    def __init__(self, client: C) -> None:
        self.client = client
        self.response = BulkResponse()
        self._batch = Batch(RECORDS_IN_CALL, ADDED_BY_PLATFORM)

    def append(self, *workflows: Workflow) -> None:
        """Add workflows as they are now; an invalid one is reported by `trigger()`, and the rest is sent."""
        batch = self._batch
        for workflow in _only(Workflow, workflows):
            try:
                batch.add(*encode_workflow(workflow))
            except (SuprsendError, TypeError) as fault:
                batch.refuse(workflow.as_json(), fault)

    @operation
    def trigger(self) -> Steps[BulkResponse]:
        """Send every workflow appended so far, and return what became of each.

        Raises nothing for a record: see `BulkResponse.failed_records`.

            bulk = client.bulk_workflows.new_instance()
            bulk.append(workflow, other_workflow)
            print(bulk.trigger())
        """
        settings = self.client.settings
        self.response = yield from deliver_batch(self._batch, settings.trigger_target, settings.policy)
        return self.response


class BulkEvents(Generic[C]):
    """Many events, sent 100 (and at most 800 KB) at a time."""

    def __init__(self, client: C) -> None:
        self.client = client
        self.response = BulkResponse()
        self._batch = Batch(RECORDS_IN_CALL)

    def append(self, *events: Event) -> None:
        """Add events as they are now; an invalid one is reported by `trigger()`, and the rest is sent."""
        batch = self._batch
        workspace_key = self.client.settings.workspace_key
        for event in _only(Event, events):
            try:
                batch.add(encode_event(event, workspace_key), True)
            except (SuprsendError, TypeError) as fault:
                batch.refuse(event.as_json(), fault)

    @operation
    def trigger(self) -> Steps[BulkResponse]:
        """Send every event appended so far, and return what became of each.

        Raises nothing for a record: see `BulkResponse.failed_records`.

            bulk = client.bulk_events.new_instance()
            bulk.append(*(Event(user, "SEASON_OPENED") for user in users))
            print(bulk.trigger())
        """
        settings = self.client.settings
        self.response = yield from deliver_batch(self._batch, settings.event_target, settings.policy)
        return self.response


class BulkUsers(Generic[C]):
    """Many profile edits, sent 400 (and at most 800 KB) at a time."""

    def __init__(self, client: C) -> None:
        self.client = client
        self.response = BulkResponse()
        self._batch = Batch(USERS_IN_CALL)

    def append(self, *users: User[C]) -> None:
        """Add users with the edits they have now; a wrong edit is left out and noted in the warnings."""
        batch = self._batch
        for user in _only(User, users):
            batch.warnings += user.notes()
            try:
                batch.add(user.encode(), True)
            except (SuprsendError, TypeError) as fault:
                batch.refuse(user.as_json(), fault)

    @operation
    def save(self) -> Steps[BulkResponse]:
        """Save every user appended so far, and return what became of each.

        Raises nothing for a record: see `BulkResponse.failed_records`.

            bulk = client.bulk_users.new_instance()
            user = client.user.get_instance("user-1")
            user.add_email("ada@example.com")
            bulk.append(user)
            print(bulk.save())
        """
        settings = self.client.settings
        self.response = yield from deliver_batch(self._batch, settings.event_target, settings.policy)
        return self.response

    trigger = save


def _only(kind: type[R], items: Iterable[object]) -> Iterator[R]:
    for item in items:
        if isinstance(item, kind):
            yield item
        else:
            logger.warning("left out of a bulk call: %s is no %s", type(item).__name__, kind.__name__)
