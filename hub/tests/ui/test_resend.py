"""Sending again from the console: the buttons, what they lead to, and what follows by itself."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.suppression import SuppressedAddress
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.suppressions import NewSuppression, put_suppressions

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

SignedIn = Callable[[Role], Awaitable[Browser]]
USER = {"distinct_id": "ada", "$email": ["ada@example.com"], "$channels": ["email"]}


@pytest.fixture
async def failed(scene: Scene) -> str:
    """The id of a message that failed, to an address that takes messages from now on."""
    scene.recorder.answers["ada@example.com"] = lambda: Rejected("mailbox_full", "no room")
    (message,) = await scene.go_through(trigger_body(users=[USER]))
    scene.recorder.answers.clear()
    return str(message["id"])


def page_of(message_id: str) -> str:
    return f"/console/demo/messages/{message_id}"


async def send_again(browser: Browser, message_id: str) -> str:
    """Press the button of a message's page; the id of the message that it leads to."""
    reply = await browser.post(f"{page_of(message_id)}/resend")
    assert reply.status_code == 303, reply.text
    return reply.headers["location"].removeprefix(page_of(""))


async def test_a_message_is_sent_again_from_its_page_and_both_say_so(
    signed_in: SignedIn, scene: Scene, failed: str
) -> None:
    editor = await signed_in("editor")
    page = (await editor.get(page_of(failed))).text
    assert f'action="{page_of(failed)}/resend"' in page
    repeat = await send_again(editor, failed)
    assert repeat != failed
    page = (await editor.get(page_of(repeat))).text
    assert "This new message repeats it; what becomes of it is told below." in page
    assert "Sent again" not in page, "nobody knows yet"
    assert "as editor@example.com asked" in page
    assert f'href="{page_of(failed)}"' in page
    assert "It is not over" in page, "what waits has a button that says why not"
    assert f'action="{page_of(repeat)}/resend"' not in page
    assert (outline(page).faults, outline(page).open) == ([], [])
    before = (await editor.get(page_of(failed))).text
    assert f'href="{page_of(repeat)}"' in before
    assert "/resend" not in before
    await scene.send_all()
    assert f'action="{page_of(repeat)}/resend"' in (await editor.get(page_of(repeat))).text
    entry = await scene.pool.fetchrow("select user_name, action, target from audit_entry order by id desc limit 1")
    assert tuple(entry or ()) == ("editor@example.com", "sent message again", failed)


async def test_a_form_that_is_sent_twice_leads_to_the_same_message(
    signed_in: SignedIn, scene: Scene, failed: str
) -> None:
    editor = await signed_in("editor")
    assert await send_again(editor, failed) == await send_again(editor, failed)
    assert len(await scene.messages()) == 2


async def test_what_can_not_be_sent_again_is_told_on_the_page(signed_in: SignedIn, scene: Scene, failed: str) -> None:
    editor = await signed_in("editor")
    await scene.pool.execute("update run set cancelled_at = now()")
    assert await send_again(editor, failed) == failed
    assert "Its run was cancelled" in (await editor.get(page_of(failed))).text
    run_id = await scene.pool.fetchval("select id from run")
    assert (await editor.post(f"/console/demo/runs/{run_id}/resend")).status_code == 303
    assert "The run was cancelled" in (await editor.get(f"/console/demo/runs/{run_id}")).text
    assert len(await scene.messages()) == 1


async def test_viewers_see_no_button_and_may_not_press_it(signed_in: SignedIn, scene: Scene, failed: str) -> None:
    viewer = await signed_in("viewer")
    run_id = await scene.pool.fetchval("select id from run")
    for path in (page_of(failed), f"/console/demo/runs/{run_id}"):
        assert "/resend" not in (await viewer.get(path)).text
        assert (await viewer.post(f"{path}/resend")).status_code == 403
    assert len(await scene.messages()) == 1


async def test_another_workspace_can_not_send_it(signed_in: SignedIn, scene: Scene, failed: str, vault: Vault) -> None:
    await create_workspace(scene.pool, vault, "bakery")
    editor = await signed_in("editor")
    run_id = await scene.pool.fetchval("select id from run")
    for path in (page_of(failed), f"/console/demo/runs/{run_id}"):
        assert (await editor.post(f"{path.replace('demo', 'bakery')}/resend")).status_code == 404
    assert len(await scene.messages()) == 1


async def test_what_failed_of_a_run_is_sent_again_from_its_page(signed_in: SignedIn, scene: Scene, failed: str) -> None:
    editor = await signed_in("editor")
    path = f"/console/demo/runs/{await scene.pool.fetchval('select id from run')}"
    assert f'action="{path}/resend"' in (await editor.get(path)).text
    assert (await editor.post(f"{path}/resend")).headers["location"] == path
    page = (await editor.get(path)).text
    assert "One new message repeats what failed; what becomes of it is told below." in page
    repeat = await scene.pool.fetchval("select id from message where repeats is not null")
    assert f'href="/console/demo/messages/{repeat}">email to ada@example.com: repeated</a>' in page
    assert f"as editor@example.com asked, by message {repeat}" in page, "the timeline tells it"
    assert 'hx-trigger="every 2s,' in page, "the run goes on"
    assert f'action="{path}/resend"' not in page
    await editor.post(f"{path}/resend")
    assert "Nothing was left to send again." in (await editor.get(path)).text
    assert len(await scene.messages()) == 2


