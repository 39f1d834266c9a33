"""Many records in few requests: each record is checked and written once, when it is appended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from suprsend.errors import SuprsendError
from suprsend.journal import logger
from suprsend.operation import HasSettings, operation
from suprsend.progress import draw_bar
from suprsend.protocol import Steps
from suprsend.resources.batch import Batch, BulkResponse, Delivery, Progress
from suprsend.settings import Settings


class Record(Protocol):
    """What a bulk call carries: it can show itself, sent or not."""

    def as_json(self) -> dict[str, Any]:
        """Return the record as it would be sent, unchecked."""
        ...


C = TypeVar("C", bound=HasSettings)
R = TypeVar("R", bound=Record)
B = TypeVar("B", covariant=True)


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """One kind of record in bulk: how it is written, and how many travel together.

    `encode` gives a record's checked JSON, and whether the server would notice that it came twice; `notes` says
    what is odd about one that is sent all the same; records of one `subject` must arrive in their order.
    """

    record: type[R]
    encode: Callable[[R, Settings], tuple[bytes, bool]]
    target: Callable[[Settings], str]
    records_in_call: int
    added_by_platform: int = 0
    notes: Callable[[R], list[str]] | None = None
    subject: Callable[[R], str] | None = None


class BulkFactory(Generic[B]):
    """Makes empty bulk calls."""

    def __init__(self, make: Callable[[], B]) -> None:
        self._make = make

    def new_instance(self) -> B:
        """Return an empty bulk call: append records to it, then trigger it."""
        return self._make()


class Bulk(Generic[C, R]):
    """Any number of records, sent 100 (profiles 400) and at most 800 KB at a time.

    Up to 400 records (profiles 1,600) go in requests one after another; of more, four requests are under way at once
    if answers take longer than 2 ms. Edits of one profile always arrive in their order.
    """

    def __init__(self, client: C, kind: Kind[R]) -> None:
        self.client = client
        self.response = BulkResponse()
        self._kind = kind
        self._batch = Batch(kind.records_in_call, kind.added_by_platform)
        self._subjects: set[str] = set()

    def append(self, *records: R) -> None:
        """Add records as they are now; an invalid one is reported by `trigger()`, and the rest is sent."""
        kind, batch, settings = self._kind, self._batch, self.client.settings
        for record in records:
            if not isinstance(record, kind.record):
                logger.warning("left out of a bulk call: %s is no %s", type(record).__name__, kind.record.__name__)
                continue
            if kind.subject is not None:
                subject = kind.subject(record)
                batch.is_ordered |= subject in self._subjects
                self._subjects.add(subject)
            if kind.notes is not None:
                batch.warnings += kind.notes(record)
            try:
                batch.add(*kind.encode(record, settings))
            except (SuprsendError, TypeError) as fault:
                batch.refuse(record.as_json(), fault)

    @operation
    def trigger(self, progress: bool | Progress = False) -> Steps[BulkResponse]:
        """Send every record appended so far, and return what became of each.

        Raises nothing for a record: see `BulkResponse.failed_records`. `progress` is called after each request with
        the number of records answered and the number of all; True draws a bar on the terminal.

            bulk = client.bulk_events.new_instance()
            bulk.append(*(Event(user, "SEASON_OPENED") for user in users))
            print(bulk.trigger(progress=True))
        """
        settings = self.client.settings
        tell = draw_bar if progress is True else progress or None
        delivery = Delivery(self._batch, self._kind.target(settings), settings.policy, tell)
        self.response = yield from delivery.perform()
        return self.response

    save = trigger
