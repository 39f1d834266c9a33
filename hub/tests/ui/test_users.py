"""Users in the console: finding them, seeing what is known, and changing it with a note of who did."""

from collections.abc import Awaitable, Callable
from html import unescape
from urllib.parse import quote

import msgspec
import pytest
from suprsend_hub.actions.edit_profile import edit_profile
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.suppression import Cause, SuppressedAddress
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.suppressions import NewSuppression, put_suppressions

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

USERS = "/console/demo/users"
ADA = f"{USERS}/ada"
TOKEN = "device-token-that-opens-something"
SignedIn = Callable[[Role], Awaitable[Browser]]


@pytest.fixture
async def ada(scene: Scene) -> Scene:
    """A user with a mail address, a device and a property, to whom something was sent."""
    person = {"distinct_id": "ada", "$email": ["Ada@Example.com"], "$androidpush": [{"token": TOKEN}], "city": "Paris"}
    await scene.accept(trigger_body(users=[person]))
    await scene.plan_all()
    await scene.send_all()
    return scene


async def suppress(scene: Scene, cause: Cause = "hard_bounce", channel: Channel = "email", category: str = "") -> None:
    address = SuppressedAddress(channel, "", "ada@example.com")
    async with scene.pool.acquire() as connection:
        new = NewSuppression(address, cause, "no such mailbox", "m", None, category)
        await put_suppressions(connection, scene.workspace.id, [new], scene.now())


async def noted(scene: Scene) -> list[tuple[str, str]]:
    """What the audit log has of this workspace."""
    rows = await scene.pool.fetch(
        "select action, target from audit_entry where user_kind = 'person' and workspace_id is not null order by id"
    )
    return [(row["action"], row["target"]) for row in rows]


async def name_on_page(browser: Browser) -> str:
    page = (await browser.get(ADA)).text
    return page.split('name="address" value="')[1].split('"')[0]


async def test_users_are_found_by_distinct_id_and_by_address_in_any_case(admin: Browser, ada: Scene) -> None:
    await ada.accept(trigger_body(users=[{"distinct_id": "bob", "$email": ["bob@example.com"]}]))
    await ada.plan_all()
    everybody = (await admin.get(USERS)).text
    assert everybody.index(">bob<") < everybody.index(">ada<")
    number = await ada.pool.fetchval("select id from profile where distinct_id = 'ada'")
    for wanted in (f"user #{number}", "ada", " ada ", "ada@example.com", "ADA@example.com", TOKEN):
        found = (await admin.get(f"{USERS}?user={quote(wanted)}")).text
        assert ">ada<" in found, wanted
        assert ">bob<" not in found, wanted
    assert "Nobody is known by that" in (await admin.get(f"{USERS}?user=ad")).text
    assert (await admin.get(f"{USERS}?user=%00")).status_code == 400
    part = await admin.get(f"{USERS}?user=ada", HX_Request="true")
    assert part.text.lstrip().startswith('<div id="found"')


async def test_somebody_is_found_by_an_address_that_only_a_tenant_knows(admin: Browser, ada: Scene) -> None:
    await know_in_tenant(ada)
    assert ">ada<" in (await admin.get(f"{USERS}?user=ada@acme.example")).text
    page = (await admin.get(f"{ADA}?tenant=acme")).text
    assert "ada@acme.example" in page
    assert "Ada@Example.com" not in page
    assert "tenant=acme" in (await admin.get(ADA)).text
    assert (await admin.get(f"{ADA}?tenant=other")).status_code == 404


async def know_in_tenant(scene: Scene) -> None:
    """A tenant knows another address of hers."""
    address = Identity("email", "ada@acme.example")
    key = ProfileKey("ada", tenant_id="acme")
    await edit_profile(
        scene.pool, scene.workspace.id, key, lambda before: before.with_inline([address], {}), scene.now()
    )


async def test_users_are_paged_newest_first(admin: Browser, scene: Scene) -> None:
    await scene.pool.execute(
        "insert into profile (workspace_id, distinct_id, object_type, tenant_id)"
        " select $1, 'u' || lpad(n::text, 3, '0'), '', '' from generate_series(1, 60) n",
        scene.workspace.id,
    )
    first = (await admin.get(USERS)).text
    assert first.index("u060") < first.index("u011")
    assert "u010" not in first
    older = unescape(first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0])
    assert "u010" in (await admin.get(f"{USERS}{older}")).text


async def test_a_user_has_addresses_without_their_credentials_and_properties(admin: Browser, ada: Scene) -> None:
    page = (await admin.get(ADA)).text
    for text in ("Ada@Example.com", "androidpush", "Paris", "active"):
        assert text in page
    assert TOKEN not in page
    assert (await admin.get(f"{USERS}/nobody")).status_code == 404


async def test_a_suppressed_address_says_why_and_is_used_again_on_request(admin: Browser, ada: Scene) -> None:
    await suppress(ada)
    page = (await admin.get(ADA)).text
    for text in ("suppressed", "hard bounce", "no such mailbox"):
        assert text in page
    assert (await admin.post(f"{ADA}/lift", {"address": "x"})).status_code == 404
    assert (await admin.post(f"{ADA}/lift", {"address": await name_on_page(admin)})).status_code == 303
    page = (await admin.get(ADA)).text
    assert "is used again" in page
    assert "hard bounce" not in page
    assert [action for action, _ in await noted(ada)] == ["lifted suppression"]


