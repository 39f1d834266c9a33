"""Planning: from accepted requests to runs and their first messages, a whole chunk in a handful of statements."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.lay_out import Journey, lay_out
from suprsend_hub.actions.programs import Assignment, read_assignments
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.job import Plan
from suprsend_hub.domain.object_reference import ObjectReference
from suprsend_hub.domain.profile import Profile, ProfileKey
from suprsend_hub.domain.program import next_leg
from suprsend_hub.domain.recipient import Recipient, known_as
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.store.cancellations import find_cancelled, join_planning
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profiles import StoredProfile, lock_profiles, read_profiles, write_profiles
from suprsend_hub.store.requests import lock_accepted, mark_planned
from suprsend_hub.store.runs import NewRun, insert_runs
from suprsend_hub.store.subscriptions import START, reach_members

# The position of whoever a request reaches without naming them: it adds nothing to their profile.
NOBODY_NAMED = -1
# So many subscribers of an object get their runs together.
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Case:
    """One person of one request, at their place in it, or NOBODY_NAMED; an object where `object_type` is given."""

    assignment: Assignment
    position: int
    recipient: Recipient
    object_type: str = ""

    @property
    def distinct_id(self) -> str | None:
        """Whose run it is; an object has no inbox, and nobody's name."""
        return None if self.object_type else self.recipient.distinct_id

    @property
    def key(self) -> ProfileKey | None:
        """Which profile it is for, as its tenant sees it; None for somebody without a distinct id."""
        if self.recipient.distinct_id is None:
            return None
        tenant_id = self.assignment.request.tenant_id or DEFAULT_TENANT
        return ProfileKey(self.recipient.distinct_id, self.object_type, tenant_id)


async def plan(pool: Pool, job: Plan, now: datetime) -> None:
    """Plan a chunk; requests that are planned already are left alone, so a second run changes nothing."""

    async def work(connection: Connection) -> None:
        requests = await lock_accepted(connection, job.workspace_id, job.request_ids)
        if not requests:
            return
        assignments = await read_assignments(connection, requests)
        cases = [
            Case(assignment, position, target)
            for assignment in assignments
            for position, target in enumerate(assignment.targets)
            if isinstance(target, Recipient)
        ]
        await begin_runs(connection, job.workspace_id, cases, now)
        for assignment in assignments:
            async for page in _reached(connection, job.workspace_id, assignment):
                await begin_runs(connection, job.workspace_id, page, now)
        await mark_planned(connection, job.workspace_id, [request.id for request in requests], now)

    await transact(pool, work)


async def _reached(connection: Connection, workspace_id: int, assignment: Assignment) -> AsyncIterator[Sequence[Case]]:
    """The objects that a request names and who subscribes to them, page by page, nobody twice."""
    named = {each.distinct_id for each in assignment.targets if isinstance(each, Recipient)}
    reached = {ProfileKey(each) for each in named if each is not None}
    objects = {
        ProfileKey(each.id, each.object_type): each for each in assignment.targets if isinstance(each, ObjectReference)
    }
    stored = await read_profiles(connection, workspace_id, objects)
    for key, found in stored.items():
        depth, place = objects[key].depth, START
        # An object that has no addresses of its own stands for its subscribers alone.
        if key not in reached and (depth == 0 or found.profile.identities):
            reached.add(key)
            yield [_unnamed(assignment, key)]
        while depth and (page := await reach_members(connection, found.id, depth=depth, after=place, limit=_PAGE)):
            fresh = [each.key for each in page if each.key not in reached]
            reached.update(fresh)
            place = page[-1].place
            yield [_unnamed(assignment, each) for each in fresh]


def _unnamed(assignment: Assignment, key: ProfileKey) -> Case:
    return Case(assignment, NOBODY_NAMED, known_as(key.distinct_id), key.object_type)


