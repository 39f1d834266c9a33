"""Requests and runs: finding them, what their pages tell, following them, and cancelling."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.sealing import Vault

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.actions.stored_workflow import SEND, commit_workflow
from hub.tests.actions.test_payload_schemas import commit_schema, track
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

REQUESTS = "/console/demo/requests"

SignedIn = Callable[[Role], Awaitable[Browser]]


@pytest.fixture
async def history(scene: Scene) -> dict[str, str]:
    """The ids of four requests, by what is special about them."""
    scene.recorder.answers["bad@example.com"] = lambda: Rejected("bad_address", "no such mailbox")
    await scene.commit_template("other-template")
    await scene.accept(trigger_body(users=[{"distinct_id": "ada", "$email": ["ada@example.com"]}]))
    await scene.accept(trigger_body(name="Alert", users=[{"distinct_id": "bob", "$email": ["bad@example.com"]}]))
    await scene.accept(trigger_body(template="other-template", **{"$idempotency_key": "key-7"}))
    await scene.plan_all()
    await scene.send_all()
    await scene.accept(trigger_body(name="Later", delay="1h"))
    rows = await scene.pool.fetch("select id from request order by accepted_at, id")
    return dict(zip(("plain", "failed", "keyed", "later"), (row["id"] for row in rows), strict=True))


async def listed(browser: Browser, query: str = "") -> list[str]:
    """The ids of the requests that a search lists."""
    page = await browser.get(f"{REQUESTS}?{query}")
    assert page.status_code == 200, page.text
    return re.findall(r'href="/console/demo/requests/([0-9A-Z]+)"', page.text)


async def run_of(scene: Scene, request_id: str) -> str:
    """The id of a request's only run."""
    found: str = await scene.pool.fetchval("select id from run where request_id = $1", request_id)
    return found


async def test_a_workflow_that_an_event_did_not_fit_is_shown_with_the_reason(admin: Browser, scene: Scene) -> None:
    await commit_schema(scene, {"properties": {"total": {"type": "number"}}})
    await commit_workflow(scene, SEND, events=("ORDERED",), schema={"schema": "order"})
    await track(scene, {"properties": {"total": XSS}}, {"properties": {"total": 1}})
    [failed] = await listed(admin, "state=failed")
    page = (await admin.get(f"{REQUESTS}/{failed}")).text
    assert "was not begun: what the event carries is not what the workflow&#39;s schema asks for" in page
    assert XSS not in page
    assert "pill-bad" in (await admin.get(f"{REQUESTS}?state=failed")).text


async def test_without_requests_the_page_says_what_to_do(admin: Browser, scene: Scene) -> None:
    assert "Trigger a workflow from your app" in (await admin.get(REQUESTS)).text
    assert "No request fits" in (await admin.get(f"{REQUESTS}?user=nobody")).text


async def test_requests_are_found_by_everything_that_is_known_of_them(admin: Browser, history: dict[str, str]) -> None:
    assert await listed(admin) == sorted(history.values(), reverse=True)
    for query, found in {
        "user=ada": "plain",
        "user=+ada+": "plain",
        "workflow=Alert": "failed",
        "state=failed": "failed",
        "state=accepted": "later",
        "template=other-template": "keyed",
        "key=key-7": "keyed",
        f"request={history['later']}": "later",
        "workflow=Alert&user=bob&state=planned": "failed",
    }.items():
        assert await listed(admin, query) == [history[found]], query
    for query in ("user=ada&workflow=Alert", "state=cancelled", "template=nothing", "request=x", "workflow=alert"):
        assert await listed(admin, query) == [], query


async def test_a_request_that_waits_is_found_by_whom_it_names(admin: Browser, scene: Scene) -> None:
    people = [{"distinct_id": each, "$email": [f"{each}@example.com"]} for each in ("ada", "bob")]
    body = trigger_body(users=[*people, {"$email": ["eve@example.com"], "is_transient": True}], delay="1h")
    await scene.accept(body)
    await scene.fill_list("beta", "ada")
    await scene.broadcast(delay=3600)
    waiting, broadcast = [row["id"] for row in await scene.pool.fetch("select id from request order by id")]
    assert [await listed(admin, f"user={each}") for each in ("ada", "bob", "eve")] == [[waiting], [waiting], []]
    page = (await admin.get(REQUESTS)).text
    assert re.search(rf'{waiting}">.*?<td class="cut">ada <span class="faint">and 1 more</span></td>', page, re.DOTALL)
    await scene.plan_all()
    assert await listed(admin, "user=ada") == [waiting]
    assert await scene.pool.fetchval("select count(*) from request where waiting_people is not null") == 0
    assert await listed(admin) == [broadcast, waiting]


