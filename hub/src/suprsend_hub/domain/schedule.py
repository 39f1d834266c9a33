"""When something that was asked for is due: `delay` and `trigger_at` (wire.md 3.1)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from suprsend_hub.domain.duration import LONGEST, read_duration
from suprsend_hub.domain.fault import Invalid


@dataclass(frozen=True, slots=True)
class Schedule:
    """A time to wait, or a moment, which wins over it."""

    wait: timedelta
    trigger_at: datetime | None

    def due_at(self, now: datetime) -> datetime:
        """The moment that is meant; the past means now."""
        due = self.trigger_at if self.trigger_at is not None else now + self.wait
        if due - now > LONGEST:
            raise Invalid("trigger_at", f"must be at most {LONGEST.days} days ahead")
        return max(due, now)


def read_schedule(delay: str | int | None, trigger_at: str | None) -> Schedule:
    """The schedule from its wire form, or Invalid that names the field."""
    wait = timedelta(0) if delay is None else read_duration(delay, "delay")
    return Schedule(wait, _read_moment(trigger_at, "trigger_at"))


def _read_moment(text: str | None, field: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(field, f"{text[:40]!r} is not an ISO-8601 time, such as 2026-01-31T09:00:00Z") from None
