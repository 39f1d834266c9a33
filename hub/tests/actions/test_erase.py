"""Erasing: nothing that says who somebody was is left anywhere, and what others have stays."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.accept import Submission, accept
from suprsend_hub.actions.cancel import cancel
from suprsend_hub.actions.edit_preferences import Scope, WantedChoice, choose
from suprsend_hub.actions.edit_profile import edit_profile
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.expand import PAGE, expand
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.subscribe import subscribe
from suprsend_hub.domain.details import Details, Member, read_details
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.job import Expand, Send
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.trigger import read_trigger
from suprsend_hub.store.cancellations import RunFilter, write_tombstones
from suprsend_hub.store.database import Pool
from suprsend_hub.store.message_contents import inflate
from suprsend_hub.store.runs import NewRun, insert_runs

from .scene import Scene, trigger_body
from .stored_workflow import DELAY, SEND, commit_workflow, trigger

ADA = "ada-7f3a"
# Whatever of hers must be found nowhere.
HERS = ("ada-7f3a", "lovelace@", "+15005550099", "token-of-lovelace", "Lovelace", "analytical engine")
DETAILS: Document = {
    "distinct_id": ADA,
    "$email": ["lovelace@example.com"],
    "$sms": "+15005550099",
    "$androidpush": "token-of-lovelace",
    "surname": "Lovelace",
}
BOB: Document = {"distinct_id": "bob", "$email": "bob@example.com", "city": "Turin"}


async def everything(pool: Pool) -> dict[str, str]:
    """Every row of every table as text, with what is binary read as well."""
    tables = await pool.fetch(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'public'"
        " and table_name in (select tablename from pg_tables where schemaname = 'public')"
    )
    found: dict[str, str] = {}
    for row in tables:
        column = f'"{row["column_name"]}"'
        text = f"encode({column}, 'escape')" if row["data_type"] == "bytea" else f"{column}::text"
        rows = await pool.fetch(f'select {text} as value from "{row["table_name"]}" where {column} is not null')
        found[f"{row['table_name']}.{row['column_name']}"] = "\n".join(each["value"] for each in rows)
    contents = await pool.fetch("select content from message_content")
    found["message_content.content"] = "\n".join(inflate(each["content"]) for each in contents)
    return found


async def places_of(pool: Pool, *words: str) -> set[tuple[str, str]]:
    """Where in the database these words stand, in any case."""
    found = await everything(pool)
    return {(column, word) for column, text in found.items() for word in words if word.lower() in text.lower()}


async def track(scene: Scene, distinct_id: str) -> None:
    """Let somebody do something."""
    event = {"event": "ENGINE_BUILT", "distinct_id": distinct_id, "properties": {"what": "analytical engine"}}
    records = (read_record(msgspec.json.encode(event)),)
    await record(scene.pool, [Batch(scene.workspace.id, records)], scene.now())


async def request_of(scene: Scene) -> str:
    """A request that names her, and became a run that waits before it sends anything."""
    await scene.accept(trigger_body(users=[DETAILS], data={"about": "the analytical engine"}))
    planned = "update request set state = 'planned' where id = (select max(id) from request) returning id"
    return str(await scene.pool.fetchval(planned))


@pytest.fixture
async def known(scene: Scene) -> Scene:
    """A workspace in which Ada has left traces wherever one can."""
    data = {"first_name": "Lovelace", "about": "the analytical engine"}
    rejected = Rejected("550", "550 <lovelace@example.com> unknown", cause="hard_bounce")
    scene.recorder.answers["lovelace@example.com"] = lambda: rejected
    await scene.add_webhook()
    await scene.go_through(trigger_body(users=[DETAILS], data=data), trigger_body(users=[BOB, DETAILS]))
    for recipients in ([], [ADA]):
        key = f"cancelled, with {len(recipients)} named"
        await scene.accept(trigger_body(users=[DETAILS, BOB], **{"$idempotency_key": key}))
        narrowed = RunFilter(idempotency_key=key, recipients=recipients)
        await cancel(scene.pool, scene.workspace.id, narrowed, scene.now())
    await scene.plan_all()
    await scene.accept(
        trigger_body(users=[DETAILS, BOB], delay=3600), trigger_body(users=[DETAILS], data=data, delay=3600)
    )
    await scene.accept(trigger_body(users=[DETAILS], data=data))
    await track(scene, ADA)
    own = ProfileKey(ADA, tenant_id="acme")
    await edit_profile(
        scene.pool, scene.workspace.id, own, read_details({"nickname": "Lovelace"}).added_to, scene.now()
    )
    wanted = WantedChoice("opt_out", properties={"why": "too much about Lovelace"})
    await choose(scene.pool, Scope(scene.workspace.id, "acme"), ProfileKey(ADA), "promotional", wanted, scene.now())
    await scene.fill_list("beta", ADA, "bob")
    await scene.broadcast(delay=3600)
    waiting = NewRun(make_id(scene.now()), await request_of(scene), 0, None, ADA, 1, scene.now() + timedelta(hours=1))
    narrowed = RunFilter(recipients=(ADA,), idempotency_key="another")
    async with scene.pool.acquire() as connection:
        await insert_runs(connection, scene.workspace.id, [waiting], {waiting.id: ()}, scene.now())
        await write_tombstones(connection, scene.workspace.id, narrowed, scene.now())
    team = Member(ProfileKey("t1", "team"), Details())
    members = [Member(ProfileKey(ADA), Details())]
    await subscribe(scene.pool, scene.workspace.id, team, members, {"role": "Lovelace's"}, scene.now())
    return scene


async def erase_ada(scene: Scene) -> bool:
    """Forget her."""
    return await erase(scene.pool, scene.workspace.id, ProfileKey(ADA), scene.now())


async def test_nothing_of_an_erased_person_is_left_in_any_table_or_log(
    known: Scene, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    before = {column.split(".")[0] for column, _ in await places_of(known.pool, *HERS)}
    assert before >= {"profile", "identity", "request", "run", "message", "event", "suppression", "inbox_notification"}
    assert before >= {"subscription", "list_member", "cancellation", "category_preference"}
    assert before >= {"message_content", "message_try"}
    with caplog.at_level(logging.DEBUG):
        assert await erase_ada(known)
    assert await places_of(known.pool, *HERS) == set()
    told = caplog.text + "".join(capfd.readouterr())
    assert not [word for word in HERS if word in told]
    assert not await erase_ada(known)


async def test_whoever_acted_in_what_others_got_is_forgotten_there_too(scene: Scene) -> None:
    await commit_workflow(scene, DELAY, SEND)
    for actor in (ADA, DETAILS, f" {ADA} ", "bob"):
        await trigger(scene, actor=actor)
    await scene.plan_all()
    await trigger(scene, actor=DETAILS)
    assert await erase_ada(scene)
    assert await places_of(scene.pool, *HERS) == set()
    assert [row[0] for row in await scene.pool.fetch("select body->>'actor' from request order by id") if row[0]] == [
        "bob"
    ]


async def test_what_counts_messages_stays(known: Scene) -> None:
    before = await known.messages()
    await erase_ada(known)
    after = {each["id"]: each for each in await known.messages()}
    assert set(after) == {each["id"] for each in before}
    settled = [each for each in before if each["status"] not in ("to_be_triggered", "triggered")]
    assert settled
    assert {each["id"]: (each["status"], each["failure_code"], each["sent_at"]) for each in settled} == {
        each["id"]: (after[each["id"]]["status"], after[each["id"]]["failure_code"], after[each["id"]]["sent_at"])
        for each in settled
    }
    assert await known.pool.fetchval("select count(*) from event") == 1


async def test_what_others_have_stays(known: Scene) -> None:
    mail = (
        "select m.address, c.content from message m left join message_content c on c.message_id = m.id"
        " where m.distinct_id = 'bob' and m.channel = 'email' order by m.id"
    )
    before = await known.pool.fetch(mail)
    await erase_ada(known)
    assert await known.pool.fetch(mail) == before
    assert [each for each in before if each["content"] is not None]
    rows = await known.pool.fetch("select body from request order by id")
    bodies = [msgspec.json.decode(each["body"]) for each in rows]
    shared = [each for each in bodies if BOB in each.get("users", ())]
    others = [[BOB, {"is_transient": True}], *[[{"is_transient": True}, BOB]] * 3]
    assert [each["users"] for each in shared] == others
    assert all(each["data"] == {"first_name": "Ada <3"} for each in shared)
    await known.plan_all()
    known.recorder.sent.clear()
    await known.send_all()
    assert {message.address for _, message in known.recorder.sent} == {"bob@example.com"}


async def test_what_waits_for_an_erased_person_ends_with_a_reason(known: Scene) -> None:
    waiting = trigger_body(users=[{"distinct_id": ADA, "$channels": ["inbox"]}])
    await known.accept(waiting)
    await known.plan_all()
    await erase_ada(known)
    ended = [each for each in await known.messages() if each["failure_code"] == "recipient_erased"]
    assert ended
    assert {each["status"] for each in ended} == {"not_to_be_triggered"}
    told = {row["message_id"] for row in await known.deliveries() if row["status"] == "not_to_be_triggered"}
    assert {each["id"] for each in ended} <= told
    sent = len(known.recorder.sent)
    await known.send_all()
    assert {message.address for _, message in known.recorder.sent[sent:]} <= {"bob@example.com"}
    assert await known.pool.fetchval("select count(*) from inbox_notification where distinct_id <> 'bob'") == 0


async def test_a_late_report_brings_nothing_back(scene: Scene) -> None:
    messages = await scene.go_through(trigger_body(users=[DETAILS]))
    (mail,) = [each for each in messages if each["channel"] == "email"]
    await erase_ada(scene)
    detail = "550 <lovelace@example.com> unknown"
    report = Receipt(mail["id"], "failed", scene.now(), code="550", detail=detail, cause="hard_bounce")
    await record_receipts(scene.pool, scene.workspace.id, [report], scene.now(), reporter="smtp")
    assert await places_of(scene.pool, *HERS) == set()
    assert await scene.pool.fetchval("select status from message where id = $1", mail["id"]) == "delivery_failure"
    assert await scene.pool.fetchval("select count(*) from suppression") == 0


async def test_a_dead_address_is_left_alone_when_its_owner_comes_back(known: Scene) -> None:
    await erase_ada(known)
    user = {"distinct_id": "new", "$email": "Lovelace@example.com", "$channels": ["email"]}
    await known.accept(trigger_body(users=[user]))
    await known.plan_all()
    (mail,) = [each for each in await known.messages() if each["distinct_id"] == "new" and each["address"]]
    assert (mail["status"], mail["failure_code"]) == ("not_to_be_triggered", "address_suppressed")


async def test_two_people_of_one_request_are_erased_at_once(scene: Scene) -> None:
    users = [{"distinct_id": f"u{n}", "$email": f"u{n}@example.com"} for n in range(6)]
    await scene.go_through(trigger_body(users=users))
    keys = [ProfileKey(f"u{n}") for n in range(6)]
    assert all(await asyncio.gather(*(erase(scene.pool, scene.workspace.id, key, scene.now()) for key in keys)))
    body = msgspec.json.decode(await scene.pool.fetchval("select body from request"))
    assert (body["users"], body["data"]) == ([{"is_transient": True}] * 6, {})
    assert await places_of(scene.pool, "@example.com") == set()


async def test_a_name_that_is_written_with_escapes_is_found(scene: Scene) -> None:
    raw = msgspec.json.encode(trigger_body(users=[{"distinct_id": "é/1", "surname": "Lovelace"}], delay=60))
    trigger = read_trigger(raw.replace("é/1".encode(), rb"\u00e9\/1"))
    await accept(scene.pool, [Submission(scene.workspace.id, (trigger,), is_array=False)], scene.now())
    assert await erase(scene.pool, scene.workspace.id, ProfileKey("é/1"), scene.now())
    assert await places_of(scene.pool, "Lovelace") == set()


async def test_another_workspace_keeps_its_people(known: Scene, vault: Any) -> None:
    assert not await erase(known.pool, known.workspace.id + 1, ProfileKey(ADA), known.now())
    assert await places_of(known.pool, "lovelace@")
    assert [job for job in await known.jobs() if isinstance(job, Send)]


async def test_whoever_is_erased_is_on_no_list_and_gets_no_broadcast_that_waits(known: Scene) -> None:
    assert await erase_ada(known)
    await known.expand_all()
    assert await known.pool.fetchval("select subscribers_count from list_version where status = 'live'") == 1
    reached = await known.pool.fetch(
        "select r.distinct_id from run r join request q on q.id = r.request_id where q.list_version_id is not null"
    )
    assert [row["distinct_id"] for row in reached] == ["bob"]


@pytest.mark.parametrize("people", [1, PAGE, PAGE + 1])
async def test_a_broadcast_that_has_ended_keeps_nobodys_id(scene: Scene, people: int) -> None:
    await scene.fill_list("beta", *(f"{ADA}-{number:03}" for number in range(people)))
    request_id = await scene.broadcast()
    if people > PAGE:
        [first] = [job for job in await scene.jobs() if isinstance(job, Expand)]
        await expand(scene.pool, first, scene.now())
        assert await scene.pool.fetchval("select cursor from broadcast") == f"{ADA}-{PAGE - 1:03}"
        await cancel(
            scene.pool, scene.workspace.id, RunFilter(of_broadcasts=True, execution_id=request_id), scene.now()
        )
    await scene.expand_all()
    [row] = await scene.pool.fetch("select cursor, expanded from broadcast")
    assert tuple(row) == ("", min(people, PAGE))


async def test_a_run_that_waits_for_an_erased_person_goes_no_further(known: Scene) -> None:
    assert await erase_ada(known)
    ended = "select count(*) from run where cancelled_at is not null and waits_until is null and distinct_id is null"
    # One waited, and one was cancelled before it was planned.
    assert await known.pool.fetchval(ended) == 2
