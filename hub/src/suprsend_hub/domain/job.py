"""The closed set of what workers are asked to do; a job holds ids, never data."""

from datetime import timedelta
from typing import TypeAlias

from msgspec import Struct

from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import Channel

# The engine's cost of a job is spread over this many requests or messages.
CHUNK = 200


class Plan(Struct, frozen=True):
    """Decide what accepted requests of one workspace lead to."""

    workspace_id: int
    request_ids: tuple[str, ...]
    root: Root = "transactional"


class Advance(Struct, frozen=True):
    """Go on with runs whose wait is over; `node` fences: a run that has gone on from there is left alone."""

    workspace_id: int
    run_ids: tuple[str, ...]
    node: int
    root: Root = "transactional"


class Expand(Struct, frozen=True):
    """Go on with a broadcast behind this member; `after` fences: only a job that begins at the cursor does anything."""

    workspace_id: int
    request_id: str
    root: Root = "transactional"
    after: str = ""


class Send(Struct, frozen=True):
    """Hand messages of one channel to their vendors.

    `attempt` fences: a job that runs again after its messages moved on to a later attempt finds nothing to do.
    With `falls_back` the messages are with a vendor already, which failed or was silent: the next one is asked;
    `awaits` is the account whose reports were waited for, where it was silent. `returns` is the account whose answer
    was lost: it may have the messages, so it is asked again before any other. `turn` fences too: it counts how often
    these messages were put off because their vendor's budget was used up. `tries` counts what was tried so far with the
    vendors that are asked now, `lost` how many of those answers were lost.
    """

    workspace_id: int
    channel: Channel
    message_ids: tuple[str, ...]
    attempt: int
    root: Root = "transactional"
    falls_back: bool = False
    awaits: str = ""
    returns: str = ""
    turn: int = 0
    tries: int = 0
    lost: int = 0


class Announce(Struct, frozen=True):
    """Tell an endpoint what is due to be told to it.

    It names no deliveries: what an endpoint is to hear waits in the database, so that a dead one holds no worker. One
    that takes nothing `is_failing`, which is a lane of its own, so that the dead wait only for the dead.
    """

    workspace_id: int
    endpoint_id: int
    is_failing: bool = False


Work: TypeAlias = Plan | Advance | Expand | Send | Announce


class Job(Struct, frozen=True):
    """Work and when it is due, counted from the moment it is written."""

    work: Work
    after: timedelta = timedelta(0)