async def test_a_request_that_was_cancelled_as_it_waited_is_found_by_whom_it_names(
    signed_in: SignedIn, history: dict[str, str]
) -> None:
    editor = await signed_in("editor")
    await editor.post(f"{REQUESTS}/{history['later']}/cancel")
    assert await listed(editor, "user=u1") == [history["later"], history["keyed"]]
    assert await listed(editor, "user=u1&state=cancelled") == [history["later"]]


async def test_whoever_waits_is_found_as_somebody_else_after_a_merge_and_not_at_all_once_erased(
    admin: Browser, scene: Scene
) -> None:
    people = [{"distinct_id": each, "$email": [f"{each}@example.com"]} for each in ("ada", "bob")]
    await scene.go_through(trigger_body(users=people))
    await scene.accept(trigger_body(users=people[:1], delay="1h"), trigger_body(users=people, delay="1h"))
    ada, bob = ProfileKey("ada"), ProfileKey("bob")
    await merge_users(scene.pool, scene.workspace.id, ada, bob, scene.now())
    assert await listed(admin, "user=ada&state=accepted") == []
    assert len(await listed(admin, "user=bob&state=accepted")) == 2
    named = await scene.pool.fetch("select waiting_people from request where state = 'accepted'")
    assert [row["waiting_people"] for row in named] == [["bob"], ["bob"]]
    await erase(scene.pool, scene.workspace.id, bob, scene.now())
    assert await listed(admin, "user=bob") == []
    assert await scene.pool.fetchval("select count(*) from request where waiting_people is not null") == 0


async def test_requests_are_found_by_their_time(admin: Browser, history: dict[str, str], scene: Scene) -> None:
    before, after = scene.now() - timedelta(hours=1), scene.now() + timedelta(hours=1)
    assert len(await listed(admin, f"since={before:%Y-%m-%dT%H:%M}&until={after:%Y-%m-%dT%H:%M}")) == 4
    assert await listed(admin, f"until={before:%Y-%m-%dT%H:%M}") == []
    assert await listed(admin, f"since={after:%Y-%m-%dT%H:%M}") == []
    for query in ("since=yesterday", "until=0001-01-01", "state=lost", "after=%00", "user=%00", f"user={'x' * 300}"):
        assert (await admin.get(f"{REQUESTS}?{query}")).status_code == 400, query


async def test_pages_lead_to_older_requests_and_back(admin: Browser, scene: Scene) -> None:
    bodies = [trigger_body(users=[{"distinct_id": f"u{index}"}]) for index in range(120)]
    await scene.accept(*bodies)
    everything = [row["id"] for row in await scene.pool.fetch("select id from request order by id desc")]
    found = await listed(admin)
    assert found == everything[:50]
    found = await listed(admin, f"after={found[-1]}")
    assert found == everything[50:100]
    assert await listed(admin, f"after={found[-1]}") == everything[100:]
    assert await listed(admin, f"before={found[0]}") == everything[:50]


