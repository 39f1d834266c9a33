"""Planning: from accepted requests to runs and messages, a whole chunk in a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suprsend_hub.actions.announce import announce
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.domain.announcement import Change
from suprsend_hub.domain.category import Root, root_of
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.job import CHUNK, Job, Plan, Send
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.profile import Profile
from suprsend_hub.domain.recipient import Recipient
from suprsend_hub.domain.routing import EXPLANATIONS, FAULTS, Exclusion, Route, Step, Terrain, route
from suprsend_hub.domain.suppression import AddressUse, Cause, suppressible
from suprsend_hub.domain.trigger import Trigger, read_trigger
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.messages import NewMessage, NewRun, insert_messages, insert_runs
from suprsend_hub.store.profiles import StoredProfile, lock_profiles, read_profiles, write_profiles
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.requests import AcceptedRequest, lock_accepted, mark_planned
from suprsend_hub.store.suppressions import find_suppressed
from suprsend_hub.store.templates import read_versions
from suprsend_hub.store.vendors import list_offers


@dataclass(frozen=True, slots=True)
class _Case:
    """One person of one request."""

    request: AcceptedRequest
    position: int
    recipient: Recipient


@dataclass(slots=True)
class _Rows:
    """What a chunk leads to, gathered before anything is written."""

    runs: list[NewRun]
    messages: list[NewMessage]
    sends: dict[tuple[Channel, Root, timedelta], list[str]]


async def plan(pool: Pool, job: Plan, now: datetime) -> None:
    """Plan a chunk; requests that are planned already are left alone, so a second run changes nothing."""

    async def work(connection: Connection) -> None:
        requests = await lock_accepted(connection, job.workspace_id, job.request_ids)
        if requests:
            await _plan_requests(connection, job.workspace_id, requests, now)

    await transact(pool, work)


async def _plan_requests(
    connection: Connection, workspace_id: int, requests: Sequence[AcceptedRequest], now: datetime
) -> None:
    triggers = {request.id: read_trigger(request.body.encode()) for request in requests}
    cases = [
        _Case(request, position, recipient)
        for request in requests
        for position, recipient in enumerate(triggers[request.id].recipients)
    ]
    profiles = await _profiles(connection, workspace_id, cases, now)
    versions = await read_versions(connection, {request.template_version_id for request in requests})
    offers = await list_offers(connection, workspace_id)
    suppressed = await _suppressed(connection, workspace_id, cases, profiles, now)
    rows = _Rows([], [], {})
    for case in cases:
        version = versions.get(case.request.template_version_id)
        terrain = Terrain(
            # Without the version nobody knows what it offered: each address that the person has gets the reason.
            template_channels=version.channels if version else frozenset(CHANNELS),
            offers=offers,
            root=root_of(case.request.category),
            tenant_id=case.request.tenant_id,
            template_deleted=case.request.template_deleted,
            category=case.request.category,
            suppressed=suppressed,
        )
        _lay_out(rows, case, triggers[case.request.id], profiles, terrain, now)
    await insert_runs(connection, workspace_id, rows.runs, now)
    await insert_messages(connection, workspace_id, rows.messages, now)
    ended = [
        Change(each.id, each.channel, each.status, now) for each in rows.messages if each.status != "to_be_triggered"
    ]
    await announce(connection, workspace_id, ended, now)
    await mark_planned(connection, workspace_id, [request.id for request in requests], now)
    await enqueue(connection, _send_jobs(workspace_id, rows))


async def _profiles(
    connection: Connection, workspace_id: int, cases: Sequence[_Case], now: datetime
) -> dict[str, StoredProfile]:
    """Each known person's profile, after the inline details of these requests were appended to it."""
    inline: dict[str, list[Recipient]] = {}
    for case in cases:
        if case.recipient.distinct_id is not None:
            inline.setdefault(case.recipient.distinct_id, [])
            if not case.recipient.is_transient:
                inline[case.recipient.distinct_id].append(case.recipient)
    stored = await read_profiles(connection, workspace_id, inline)
    stale = [
        distinct_id
        for distinct_id, recipients in inline.items()
        if recipients and (distinct_id not in stored or _merged(stored[distinct_id], recipients) is not None)
    ]
    if not stale:
        return stored
    # Most triggers repeat what the profile already holds; only those that don't pay for the locks.
    locked = await lock_profiles(connection, workspace_id, stale, now)
    changes: dict[int, tuple[Profile, Profile]] = {}
    for distinct_id, found in locked.items():
        merged = _merged(found, inline[distinct_id]) or found.profile
        changes[found.id] = (found.profile, merged)
        stored[distinct_id] = StoredProfile(found.id, merged)
    await write_profiles(connection, workspace_id, changes, now)
    return stored


