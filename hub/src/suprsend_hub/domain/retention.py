"""How long each class of data is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

DataClass: TypeAlias = Literal["messages", "events", "inbox"]

DATA_CLASSES: tuple[DataClass, ...] = get_args(DataClass)


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days what is over is kept; 0 is for ever."""

    messages: int
    events: int
    inbox: int

    def kept_since(self, data_class: DataClass, now: datetime) -> datetime | None:
        """What is older may go; None where all is kept."""
        days = {"messages": self.messages, "events": self.events, "inbox": self.inbox}[data_class]
        return now - timedelta(days=days) if days else None