async def test_a_search_that_no_index_serves_stops_and_goes_on_where_it_stopped(
    admin: Browser, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suprsend_hub.store.request_log.MOST_LOOKED_AT", 10)
    await scene.accept(trigger_body(name="Rare"))
    await scene.pool.execute("update request set id = '0' || substr(id, 2)")
    await scene.accept(*(trigger_body() for _ in range(25)))
    query, looked = "workflow=Rare", 0
    while not (found := await listed(admin, query)):
        page = (await admin.get(f"{REQUESTS}?{query}")).text
        assert "Nothing among the requests looked at so far" in page
        way_on = re.search(r'href="\?([^"]+)" rel="next"', page)
        assert way_on
        query, looked = way_on[1].replace("&amp;", "&"), looked + 1
    assert (len(found), looked) == (1, 2)
    assert "Newest" in (await admin.get(f"{REQUESTS}?{query}")).text


async def test_htmx_gets_the_rows_alone(admin: Browser, history: dict[str, str]) -> None:
    part = await admin.get(f"{REQUESTS}?user=ada", HX_Request="true")
    assert part.text.lstrip().startswith('<div id="found"')
    assert history["plain"] in part.text
    assert "<html" not in part.text


async def test_a_request_tells_what_was_asked_for_and_what_became_of_it(
    admin: Browser, history: dict[str, str]
) -> None:
    page = (await admin.get(f"{REQUESTS}/{history['failed']}")).text
    for text in (
        history["failed"],
        "Alert",
        "purchase-made",
        "&#34;first_name&#34;: &#34;Ada &lt;3&#34;",
        "bob",
        "not delivered",
    ):
        assert text in page
    later = (await admin.get(f"{REQUESTS}/{history['later']}")).text
    assert "Not planned yet" in later


async def test_a_run_tells_what_happened_in_its_order_and_why(
    admin: Browser, history: dict[str, str], scene: Scene
) -> None:
    page = (await admin.get(f"/console/demo/runs/{await run_of(scene, history['failed'])}")).text
    steps = steps_of(page)
    assert steps[0].startswith("Accepted")
    assert steps[1].startswith("Planned")
    assert any(step.startswith("email to bad@example.com: not delivered") for step in steps[2:])
    assert "no such mailbox" in page
    assert "bad_address" in page
    assert "the user has no address on this channel" in page
    assert "no_identity" in page


async def test_what_a_vendor_reports_in_whole_seconds_comes_after_what_it_was_asked(
    admin: Browser, history: dict[str, str], scene: Scene
) -> None:
    run_id = await run_of(scene, history["plain"])
    await scene.pool.execute(
        "update message set delivered_at = sent_at - interval '1 second' where run_id = $1", run_id
    )
    steps = steps_of((await admin.get(f"/console/demo/runs/{run_id}")).text)
    assert steps[0].startswith("Accepted")
    assert any("delivered" in step for step in steps[2:])


def steps_of(page: str) -> list[str]:
    """What the timeline of a page tells, in its order."""
    found = re.findall(r'class="moment-what">(.*?)</span>\n', page, re.DOTALL)
    return [re.sub("<[^>]+>", "", step) for step in found]


async def test_tokens_are_shortened(admin: Browser, scene: Scene) -> None:
    token = "fcm-token-that-opens-a-device"
    await scene.go_through(trigger_body(users=[{"distinct_id": "ada", "$androidpush": [token]}]))
    row = await scene.pool.fetchrow("select id, request_id from run")
    assert row
    for path in (f"{REQUESTS}/{row['request_id']}", f"/console/demo/runs/{row['id']}"):
        page = (await admin.get(path)).text
        assert token not in page
        assert "fcm-to…vice" in page


async def follow(browser: Browser, path: str) -> str:
    """Follow a page that moves, while nothing happens; the mark of what it shows."""
    page = (await browser.get(path)).text
    assert 'hx-trigger="every 2s,' in page
    found = re.search(r"""hx-headers='{"If-None-Match": "([^']+)"}'""", page)
    assert found, page
    mark: str = msgspec.json.decode(f'"{found[1]}"')
    same = await browser.get(f"{path}/live", HX_Request="true", If_None_Match=mark)
    assert (same.status_code, same.text) == (304, "")
    other = await browser.get(f"{path}/live", HX_Request="true", If_None_Match='"x"')
    assert (other.status_code, other.headers["etag"]) == (200, mark)
    assert 'id="live"' in other.text
    assert "<html" not in other.text
    return mark


async def test_a_page_that_moves_asks_again_until_it_is_over(
    admin: Browser, history: dict[str, str], scene: Scene
) -> None:
    of_request = f"{REQUESTS}/{history['later']}"
    waiting = await follow(admin, of_request)
    await scene.plan_all()
    of_run = f"/console/demo/runs/{await run_of(scene, history['later'])}"
    marks = {of_request: await follow(admin, of_request), of_run: await follow(admin, of_run)}
    assert marks[of_request] != waiting
    await scene.send_all()
    over = {
        path: await admin.get(f"{path}/live", HX_Request="true", If_None_Match=mark) for path, mark in marks.items()
    }
    assert {each.status_code for each in over.values()} == {200}
    assert "hx-trigger" not in over[of_request].text
    assert 'hx-trigger="every 5s,' in over[of_run].text, "its receipts are still to come"
    for status, sent_ago in (("clicked", timedelta()), ("delivered", timedelta(hours=2))):
        change = "update message set status = $1, sent_at = $2 where sent_at is not null"
        await scene.pool.execute(change, status, scene.now() - sent_ago)
        assert "hx-trigger" not in (await admin.get(of_run)).text, "nothing more is to be heard"


async def test_the_button_that_cancels_goes_as_soon_as_nothing_moves(
    admin: Browser, signed_in: SignedIn, history: dict[str, str], scene: Scene
) -> None:
    await scene.plan_all()
    viewer, gone = await signed_in("viewer"), '<div id="ending" hx-swap-oob="true"></div>'
    paths = (f"{REQUESTS}/{history['later']}", f"/console/demo/runs/{await run_of(scene, history['later'])}")
    for path in paths:
        assert '<div id="ending"><details' in (await admin.get(path)).text
        assert gone not in (await admin.get(f"{path}/live", HX_Request="true")).text
    await scene.send_all()
    for path in paths:
        assert gone in (await admin.get(f"{path}/live", HX_Request="true")).text
        assert gone not in (await viewer.get(f"{path}/live", HX_Request="true")).text, "there is none to take away"
        assert 'ending"><details' not in (await admin.get(path)).text


async def test_an_editor_cancels_what_is_left_and_it_is_noted(
    signed_in: SignedIn, history: dict[str, str], scene: Scene
) -> None:
    viewer, editor = await signed_in("viewer"), await signed_in("editor")
    path = f"{REQUESTS}/{history['later']}"
    assert "Cancel the request" not in (await viewer.get(path)).text
    assert (await viewer.post(f"{path}/cancel")).status_code == 403
    assert "Cancel the request" in (await editor.get(path)).text
    assert (await editor.post(f"{path}/cancel")).headers["location"] == path
    page = (await editor.get(path)).text
    assert "Cancelled: nothing more of it is sent." in page
    assert "Cancel the request" not in page
    assert await scene.pool.fetchval("select state from request where id = $1", history["later"]) == "cancelled"
    noted = await scene.pool.fetchrow("select * from audit_entry where action = 'cancelled request'")
    assert noted
    assert (noted["user_name"], noted["target"]) == ("editor@example.com", history["later"])
    await editor.post(f"{path}/cancel")
    assert "There was nothing left to cancel." in (await editor.get(path)).text


async def test_cancelling_ends_the_runs_of_a_request_and_of_no_other(
    signed_in: SignedIn, history: dict[str, str], scene: Scene
) -> None:
    editor = await signed_in("editor")
    await scene.accept(trigger_body(name="Other"))
    await scene.plan_all()
    await editor.post(f"{REQUESTS}/{history['later']}/cancel")
    run_id = await run_of(scene, history["later"])
    page = (await editor.get(f"/console/demo/runs/{run_id}")).text
    assert "Cancelled" in page
    assert "the run was cancelled before it was sent" in page
    assert await scene.pool.fetchval("select count(*) from run where cancelled_at is not null") == 1
    other: str = await scene.pool.fetchval(
        "select r.id from run r join request q on q.id = r.request_id where q.name = 'Other'"
    )
    assert (await editor.post(f"/console/demo/runs/{other}/cancel")).status_code == 303
    assert await scene.pool.fetchval("select count(*) from run where cancelled_at is not null") == 2


async def test_another_workspace_has_its_own_requests(
    admin: Browser, history: dict[str, str], scene: Scene, vault: Vault
) -> None:
    await create_workspace(scene.pool, vault, "bakery")
    run_id = await run_of(scene, history["plain"])
    assert history["plain"] not in (await admin.get("/console/bakery/requests")).text
    for path in (f"requests/{history['plain']}", f"requests/{history['plain']}/live", f"runs/{run_id}"):
        assert (await admin.get(f"/console/bakery/{path}")).status_code == 404
    for path in (f"requests/{history['later']}/cancel", f"runs/{run_id}/cancel"):
        assert (await admin.post(f"/console/bakery/{path}")).status_code == 404


async def test_whatever_people_write_is_shown_as_it_is(admin: Browser, scene: Scene) -> None:
    scene.recorder.answers["ada@example.com"] = lambda: Rejected(XSS, XSS)
    body = trigger_body(
        name=XSS,
        users=[{"distinct_id": XSS, "$email": ["ada@example.com"]}],
        data={XSS: XSS},
        **{"$idempotency_key": XSS},
    )
    await scene.go_through(body)
    await scene.pool.execute("update request set tenant_id = $1, category = $1, cancellation_key = $1; ", XSS)
    await scene.pool.execute(
        "update message set vendor_nickname = $1, variant_id = $1, passed = array[$1], success = $1", XSS
    )
    row = await scene.pool.fetchrow("select id, request_id from run")
    assert row
    for path in (REQUESTS, f"{REQUESTS}/{row['request_id']}", f"/console/demo/runs/{row['id']}"):
        page = (await admin.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(" in page
        assert outline(page).faults == []
        assert outline(page).open == []
    searched = (await admin.get(f"{REQUESTS}?user=%3Cscript%3Ealert(1)%3C/script%3E%22")).text
    assert "<script>alert" not in searched