async def test_where_the_repeat_is_not_sent_every_page_says_so(signed_in: SignedIn, scene: Scene, failed: str) -> None:
    editor = await signed_in("editor")
    dead = NewSuppression(SuppressedAddress("email", "", "ada@example.com"), "hard_bounce", "gone", failed, None)
    async with scene.pool.acquire() as connection:
        await put_suppressions(connection, scene.workspace.id, [dead], scene.now())
    repeat = await send_again(editor, failed)
    before = (await editor.get(page_of(failed))).text
    assert 'hx-trigger="every 2s,' in before, "what becomes of the repeat is followed"
    assert re.search(rf"It is repeated as .*{repeat}.*waiting.* asked at", before, re.DOTALL)
    await scene.send_all()
    page = (await editor.get(f"{page_of(failed)}/live")).text
    assert re.search(rf"It is repeated as .*{repeat}.*not sent.* asked at", page, re.DOTALL)
    assert "hx-trigger" not in page
    assert "It was not sent: " in (await editor.get(page_of(repeat))).text
    run_id = await scene.pool.fetchval("select id from run")
    for text in (page, (await editor.get(f"/console/demo/runs/{run_id}")).text):
        assert "sent again" not in text.lower()


async def test_of_a_chain_of_repeats_the_last_one_says_how_its_request_stands(
    signed_in: SignedIn, scene: Scene, failed: str
) -> None:
    editor = await signed_in("editor")
    request_id = await scene.pool.fetchval("select request_id from run")

    async def standing() -> tuple[bool, bool, str]:
        """Whether the list, the search and the page of the request speak of a failure."""
        listed = (await editor.get("/console/demo/requests")).text
        found = (await editor.get("/console/demo/requests?state=failed")).text
        page = (await editor.get(f"/console/demo/requests/{request_id}")).text
        states = re.findall(r'<span class="detail">email <span class="pill[^>]*>.*?</svg>(.*?)</span>', page, re.DOTALL)
        return "pill-bad" in listed, request_id in found, ", ".join(states)

    assert await standing() == (True, True, "not delivered")
    second = await send_again(editor, failed)
    assert await standing() == (False, False, "waiting")
    scene.recorder.answers["ada@example.com"] = lambda: Rejected("mailbox_full", "no room")
    await scene.send_all()
    assert await standing() == (True, True, "not delivered")
    scene.recorder.answers.clear()
    await send_again(editor, second)
    await scene.send_all()
    assert await standing() == (False, False, "sent")


async def test_the_page_of_a_message_is_followed_for_as_long_as_something_is_expected(
    admin: Browser, scene: Scene, failed: str
) -> None:
    repeat = await send_again(admin, failed)
    page = (await admin.get(page_of(repeat))).text
    assert 'hx-trigger="every 2s,' in page
    part = await admin.get(f"{page_of(repeat)}/live", HX_Request="true")
    assert "<html" not in part.text
    tag = part.headers["etag"]
    assert (await admin.get(f"{page_of(repeat)}/live", If_None_Match=tag)).status_code == 304
    await scene.send_all()
    sent = await admin.get(f"{page_of(repeat)}/live", If_None_Match=tag)
    assert (sent.status_code, "took it at" in sent.text, "every 5s" in sent.text) == (200, True, True)
    await record_receipts(scene.pool, scene.workspace.id, [Receipt(repeat, "clicked", scene.now())], scene.now())
    clicked = await admin.get(f"{page_of(repeat)}/live", If_None_Match=sent.headers["etag"])
    assert "clicked" in clicked.text
    assert "hx-trigger" not in clicked.text, "nothing more is to be heard"
    assert "hx-trigger" not in (await admin.get(page_of(failed))).text, "what failed is over"
    old = scene.now() - timedelta(hours=2)
    await scene.pool.execute("update message set status = 'delivered', sent_at = $1 where id = $2", old, repeat)
    assert "hx-trigger" not in (await admin.get(page_of(repeat))).text


async def test_who_sent_it_again_is_shown_as_it_is(admin: Browser, scene: Scene, failed: str) -> None:
    repeat = await send_again(admin, failed)
    await scene.pool.execute("update message set repeated_by = $1 where repeats is not null", XSS)
    run_id = await scene.pool.fetchval("select id from run")
    for path in (page_of(failed), page_of(repeat), f"/console/demo/runs/{run_id}"):
        page = (await admin.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(" in page
        assert outline(page).faults == []


async def test_pages_lead_to_the_users_and_the_tenant_that_they_name(admin: Browser, scene: Scene) -> None:
    transient = {"distinct_id": "eve", "is_transient": True, "$email": ["eve@example.com"]}
    await scene.go_through(trigger_body(users=[USER]), trigger_body(users=[transient], tenant_id="acme"))
    rows = await scene.pool.fetch("select id, request_id, distinct_id from run order by distinct_id")
    ada, eve = (dict(row) for row in rows)
    user, tenant = 'href="/console/demo/users/{}"', 'href="/console/demo/tenants/{}"'
    for path in ("requests", f"requests/{ada['request_id']}", f"runs/{ada['id']}"):
        page = (await admin.get(f"/console/demo/{path}")).text
        assert user.format("ada") in page
        assert (tenant.format("default") in page) is (path != "requests")
    for path in (f"requests/{eve['request_id']}", f"runs/{eve['id']}"):
        page = (await admin.get(f"/console/demo/{path}")).text
        assert user.format("eve") not in page, "nothing is stored of them"
        assert tenant.format("acme") not in page, "nobody made that tenant"
    history = (await admin.get("/console/demo/users/ada/messages")).text
    assert set(re.findall(r"/console/demo/messages/(\w+)", history)) == {
        row["id"] for row in await scene.messages() if row["distinct_id"] == "ada"
    }
