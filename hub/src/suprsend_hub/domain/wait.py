"""A wait: a run stands at a delay of its workflow until then."""

from datetime import datetime

from msgspec import Struct


class Wait(Struct, frozen=True):
    """Of which node, counted from 0, and until when."""

    node: int
    until: datetime