async def begin_runs(connection: Connection, workspace_id: int, cases: Sequence[Case], now: datetime) -> None:
    """Write the runs of these people and lay out the first leg of each, but of those who were cancelled meanwhile."""
    await join_planning(connection, workspace_id)
    cases = await _without_cancelled(connection, workspace_id, cases)
    profiles = await _seen_by_tenants(connection, workspace_id, cases, now)
    runs: list[NewRun] = []
    journeys: list[Journey] = []
    for case in cases:
        request, program = case.assignment.request, case.assignment.program
        profile_id, identities = _addresses(case, profiles)
        journey = Journey(
            run_id=make_id(now),
            category=request.category,
            tenant_id=request.tenant_id,
            distinct_id=case.distinct_id,
            identities=identities,
            wanted=case.recipient.channels,
            leg=next_leg(program, 0),
            versions=case.assignment.versions,
        )
        journeys.append(journey)
        runs.append(
            NewRun(
                id=journey.run_id,
                request_id=request.id,
                position=case.position,
                profile_id=profile_id,
                distinct_id=journey.distinct_id,
                node=journey.leg.next_node,
                waits_until=now + journey.leg.after if journey.leg.after else None,
            )
        )
    exclusions = await lay_out(connection, workspace_id, journeys, now)
    await insert_runs(connection, workspace_id, runs, exclusions, now)


async def _without_cancelled(connection: Connection, workspace_id: int, cases: Sequence[Case]) -> Sequence[Case]:
    people = {each.distinct_id for each in cases if each.distinct_id is not None}
    requests = {each.assignment.request.id for each in cases}
    cancelled = await find_cancelled(connection, workspace_id, list(requests), list(people))
    if not cancelled:
        return cases
    return [each for each in cases if (each.assignment.request.id, each.distinct_id) not in cancelled]


def _addresses(case: Case, profiles: Mapping[ProfileKey, StoredProfile]) -> tuple[int | None, Sequence[Identity]]:
    stored = profiles.get(case.key) if case.key is not None else None
    if case.recipient.is_transient or stored is None:
        return None, case.recipient.identities
    return stored.id, stored.profile.identities


async def _seen_by_tenants(
    connection: Connection, workspace_id: int, cases: Sequence[Case], now: datetime
) -> dict[ProfileKey, StoredProfile]:
    """Each known person's profile as the tenant of the case sees it."""
    stored = await _profiles(connection, workspace_id, cases, now)
    own = await read_profiles(connection, workspace_id, (case.key for case in cases if case.key is not None))
    seen: dict[ProfileKey, StoredProfile] = {}
    for case in cases:
        if case.key is None or (found := seen.get(case.key) or stored.get(case.key.for_all_tenants)) is None:
            continue
        if case.key in own and case.key not in seen:
            found = replace(found, profile=found.profile.seen_by(own[case.key].profile))
        if case.key in own and not case.recipient.is_transient:
            # What a trigger brings counts for it beside what the tenant knows.
            found = replace(found, profile=found.profile.with_inline(case.recipient.identities, {}))
        seen[case.key] = found
    return seen


async def _profiles(
    connection: Connection, workspace_id: int, cases: Sequence[Case], now: datetime
) -> dict[ProfileKey, StoredProfile]:
    """Each known person's profile for all tenants, after the inline details of these requests were appended to it."""
    inline: dict[ProfileKey, list[Recipient]] = {}
    for case in cases:
        if case.key is not None:
            recipients = inline.setdefault(case.key.for_all_tenants, [])
            if case.position != NOBODY_NAMED and not case.recipient.is_transient:
                recipients.append(case.recipient)
    stored = await read_profiles(connection, workspace_id, inline)
    stale = [
        key
        for key, recipients in inline.items()
        if recipients and (key not in stored or _merged(stored[key], recipients) is not None)
    ]
    if not stale:
        return stored
    # Most triggers repeat what the profile already holds; only those that don't pay for the locks.
    locked = await lock_profiles(connection, workspace_id, stale, now)
    changes: dict[int, tuple[Profile, Profile]] = {}
    for key, found in locked.items():
        merged = _merged(found, inline[key]) or found.profile
        changes[found.id] = (found.profile, merged)
        stored[key] = replace(found, profile=merged)
    await write_profiles(connection, workspace_id, changes, now)
    return stored


def _merged(found: StoredProfile, recipients: Sequence[Recipient]) -> Profile | None:
    merged = found.profile
    for recipient in recipients:
        merged = merged.with_inline(recipient.identities, recipient.properties)
    return None if merged is found.profile else merged
