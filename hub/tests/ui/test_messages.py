"""The page of a message: what the person saw, each try, and why it is where it is."""

import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.domain.outcome import Deferred, Rejected
from suprsend_hub.store.sealing import Vault

from hub.tests.actions.scene import CONTENT, Scene, trigger_body
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

EVERYWHERE = {"$email": ["ada@example.com"], "$sms": ["+15550100"], "$androidpush": ["token-of-a-phone-of-ada"]}


async def pages_of(scene: Scene, *bodies: dict[str, object]) -> dict[str, str]:
    """What is sent, and the address of each message's page by its channel."""
    await scene.go_through(*bodies)
    rows = await scene.pool.fetch("select channel, id from message order by id")
    return {row["channel"]: f"/console/demo/messages/{row['id']}" for row in rows}


@pytest.fixture
async def sent(scene: Scene) -> dict[str, str]:
    """Messages to one person on every channel of a template."""
    await scene.add_vendor("twilio", "sms")
    await scene.commit_template(content={**CONTENT, "sms": {"body": "Hello {{first_name}}"}})
    return await pages_of(scene, trigger_body(users=[{"distinct_id": "ada", **EVERYWHERE}]))


async def test_each_channel_shows_what_the_person_saw(admin: Browser, sent: dict[str, str]) -> None:
    for channel, shape in {
        "email": "mail-frame",
        "sms": 'class="bubble"',
        "androidpush": 'class="notice"',
        "inbox": 'class="notice"',
    }.items():
        page = await admin.get(sent[channel])
        assert page.status_code == 200, page.text
        assert shape in page.text
        assert "Ada &lt;3" in page.text
        assert outline(page.text).faults == []


async def test_a_mail_stands_in_a_frame_in_which_nothing_runs(admin: Browser, sent: dict[str, str]) -> None:
    page = (await admin.get(sent["email"])).text
    assert f'sandbox title="The mail as it was sent" src="{sent["email"]}/mail"' in page
    mail = await admin.get(f"{sent['email']}/mail")
    assert mail.text == "<b>Ada &lt;3</b>"
    policy = mail.headers["content-security-policy"].split("; ")
    assert policy[:2] == ["sandbox", "default-src 'none'"]
    assert not any(each.startswith("script-src") or "allow-scripts" in each for each in policy)
    assert mail.headers["cache-control"] == "no-store"
    assert (await admin.get(f"{sent['sms']}/mail")).status_code == 404


async def test_each_try_of_a_message_is_told_with_what_the_account_said(admin: Browser, scene: Scene) -> None:
    scene.recorder.answers["ada@example.com"] = lambda: Rejected("bad_address", "no such mailbox")
    pages = await pages_of(scene, trigger_body(users=[{"distinct_id": "ada", "$email": ["ada@example.com"]}]))
    page = (await admin.get(pages["email"])).text
    for text in ("rejected", "bad_address", "no such mailbox", "refused it", "channel_not_in_template"):
        assert text in page


async def test_a_message_that_is_tried_again_says_when(admin: Browser, scene: Scene) -> None:
    scene.recorder.answers["ada@example.com"] = lambda: Deferred("busy", "come back later")
    pages = await pages_of(scene, trigger_body(users=[{"distinct_id": "ada", "$email": ["ada@example.com"]}]))
    page = (await admin.get(pages["email"])).text
    for text in ("deferred", "come back later", "it is tried again at", "Next at"):
        assert text in page


async def test_a_run_leads_to_its_messages_and_names_the_rule_of_each_channel(
    admin: Browser, sent: dict[str, str], scene: Scene
) -> None:
    run_id = await scene.pool.fetchval("select id from run")
    page = (await admin.get(f"/console/demo/runs/{run_id}")).text
    assert all(f'href="{path}"' in page for path in sent.values())
    assert "channel_not_in_template" in page


async def test_what_is_kept_no_more_is_said_to_be(admin: Browser, sent: dict[str, str], scene: Scene) -> None:
    await scene.pool.execute("delete from message_content")
    assert "it is kept no more" in (await admin.get(sent["email"])).text
    assert (await admin.get(f"{sent['email']}/mail")).status_code == 404


async def test_another_workspace_does_not_show_it(
    admin: Browser, sent: dict[str, str], scene: Scene, vault: Vault
) -> None:
    await create_workspace(scene.pool, vault, "bakery")
    for path in (sent["email"], f"{sent['email']}/mail"):
        assert (await admin.get(path.replace("/demo/", "/bakery/"))).status_code == 404


async def test_whatever_is_in_a_message_is_shown_as_it_is(admin: Browser, scene: Scene) -> None:
    await scene.commit_template(
        content={
            "email": {"subject": "{{{first_name}}}", "body": {"type": "raw", "raw": {"text": "{{{first_name}}}"}}},
            "inbox": {"header": "{{{first_name}}}", "body": "{{{first_name}}}", "extra_data": "{{{first_name}}}"},
        }
    )
    scene.recorder.answers["ada@example.com"] = lambda: Rejected(XSS, XSS)
    user = {"distinct_id": XSS, "$email": ["ada@example.com"]}
    pages = await pages_of(scene, trigger_body(users=[user], data={"first_name": XSS}))
    await scene.pool.execute("update message set vendor_nickname = $1, variant_id = $1, success = $1", XSS)
    for path in pages.values():
        page = (await admin.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(" in page
        assert outline(page).faults == []
        assert outline(page).open == []
