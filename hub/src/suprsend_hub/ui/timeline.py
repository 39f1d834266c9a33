"""A run as what happened one after another, from its rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import shown_address
from suprsend_hub.store.run_log import ShownMessage, ShownRequest, ShownRun
from suprsend_hub.ui.shown import tone_of
from suprsend_hub.ui.workflow_steps import lay_out as lay_out_workflow


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, or will; its tone is one of those of pills."""

    at: datetime
    what: str
    tone: str
    detail: str = ""
    message_id: str | None = None


_WAITS: Mapping[str, tuple[str, str]] = {
    "waiting": ("the workflow waits until then", "waiting"),
    "over": ("the workflow waited until then", "still"),
    "cancelled": ("the workflow would have waited until then", "still"),
}
_HAPPENINGS = (
    ("sent_at", "sent", "good"),
    ("delivered_at", "delivered", "good"),
    ("seen_at", "seen", "good"),
    ("clicked_at", "clicked", "good"),
    ("dismissed_at", "dismissed", "still"),
)


def lay_out(request: ShownRequest, run: ShownRun, messages: Sequence[ShownMessage], told: Document) -> list[Moment]:
    """Everything that is known of a run, the earliest first; `told` is what explains it."""
    why = {each["message_id"]: str(each["sentence"]) for each in told["messages"]}
    moments = [*_of_request(request, run), *_of_steps(request.workflow_definition, told), *_of_end(run)]
    for each in messages:
        moments += _of_message(each, why.get(each.id, ""))
    # What falls on the same moment stays in the order of the steps.
    return sorted(moments, key=lambda moment: moment.at)


def is_over(run: ShownRun, messages: Sequence[ShownMessage]) -> bool:
    """Whether nothing more is done for this run; what people do with its messages is still recorded."""
    return run.waits_until is None and not any(each.is_waiting for each in messages)


def _of_request(request: ShownRequest, run: ShownRun) -> Iterator[Moment]:
    yield Moment(request.accepted_at, "Accepted", "good", f"request {request.id}")
    if request.due_at - request.accepted_at >= timedelta(seconds=1):
        yield Moment(request.due_at, "Due", "still", "as the trigger asked")
    yield Moment(run.created_at, "Planned", "good", "profile, template and routing were read")


def _of_steps(definition: Document | None, told: Document) -> Iterator[Moment]:
    """The steps of a stored workflow that were reached, as its own page names and counts them."""
    if definition is None:
        return
    steps = lay_out_workflow(definition, (), {}).steps
    names = [f"Step {number}: {step.called}" for number, step in enumerate(steps, 1)]
    for wait in told["waits"]:
        detail, tone = _WAITS[wait["state"]]
        yield Moment(wait["until"], names[wait["node"]], tone, detail)
        if wait["state"] == "waiting":
            for number in takewhile(lambda number: steps[number].kind != "delay", range(wait["node"] + 1, len(steps))):
                yield Moment(wait["until"], names[number], "waiting", f"due then, with {steps[number].template}")
    for each in told["deliveries"]:
        if each["due_at"] is not None and len(steps) > 1:
            yield Moment(each["due_at"], names[each["node"]], "still", f"due, with {each['template']['slug']}")


def _of_end(run: ShownRun) -> Iterator[Moment]:
    if run.cancelled_at is not None:
        yield Moment(run.cancelled_at, "Cancelled", "still", "nothing more of this run is sent")


def _of_message(message: ShownMessage, why: str) -> Iterator[Moment]:
    name = (
        f"{message.channel} to {shown_address(message.channel, message.address)}"
        if message.address
        else message.channel
    )
    if message.repeats is not None:
        detail = f"as {message.repeated_by} asked, by message {message.id}"
        yield Moment(message.created_at, f"{name}: repeated", "still", detail, message.id)
    if message.due_at > message.created_at and message.status == "to_be_triggered":
        yield Moment(message.due_at, f"{name}: its turn", "waiting", why, message.id)
    for column, word, tone in _HAPPENINGS:
        at: datetime | None = getattr(message, column)
        if at is not None:
            by = f"by {message.vendor_nickname}" if column == "sent_at" and message.vendor_nickname else ""
            # Many vendors count in whole seconds: what they report would come before they were asked.
            yield Moment(max(at, message.triggered_at or at), f"{name}: {word}", tone, by, message.id)
    if message.status in ("trigger_failed", "delivery_failure", "not_to_be_triggered"):
        words = {"trigger_failed": "failed", "delivery_failure": "not delivered"}
        yield Moment(
            message.updated_at,
            f"{name}: {words.get(message.status, 'not sent')}",
            tone_of(message.status),
            why,
            message.id,
        )
