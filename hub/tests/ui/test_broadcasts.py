"""Lists and broadcasts in the console: who is on a list, how far a broadcast has come, and ending it."""

from collections.abc import Awaitable, Callable
from html import unescape

import pytest
from suprsend_hub.store.console_users import Role

from hub.tests.actions.scene import Scene
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

LISTS, BROADCASTS = "/console/demo/lists", "/console/demo/broadcasts"
SignedIn = Callable[[Role], Awaitable[Browser]]


@pytest.fixture
async def broadcast(scene: Scene) -> str:
    """The id of a broadcast to two people that is due and has not begun."""
    await scene.fill_list("beta", "ada", "bob")
    made = await scene.broadcast()
    assert made is not None
    return made


async def test_lists_and_their_members_are_shown_a_page_at_a_time(admin: Browser, scene: Scene) -> None:
    assert "No lists yet" in (await admin.get(LISTS)).text
    await scene.fill_list("beta", *(f"u{number:03}" for number in range(120)))
    assert ">120<" in (await admin.get(LISTS)).text
    page, seen = (await admin.get(f"{LISTS}/beta")).text, 0
    while True:
        seen += page.count("/console/demo/users/u")
        if 'rel="next"' not in page:
            break
        way_on = unescape(page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0])
        page = (await admin.get(f"{LISTS}/beta{way_on}")).text
    assert seen == 120
    assert (await admin.get(f"{LISTS}/nothing")).status_code == 404


async def test_members_whose_names_are_markup_stay_names(admin: Browser, scene: Scene) -> None:
    await scene.fill_list("beta", XSS)
    page = (await admin.get(f"{LISTS}/beta")).text
    assert XSS not in page
    assert "&lt;script&gt;" in page
    assert outline(page).faults == []


async def test_a_broadcast_is_followed_until_it_is_over(admin: Browser, scene: Scene, broadcast: str) -> None:
    path = f"{BROADCASTS}/{broadcast}"
    assert broadcast in (await admin.get(BROADCASTS)).text
    page = (await admin.get(path)).text
    assert "0 of 2 members" in page
    assert 'hx-trigger="every 2s,' in page
    part = await admin.get(f"{path}/live", HX_Request="true")
    assert (await admin.get(f"{path}/live", If_None_Match=part.headers["etag"])).status_code == 304
    await scene.expand_all()
    moved = await admin.get(f"{path}/live", If_None_Match=part.headers["etag"])
    assert moved.status_code == 200
    assert "2 of 2 members" in moved.text
    await scene.send_all()
    page = (await admin.get(path)).text
    assert "hx-trigger" not in page
    assert "inbox" in page
    assert outline(page).faults == []


async def test_a_broadcast_is_cancelled_with_a_note_of_who_did(admin: Browser, scene: Scene, broadcast: str) -> None:
    assert (await admin.post(f"{BROADCASTS}/{broadcast}/cancel")).status_code == 303
    page = (await admin.get(f"{BROADCASTS}/{broadcast}")).text
    assert "Cancelled: nothing more of it is sent." in page
    assert "None: it was cancelled before any was planned." in page
    await scene.expand_all()
    assert await scene.messages() == []
    rows = await scene.pool.fetch(
        "select action, target from audit_entry where user_kind = 'person' and workspace_id is not null"
    )
    assert [tuple(row) for row in rows] == [("cancelled broadcast", broadcast)]
    await admin.post(f"{BROADCASTS}/{broadcast}/cancel")
    assert "There was nothing left to cancel." in (await admin.get(f"{BROADCASTS}/{broadcast}")).text


async def test_of_many_members_messages_are_not_counted(
    admin: Browser, scene: Scene, broadcast: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suprsend_hub.ui.broadcasts.MOST_COUNTED", 1)
    page = (await admin.get(f"{BROADCASTS}/{broadcast}")).text
    assert "messages are not counted here" in page
    assert "Cancel the broadcast" in page


async def test_whoever_may_not_cancel_sees_no_button(signed_in: SignedIn, broadcast: str) -> None:
    viewer = await signed_in("viewer")
    assert "Cancel the broadcast" not in (await viewer.get(f"{BROADCASTS}/{broadcast}")).text
    assert (await viewer.get(f"{BROADCASTS}/nothing")).status_code == 404