async def _suppressed(
    connection: Connection,
    workspace_id: int,
    cases: Sequence[_Case],
    profiles: dict[str, StoredProfile],
    now: datetime,
) -> dict[AddressUse, Cause]:
    """Which addresses of these people are to be left alone."""
    uses: list[AddressUse] = []
    for case in cases:
        stored = profiles.get(case.recipient.distinct_id or "")
        known = stored.profile.identities if stored else ()
        for each in (*case.recipient.identities, *known):
            address = suppressible(each.channel, each.provider, each.value)
            if address is not None:
                uses.append(AddressUse(address, case.request.category))
    return await find_suppressed(connection, workspace_id, uses, now)


def _merged(found: StoredProfile, recipients: Sequence[Recipient]) -> Profile | None:
    merged = found.profile
    for recipient in recipients:
        merged = merged.with_inline(recipient.identities, recipient.properties)
    return None if merged is found.profile else merged


def _lay_out(
    rows: _Rows,
    case: _Case,
    trigger: Trigger,
    profiles: dict[str, StoredProfile],
    terrain: Terrain,
    now: datetime,
) -> None:
    recipient = case.recipient
    stored = profiles.get(recipient.distinct_id) if recipient.distinct_id is not None else None
    if recipient.is_transient or stored is None:
        profile_id, identities = None, recipient.identities
    else:
        profile_id, identities = stored.id, stored.profile.identities
    decided = route(terrain, recipient.distinct_id, identities, recipient.channels, trigger.delivery)
    run_id = make_id(now)
    rows.runs.append(
        NewRun(
            id=run_id,
            request_id=case.request.id,
            position=case.position,
            profile_id=profile_id,
            distinct_id=recipient.distinct_id,
            exclusions=[_exclusion_document(each) for each in decided.exclusions],
        )
    )
    for step in decided.steps:
        message = _new_message(case, run_id, step, None, now)
        rows.messages.append(message)
        rows.sends.setdefault((step.channel, terrain.root, step.after), []).append(message.id)
    rows.messages += [_new_message(case, run_id, each, each, now) for each in _shown(decided)]


def _shown(decided: Route) -> list[Exclusion]:
    """The exclusions that become messages of their own.

    Faults of the set-up always do. Where nothing at all is sent, every exclusion does, so that whoever looks for
    the message that never came finds the reason in its place.
    """
    if decided.steps:
        return [each for each in decided.exclusions if each.reason in FAULTS]
    return list(decided.exclusions)


def _new_message(
    case: _Case, run_id: str, what: Step | Exclusion, excluded: Exclusion | None, now: datetime
) -> NewMessage:
    status: Status = "to_be_triggered"
    if excluded is not None:
        status = "trigger_failed" if excluded.reason in FAULTS else "not_to_be_triggered"
    return NewMessage(
        id=make_id(now),
        run_id=run_id,
        template_version_id=case.request.template_version_id,
        category=case.request.category,
        tenant_id=case.request.tenant_id,
        distinct_id=case.recipient.distinct_id,
        channel=what.channel,
        provider=what.identity.provider if what.identity else "",
        address=what.identity.value if what.identity else "",
        status=status,
        failure_code=excluded.reason if excluded else None,
        failure_reason=EXPLANATIONS[excluded.reason] if excluded else None,
        due_at=now + what.after if isinstance(what, Step) else now,
        success=what.success if isinstance(what, Step) else None,
        is_rung=isinstance(what, Step) and what.is_rung,
        details=what.identity.details if what.identity else {},
    )


def _exclusion_document(exclusion: Exclusion) -> Document:
    return {"channel": exclusion.channel, "reason": exclusion.reason}


def _send_jobs(workspace_id: int, rows: _Rows) -> list[Job]:
    return [
        Job(Send(workspace_id, channel, tuple(ids[start : start + CHUNK]), 0, root), after)
        for (channel, root, after), ids in rows.sends.items()
        for start in range(0, len(ids), CHUNK)
    ]
