"""Advancing: runs whose wait is over come to the next leg of their program."""

from collections.abc import Sequence
from datetime import datetime

from suprsend_hub.actions.lay_out import Journey, lay_out
from suprsend_hub.actions.programs import Assignment, read_assignments
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.job import Advance
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.program import next_leg
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profiles import find_profile_ids, read_seen_identities
from suprsend_hub.store.requests import read_requests
from suprsend_hub.store.runs import RunMove, WaitingRun, lock_waiting, move_runs


async def advance(pool: Pool, job: Advance, now: datetime) -> None:
    """Take a chunk further; runs that have gone on already are left alone, so a second time changes nothing."""

    async def work(connection: Connection) -> None:
        runs = await lock_waiting(connection, job.workspace_id, job.run_ids, job.node)
        if runs:
            await _advance(connection, job.workspace_id, runs, now)

    await transact(pool, work)


async def _advance(connection: Connection, workspace_id: int, runs: Sequence[WaitingRun], now: datetime) -> None:
    requests = await read_requests(connection, workspace_id, {each.request_id for each in runs})
    assignments = {each.request.id: each for each in await read_assignments(connection, requests)}
    # Nobody's row has the id 0, which stands for those without a profile.
    seen_as = {each.id: (each.profile_id or 0, assignments[each.request_id].tenant_id) for each in runs}
    identities = await read_seen_identities(connection, workspace_id, set(seen_as.values()))
    transient = [ProfileKey(each.distinct_id) for each in runs if each.profile_id is None and each.distinct_id]
    known = await find_profile_ids(connection, workspace_id, transient)
    journeys = [
        _journey(
            each,
            assignments[each.request_id],
            identities.get(seen_as[each.id]),
            each.profile_id or known.get(ProfileKey(each.distinct_id or "")),
        )
        for each in runs
    ]
    exclusions = await lay_out(connection, workspace_id, journeys, now)
    moves = [
        RunMove(
            run_id=each.run_id,
            node=each.leg.next_node,
            waits_until=now + each.leg.after if each.leg.after else None,
            exclusions=exclusions[each.run_id],
        )
        for each in journeys
    ]
    await move_runs(connection, workspace_id, moves)


def _journey(
    run: WaitingRun, assignment: Assignment, known: Sequence[Identity] | None, profile_id: int | None
) -> Journey:
    request, named = assignment.request, assignment.person(run.position)
    return Journey(
        run_id=run.id,
        category=request.category,
        root=request.root,
        tenant_id=request.tenant_id,
        distinct_id=run.distinct_id,
        profile_id=profile_id,
        # Of whoever has no profile all that is known is what the request said.
        identities=known if known is not None else named.identities if named else (),
        wanted=named.channels if named else None,
        leg=next_leg(assignment.program, run.node),
        versions=assignment.versions,
    )
