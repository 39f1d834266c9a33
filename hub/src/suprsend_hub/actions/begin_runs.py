"""Beginning runs: what is known of the people they are for, and the first leg of their programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.lay_out import Journey, lay_out
from suprsend_hub.actions.programs import Assignment
from suprsend_hub.domain.profile import Profile, ProfileKey
from suprsend_hub.domain.program import next_leg
from suprsend_hub.domain.recipient import Recipient, known_as
from suprsend_hub.store.cancellations import find_cancelled
from suprsend_hub.store.database import Connection
from suprsend_hub.store.profiles import StoredProfile, lock_profiles, read_profiles, write_profiles
from suprsend_hub.store.runs import NewRun, insert_runs

# The position of whoever a request reaches without naming them: it adds nothing to their profile.
NOBODY_NAMED = -1


class Case(Struct, frozen=True):
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
        return ProfileKey(self.recipient.distinct_id, self.object_type, self.assignment.tenant_id)

    @property
    def tells_of(self) -> ProfileKey | None:
        """Whose profile for all tenants the request adds to, if anybody's."""
        if self.key is None or self.position == NOBODY_NAMED or self.recipient.is_transient:
            return None
        return self.key.for_all_tenants


def unnamed(assignment: Assignment, key: ProfileKey) -> Case:
    """A person or an object that a request reaches through something that it names."""
    return Case(assignment, NOBODY_NAMED, known_as(key.distinct_id), key.object_type)


async def begin_runs(connection: Connection, workspace_id: int, cases: Sequence[Case], now: datetime) -> None:
    """Write the runs of these people, and lay out the first leg of each who was not cancelled meanwhile."""
    if not cases:
        return
    cases, cancelled = await _part(connection, workspace_id, cases)
    profiles = await _meet(connection, workspace_id, cases, now)
    runs = [_cancelled_run(each, now) for each in cancelled]
    journeys: list[Journey] = []
    for case in cases:
        request, program = case.assignment.request, case.assignment.program
        stored = profiles.get(case.key) if case.key is not None else None
        used = None if case.recipient.is_transient else stored
        identities = case.recipient.identities if used is None else used.profile.identities
        journey = Journey(
            run_id=make_id(now),
            category=request.category,
            root=request.root,
            tenant_id=request.tenant_id,
            distinct_id=case.distinct_id,
            profile_id=stored.id if stored else None,
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
                profile_id=used.id if used else None,
                distinct_id=journey.distinct_id,
                node=journey.leg.next_node,
                waits_until=now + journey.leg.after if journey.leg.after else None,
            )
        )
    exclusions = await lay_out(connection, workspace_id, journeys, now)
    await insert_runs(connection, workspace_id, runs, exclusions, now)


def _cancelled_run(case: Case, now: datetime) -> NewRun:
    """The run of somebody for whom nothing is done: that they were meant is shown, and forgotten with them."""
    return NewRun(
        id=make_id(now),
        request_id=case.assignment.request.id,
        position=case.position,
        profile_id=None,
        distinct_id=case.distinct_id,
        cancelled_at=now,
    )


async def _part(
    connection: Connection, workspace_id: int, cases: Sequence[Case]
) -> tuple[Sequence[Case], Sequence[Case]]:
    """Those for whom something is done, and those who were cancelled."""
    people = {each.distinct_id for each in cases if each.distinct_id is not None}
    requests = {each.assignment.request.id for each in cases}
    cancelled = await find_cancelled(connection, workspace_id, list(requests), list(people))
    if not cancelled:
        return cases, ()
    parts: tuple[list[Case], list[Case]] = ([], [])
    for each in cases:
        parts[(each.assignment.request.id, each.distinct_id) in cancelled].append(each)
    return parts


async def _meet(
    connection: Connection, workspace_id: int, cases: Sequence[Case], now: datetime
) -> dict[ProfileKey, StoredProfile]:
    """Each known person's profile as the tenant of the case sees it, with what these requests tell of them."""
    keys = {key for case in cases if (key := case.key) is not None}
    stored = await read_profiles(connection, workspace_id, keys | {key.for_all_tenants for key in keys})
    stored |= await _add_inline(connection, workspace_id, cases, stored, now)
    seen: dict[ProfileKey, StoredProfile] = {}
    for key in keys:
        if (found := stored.get(key.for_all_tenants)) is not None:
            own = stored.get(key)
            seen[key] = found if own is None else replace(found, profile=found.profile.seen_by(own.profile))
    for case in cases:
        if case.key in stored and case.key in seen and case.tells_of is not None:
            # What a trigger brings counts for it beside what the tenant knows.
            found = seen[case.key]
            seen[case.key] = replace(found, profile=found.profile.with_inline(case.recipient.identities, {}))
    return seen


async def _add_inline(
    connection: Connection,
    workspace_id: int,
    cases: Sequence[Case],
    stored: Mapping[ProfileKey, StoredProfile],
    now: datetime,
) -> dict[ProfileKey, StoredProfile]:
    """Append the inline details of these requests to profiles; those that this changed or made."""
    inline: dict[ProfileKey, list[Recipient]] = {}
    for case in cases:
        if (key := case.tells_of) is not None:
            inline.setdefault(key, []).append(case.recipient)
    # Most triggers repeat what the profile already holds; only those that don't pay for the locks.
    stale = [key for key, told in inline.items() if key not in stored or _merged(stored[key], told) is not None]
    if not stale:
        return {}
    locked = await lock_profiles(connection, workspace_id, stale, now)
    merged = {key: _merged(found, inline[key]) or found.profile for key, found in locked.items()}
    changes = {found.id: (found.profile, merged[key]) for key, found in locked.items()}
    await write_profiles(connection, workspace_id, changes, now)
    return {key: replace(found, profile=merged[key]) for key, found in locked.items()}


def _merged(found: StoredProfile, recipients: Sequence[Recipient]) -> Profile | None:
    merged = found.profile
    for recipient in recipients:
        merged = merged.with_inline(recipient.identities, recipient.properties)
    return None if merged is found.profile else merged
