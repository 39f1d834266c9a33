"""Whether the delivery of a node had its success, by what, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.explanation_facts import MessageFacts, RunFacts
from suprsend_hub.domain.success import SUCCESS_STATES


@dataclass(frozen=True, slots=True)
class Met:
    """What met a success; `message` is None where an event did."""

    at: datetime
    message: MessageFacts | None
    by: str

    @property
    def sentence(self) -> str:
        """What happened, as a clause."""
        if self.message is None:
            return f"the event {self.by} was tracked at {moment(self.at)}"
        return f"the {self.message.channel} message {self.message.id} was {self.by} at {moment(self.at)}"


def find_success(run: RunFacts, success: str) -> Met | None:
    """What met the success first, of a run at one node, or None."""
    if success not in SUCCESS_STATES:
        at = min(run.events.values(), default=None)
        return None if at is None else Met(at, None, success)
    counting = SUCCESS_STATES[success]
    # A state may be known without its moment: then the last change is the best that is known.
    met = [
        Met(at or each.updated_at, each, state)
        for each in run.messages
        if each.status in counting
        for state, at in _moments(each)
        if state in counting and (at is not None or state == each.status)
    ]
    return min(met, key=lambda each: each.at, default=None)


def _moments(message: MessageFacts) -> Iterator[tuple[str, datetime | None]]:
    yield "delivered", message.delivered_at
    yield "dismissed", message.dismissed_at
    yield "seen", message.seen_at
    yield "clicked", message.clicked_at


def moment(at: datetime) -> str:
    """A time as people read it, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
