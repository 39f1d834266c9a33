"""When the steps of a run are due: until when it waited, and what followed then."""

from datetime import datetime
from typing import Literal, TypeAlias

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.explanation_facts import RequestFacts, RunFacts
from suprsend_hub.domain.wait import Wait

# What became of a wait; one that was cancelled would have lasted longer.
WaitState: TypeAlias = Literal["waiting", "over", "cancelled"]


def waits_of(request: RequestFacts, run: RunFacts) -> list[Document]:
    """Each wait of a run, with the one in which it is; of runs of before waits were kept that one alone."""
    waits = [_wait(request, each, "cancelled" if _is_cut_short(run, each) else "over") for each in run.waits]
    if run.waits_until is not None:
        waits.append(_wait(request, Wait(run.node - 1, run.waits_until), "waiting"))
    return waits


def _is_cut_short(run: RunFacts, wait: Wait) -> bool:
    """Whether a run was cancelled in this wait, and went no further."""
    return run.cancelled_at is not None and run.cancelled_at < wait.until and run.node == wait.node + 1


def _wait(request: RequestFacts, wait: Wait, state: WaitState) -> Document:
    delay = request.delays.get(wait.node)
    return {"node": wait.node, "name": delay.name if delay else None, "until": wait.until, "state": state}


def due_at_node(request: RequestFacts, run: RunFacts, node: int) -> datetime | None:
    """When a step that the run has reached was due; None where it followed a wait that was not kept."""
    before = [number for number, delay in request.delays.items() if number < node and delay.duration]
    if not before:
        return run.created_at
    return next((each.until for each in run.waits if each.node == max(before)), None)