async def test_an_address_whose_owner_ended_a_category_is_still_used_for_others(admin: Browser, ada: Scene) -> None:
    await suppress(ada, "unsubscribed", category="news")
    page = (await admin.get(ADA)).text
    assert "from news" in page
    assert 'pill-bad">' not in page


async def test_messages_lead_to_their_runs(admin: Browser, ada: Scene) -> None:
    page = (await admin.get(f"{ADA}/messages")).text
    run_id = await ada.pool.fetchval("select id from run")
    assert f"/console/demo/runs/{run_id}" in page
    assert page.count("<tr data-key=") == len(await ada.messages())


async def test_lists_of_a_user_are_shown(admin: Browser, ada: Scene) -> None:
    assert "On no list" in (await admin.get(f"{ADA}/subscriptions")).text
    await ada.fill_list("beta-users", "ada")
    assert "beta-users" in (await admin.get(f"{ADA}/subscriptions")).text


async def test_preferences_are_seen_and_changed(admin: Browser, ada: Scene) -> None:
    page = (await admin.get(f"{ADA}/preferences")).text
    assert "the default" in page
    wanted = {"category": "promotional", "preference": "opt_in", "channels": ["inbox"]}
    assert (await admin.post(f"{ADA}/preferences/category", wanted)).status_code == 303
    row = await ada.pool.fetchrow("select preference, opt_out_channels from category_preference")
    assert row is not None
    assert row["preference"] == "opt_in"
    assert "email" in row["opt_out_channels"]
    assert "inbox" not in row["opt_out_channels"]
    assert "chosen" in (await admin.get(f"{ADA}/preferences")).text
    assert (await admin.post(f"{ADA}/preferences/channels", {"channels": ["inbox"]})).status_code == 303
    restricted = {row["channel"] for row in await ada.pool.fetch("select channel from channel_restriction")}
    assert "email" in restricted
    assert "inbox" not in restricted
    assert [action for action, _ in await noted(ada)] == ["changed preference", "restricted channels"]


async def test_opting_out_and_in_again_keeps_the_channels(admin: Browser, ada: Scene) -> None:
    for preference in ("opt_out", "opt_in"):
        wanted = {"category": "promotional", "preference": preference, "channels": ["inbox"]}
        await admin.post(f"{ADA}/preferences/category", wanted)
    channels = await ada.pool.fetchval("select opt_out_channels from category_preference")
    assert "email" in channels
    assert "inbox" not in channels


async def test_what_can_not_be_chosen_is_refused_and_stored_nowhere(admin: Browser, ada: Scene) -> None:
    path = f"{ADA}/preferences/category"
    for fields, status in (
        ({"category": "nothing", "preference": "opt_in"}, 404),
        ({"category": "promotional", "preference": "maybe"}, 400),
        ({"category": "promotional", "channels": ["pigeon"]}, 400),
        ({"category": "system", "preference": "opt_out"}, 400),
    ):
        assert (await admin.post(path, fields)).status_code == status, fields
    assert await ada.pool.fetchval("select count(*) from category_preference") == 0
    assert await noted(ada) == []


async def test_a_user_is_exported_as_a_file(admin: Browser, ada: Scene) -> None:
    file = await admin.post(f"{ADA}/export")
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["cache-control"] == "no-store"
    assert msgspec.json.decode(file.body)["distinct_id"] == "ada"
    assert [action for action, _ in await noted(ada)] == ["exported user"]


async def test_a_user_is_erased_only_by_writing_down_whom(admin: Browser, ada: Scene) -> None:
    refused = await admin.post(f"{ADA}/erase", {"distinct_id": "bob"})
    assert refused.status_code == 400
    assert "is not the distinct id of this user" in refused.text
    assert await noted(ada) == []
    assert (await admin.post(f"{ADA}/erase", {"distinct_id": "ada"})).status_code == 303
    assert (await admin.get(ADA)).status_code == 404
    ((action, target),) = await noted(ada)
    assert action == "erased user"
    assert "ada" not in target


async def test_buttons_are_shown_to_those_who_may_press_them(signed_in: SignedIn, ada: Scene) -> None:
    await suppress(ada)
    shown = {role: (await (await signed_in(role)).get(ADA)).text for role in ("viewer", "editor", "admin")}
    for role, may_lift, may_erase in (("viewer", False, False), ("editor", True, False), ("admin", True, True)):
        assert ("Use again" in shown[role]) == may_lift
        assert ("Erase this user" in shown[role]) == may_erase
    viewer = await signed_in("viewer")
    assert "Save the channels" not in (await viewer.get(f"{ADA}/preferences")).text


async def test_names_that_are_markup_or_have_slashes_stay_names(admin: Browser, scene: Scene) -> None:
    hostile = f"a/b?c#{XSS}"
    person = {"distinct_id": hostile, "$email": ["x@example.com"], "note": XSS}
    await scene.accept(trigger_body(name=XSS, users=[person]))
    await scene.plan_all()
    await scene.send_all()
    await scene.fill_list("beta-users", hostile)
    home = f"{USERS}/{quote(hostile, safe='')}"
    assert home in (await admin.get(USERS)).text
    for path in ("", "/messages", "/preferences", "/subscriptions"):
        page = await admin.get(home + path)
        assert page.status_code == 200, path
        assert XSS not in page.text
        assert outline(page.text).faults == []
    assert (await admin.post(f"{home}/erase", {"distinct_id": hostile})).status_code == 303
