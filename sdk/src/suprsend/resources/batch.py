"""Records waiting to be sent in few requests, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeAlias, TypedDict

from suprsend.encoding import CALL_LIMIT
from suprsend.protocol import Answer, Concurrently, Response, RetryPolicy, Send, Steps, exchange
from suprsend.results import explain

RECORDS_IN_CALL = 100
USERS_IN_CALL = 400
IN_FLIGHT = 4
FEW_CALLS = 4

# Threads double the CPU of a request (about 0.2 ms): below this many seconds an answer is not worth waiting for aside.
WORTH_WAITING_ASIDE = 0.002

_OPENING, _BETWEEN, _CLOSING = b"[", b", ", b"]"

Progress: TypeAlias = Callable[[int, int], None]


class FailedRecord(TypedDict):
    """A record that was not accepted; `code` is the HTTP status, or 500 if it was never answered."""

    record: dict[str, Any]
    error: str
    code: int


@dataclass(slots=True, eq=False)
class BulkResponse:
    """What became of a bulk call; `status` is None until something was sent.

    `total` records were given, `success` accepted, `failure` not; `failed_records` says why, in the order in which
    they were appended after those that were never sent; `warnings` are about records that were sent all the same.
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
    """Records that travel in one request; `number` counts the chunks from 0."""

    number: int
    records: list[bytes]
    is_repeatable: bool

    def body(self) -> bytes:
        """Return the records as one JSON array."""
        return _OPENING + _BETWEEN.join(self.records) + _CLOSING

    def failed(self, index: int, error: str, code: int) -> FailedRecord:
        """Return one of the records as failed."""
        return {"record": json.loads(self.records[index]), "error": error, "code": code}


def refused_one_by_one(chunk: Chunk, response: Response) -> list[FailedRecord]:
    """Read a success, of an endpoint that may answer each record, in the order sent (wire.md 3.2)."""
    try:
        told = response.json()
    except ValueError:
        return []
    records = told.get("records") if isinstance(told, dict) else None
    if not isinstance(records, list):
        return []
    failed = []
    for index in range(len(chunk.records)):
        record = records[index] if index < len(records) else None
        if not isinstance(record, dict):
            failed.append(chunk.failed(index, "the answer says nothing of this record", response.status))
        elif record.get("status") != "success":
            failed.append(chunk.failed(index, _said(record), _code(record, response.status)))
    return failed


def _said(record: dict[str, Any]) -> str:
    error = record.get("error")
    said = error.get("message") if isinstance(error, dict) else error
    return str(said) if said else "refused without a reason"


def _code(record: dict[str, Any], status: int) -> int:
    code = record.get("status_code")
    return code if isinstance(code, int) else status


@dataclass(slots=True)
class Batch:
    """Records waiting to be sent, as JSON.

    A request holds at most `records_in_call`; the platform counts `added_by_platform` bytes more for each.
    `is_ordered` if the records must arrive in their order.
    """

    records_in_call: int
    added_by_platform: int = 0
    records: list[bytes] = field(default_factory=list)
    repeatable: bytearray = field(default_factory=bytearray)
    invalid: list[FailedRecord] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_ordered: bool = False

    def add(self, record: bytes, is_repeatable: bool) -> None:
        """Add a checked record; `is_repeatable` if the server would notice that it came twice."""
        self.records.append(record)
        self.repeatable.append(is_repeatable)

    def refuse(self, record: dict[str, Any], fault: Exception) -> None:
        """Note a record that will not be sent."""
        self.invalid.append({"record": record, "error": str(fault), "code": 500})

    def chunks(self) -> Iterator[Chunk]:
        """Yield the records in order, each request as full as the limits allow."""
        start = number = 0
        while start < len(self.records):
            end = self._end_of_chunk(start)
            yield Chunk(number, self.records[start:end], all(self.repeatable[start:end]))
            start = end
            number += 1

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


@dataclass(slots=True)
class Delivery:
    """The sending of one batch, chunk by chunk; one that fails stops no other.

    Few requests go one after another, as the official client's do. Of many, the first two show how long an answer
    takes: where that is worth it, the others go several at once. `took` is the seconds of the last.
    """

    batch: Batch
    target: str
    policy: RetryPolicy
    progress: Progress | None
    failed: dict[int, list[FailedRecord]] = field(default_factory=dict)
    ended: int = 0
    took: float = 0.0

    def perform(self) -> Steps[BulkResponse]:
        """Send every chunk and return what became of the records."""
        chunks = self.batch.chunks()
        is_short = len(self.batch.records) <= FEW_CALLS * self.batch.records_in_call
        in_order = FEW_CALLS if is_short else 2
        yield Concurrently(map(self._send, islice(chunks, in_order)), 1, self._note)
        width = 1 if self.batch.is_ordered or self.took < WORTH_WAITING_ASIDE else IN_FLIGHT
        yield Concurrently(map(self._send, chunks), width, self._note)
        response = BulkResponse(warnings=list(self.batch.warnings))
        response.count(0, list(self.batch.invalid))
        for number in sorted(self.failed):
            response.count(0, self.failed[number])
        response.count(len(self.batch.records) - sum(map(len, self.failed.values())), [])
        return response

    def _send(self, chunk: Chunk) -> Steps[tuple[Chunk, list[FailedRecord]]]:
        send = Send("POST", self.target, chunk.body(), chunk.is_repeatable, self.policy.timeout)
        started = self.policy.elapsed()
        answer = yield from exchange(send, self.policy)
        self.took = self.policy.elapsed() - started
        return chunk, self._failures(chunk, answer)

    def _failures(self, chunk: Chunk, answer: Answer) -> list[FailedRecord]:
        if isinstance(answer, Response) and answer.is_success:
            return refused_one_by_one(chunk, answer)
        code = answer.status if isinstance(answer, Response) else 500
        return [chunk.failed(index, explain(answer), code) for index in range(len(chunk.records))]

    def _note(self, outcome: tuple[Chunk, list[FailedRecord]]) -> None:
        chunk, failed = outcome
        if failed:
            self.failed[chunk.number] = failed
        self.ended += len(chunk.records)
        if self.progress is not None:
            self.progress(self.ended, len(self.batch.records))
