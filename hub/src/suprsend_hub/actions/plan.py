"""Planning: whom accepted requests are for, a whole chunk in a handful of statements."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from suprsend_hub.actions.begin_runs import Case, begin_runs, unnamed
from suprsend_hub.actions.programs import Assignment, read_assignments
from suprsend_hub.domain.job import Plan
from suprsend_hub.domain.object_reference import ObjectReference
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profiles import StoredProfile, read_profiles
from suprsend_hub.store.requests import lock_accepted, mark_planned
from suprsend_hub.store.subscriptions import START, reach_members

# So many subscribers of an object get their runs together.
_PAGE = 500


async def plan(pool: Pool, job: Plan, now: datetime) -> None:
    """Plan a chunk; requests that are planned already are left alone, so a second run changes nothing."""

    async def work(connection: Connection) -> None:
        requests = await lock_accepted(connection, job.workspace_id, job.request_ids)
        if not requests:
            return
        assignments = await read_assignments(connection, requests)
        cases = [
            Case(assignment, position, person)
            for assignment in assignments
            for position, person in assignment.people.items()
        ]
        await begin_runs(connection, job.workspace_id, cases, now)
        objects = await _read_objects(connection, job.workspace_id, assignments)
        for assignment in assignments:
            async for page in _reached(connection, job.workspace_id, assignment, objects):
                await begin_runs(connection, job.workspace_id, page, now)
        await mark_planned(connection, job.workspace_id, [request.id for request in requests], now)

    await transact(pool, work)


async def _read_objects(
    connection: Connection, workspace_id: int, assignments: Sequence[Assignment]
) -> Mapping[ProfileKey, StoredProfile]:
    """The objects that these requests name, as far as there are any."""
    return await read_profiles(connection, workspace_id, {key for each in assignments for key in _depths(each)})


def _depths(assignment: Assignment) -> dict[ProfileKey, int]:
    """The objects that a request names, and how far each reaches."""
    depths: dict[ProfileKey, int] = {}
    for each in assignment.targets:
        if isinstance(each, ObjectReference):
            key = ProfileKey(each.id, each.object_type)
            depths[key] = max(each.depth, depths.get(key, 0))
    return depths


async def _reached(
    connection: Connection, workspace_id: int, assignment: Assignment, objects: Mapping[ProfileKey, StoredProfile]
) -> AsyncIterator[Sequence[Case]]:
    """The objects that a request names and who subscribes to them, page by page, nobody twice."""
    named = {each.distinct_id for each in assignment.people.values()}
    reached = {ProfileKey(each) for each in named if each is not None}
    for key, depth in sorted(_depths(assignment).items()):
        if (found := objects.get(key)) is None:
            continue
        place = START
        # An object that has no addresses of its own stands for its subscribers alone.
        if key not in reached and (depth == 0 or found.profile.identities):
            reached.add(key)
            yield [unnamed(assignment, key)]
        while depth and (page := await reach_members(connection, found.id, depth=depth, after=place, limit=_PAGE)):
            fresh = [each.key for each in page if each.key not in reached]
            reached.update(fresh)
            place = page[-1].place
            yield [unnamed(assignment, each) for each in fresh]
