"""The pages of templates: looked for, edited, tried, committed and rolled back."""

import re
from collections.abc import Awaitable, Callable
from html import unescape

import msgspec
import pytest
from suprsend_hub.actions.edit_template import TemplateChanges, save_template, save_variant
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template import Variant
from suprsend_hub.domain.template_content import CONTENTS, read_content
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.vendors import put_vendor
from suprsend_hub.store.workspaces import Workspace
from suprsend_hub.ui.content_fields import list_fields, put_fields
from suprsend_hub.ui.variants import begin

from hub.tests.actions.scene import Scene
from hub.tests.actions.stored_workflow import DELAY, SEND, commit_workflow
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import outline

HOME = "/console/demo/templates"
ORDER = f"{HOME}/order"
MAIL = f"{ORDER}/variants/email/default"
XSS = "<script>alert('x')</script>\"'&</textarea></iframe>"
_INPUT = re.compile(r'<input id="content\.([^"]+)" name="[^"]+" value="([^"]*)"')
_AREA = re.compile(r'<textarea id="content\.([^"]+)"[^>]*>\n?(.*?)</textarea>', re.DOTALL)


def form_of(page: str) -> dict[str, str]:
    """What the editor's form would send if nobody touched it."""
    fields = {f"content.{name}": unescape(value) for name, value in _INPUT.findall(page) + _AREA.findall(page)}
    for name, inner in re.findall(r'<select id="content\.([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        fields[f"content.{name}"] = chosen[1] if chosen else ""
    for name in ("locale", "tenant"):
        found = re.search(rf'<input id="{name}" name="{name}" type="text" value="([^"]*)"', page)
        assert found
        fields[name] = unescape(found[1])
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    return fields | {"seen": seen[1] if seen else ""}


@pytest.fixture
async def editor(signed_in: Callable[[Role], Awaitable[Browser]]) -> Browser:
    """An editor with a template that has a mail in its draft."""
    browser = await signed_in("editor")
    assert (await browser.post(HOME, {"slug": "order", "name": "Order"})).status_code == 303
    added = await browser.post(f"{ORDER}/variants", {"channel": "email"})
    assert added.headers["location"] == MAIL
    return browser


async def commit(browser: Browser, message: str = "") -> str:
    """Commit what the template's page shows; what the page says then."""
    seen = re.search(r'name="seen" value="([^"]*)"', (await browser.get(ORDER)).text)
    await browser.post(f"{ORDER}/commit", {"seen": seen[1] if seen else "", "message": message})
    return (await browser.get(ORDER)).text


async def test_templates_are_found_by_name_state_and_channel(editor: Browser, scene: Scene) -> None:
    everything = (await editor.get(HOME)).text
    assert "purchase-made" in everything
    assert "never committed" in everything
    for query, found in (
        ("text=ORD", "order"),
        ("state=draft", "order"),
        ("state=live", "purchase-made"),
        ("channel=androidpush", "purchase-made"),
    ):
        page = (await editor.get(f"{HOME}?{query}")).text
        assert re.findall(r"<code>([a-z-]+)</code>", page) == [found]
    assert "No template fits" in (await editor.get(f"{HOME}?text=nothing")).text


async def test_the_list_leads_through_all_templates_and_back(editor: Browser, pool: Pool, workspace: Workspace) -> None:
    await pool.execute(
        "insert into template (workspace_id, slug, name)"
        " select $1, 'slug_' || lpad(n::text, 3, '0'), 'n' from generate_series(1, 60) n",
        workspace.id,
    )
    first = (await editor.get(HOME)).text
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older
    second = (await editor.get(HOME + unescape(older[1]))).text
    assert "slug_049" in first
    assert "slug_050" in second
    newer = re.search(r'href="([^"]+)" rel="prev"', second)
    assert newer
    assert "slug_049" in (await editor.get(HOME + unescape(newer[1]))).text


async def test_a_template_is_added_once_and_its_slug_is_checked(editor: Browser) -> None:
    again = await editor.post(HOME, {"slug": "order"})
    assert (again.status_code, "is a template already" in again.text) == (400, True)
    assert (await editor.post(HOME, {"slug": "No Slug"})).status_code == 400


@pytest.mark.parametrize("channel", list(CONTENTS))
async def test_every_channel_has_an_editor_and_saving_it_untouched_changes_nothing(
    editor: Browser, pool: Pool, channel: Channel
) -> None:
    await editor.post(f"{ORDER}/variants", {"channel": channel, "id": "v"})
    here = f"{ORDER}/variants/{channel}/v"
    page = (await editor.get(here)).text
    assert outline(page).faults == []
    assert "Preview" in page
    before = await pool.fetchval("select content::text from template_variant where id = 'v'")
    assert (await editor.post(here, form_of(page))).status_code == 303
    assert await pool.fetchval("select content::text from template_variant where id = 'v'") == before


RICH: dict[Channel, Document] = {
    "whatsapp": {
        "body": {"text": "a"},
        "button_type": "CALL_TO_ACTION",
        "buttons": [
            {"type": "URL", "text": "b", "url_static_part": "https://x"},
            {"type": "PHONE_NUMBER", "text": "c", "phone_number": "+4912345678"},
        ],
    },
    "androidpush": {"header": "a", "body": "b\r\nc", "buttons": [{"text": "x", "url": "y"}], "extra_payload": {}},
    "email": {
        "subject": "a",
        "cc": ["x@example.com"],
        "body": {"type": "designer", "designer": {"html": "\n<p>", "design_json": {"rows": [], "more": {}}}},
    },
    "inbox": {"body": "a", "tags": ["one"], "is_pinned": False, "unknown": {"kept": []}},
}


@pytest.mark.parametrize("channel", list(RICH))
def test_a_form_keeps_what_it_does_not_name_and_what_nobody_touched(channel: Channel) -> None:
    content = RICH[channel]
    typed = {each.name: each.value.replace("\r\n", "\n") for each in list_fields(channel, content)}
    assert put_fields(channel, content, typed) == content


@pytest.mark.parametrize("name", ["preheader", "email_markup"])
def test_what_a_mail_may_say_in_two_places_has_one_field_where_it_is_said(name: str) -> None:
    body = {"type": "raw", "raw": {"html": "<p>Hi</p>"}}

    def offered(content: Document) -> list[str]:
        return [each.name for each in list_fields("email", content) if each.name.endswith(name)]

    assert offered({"subject": "Hi", "body": body}) == [name]
    assert offered({"subject": "Hi", "body": body, name: "Look"}) == [name]
    inner: Document = {"subject": "Hi", "body": {**body, name: "Look"}}
    assert offered(inner) == [f"body.{name}"]
    assert offered({**inner, name: "Other"}) == [f"body.{name}", name]
    emptied = put_fields("email", inner, {f"body.{name}": ""})
    assert offered(emptied) == [name]
    assert offered(put_fields("email", emptied, {name: "Look"})) == [name]


def test_rows_and_objects_that_nothing_is_left_of_go() -> None:
    content = put_fields("whatsapp", RICH["whatsapp"], {f"buttons[0].{name}": "" for name in ("type", "text")})
    content = put_fields("whatsapp", content, {"buttons[0].url_static_part": ""})
    assert content["buttons"] == RICH["whatsapp"]["buttons"][1:]
    assert put_fields("inbox", {"body": "a", "avatar": {"url": "x"}}, {"avatar.url": ""}) == {"body": "a"}
    assert put_fields("iospush", begin("iospush"), {"badge": "3"})["badge"] == 3
    for channel in CONTENTS:
        assert read_content(channel, msgspec.json.encode(begin(channel)))


async def test_what_was_typed_becomes_the_draft_and_a_commit_makes_it_live(editor: Browser, pool: Pool) -> None:
    form = form_of((await editor.get(MAIL)).text)
    saved = await editor.post(
        MAIL, {**form, "content.subject": "Hi {{name}}", "content.body.raw.html": "<b>a</b>\r\nb"}
    )
    assert saved.status_code == 303
    content = msgspec.json.decode(await pool.fetchval("select content::text from template_variant"))
    assert content == {"subject": "Hi {{name}}", "body": {"type": "raw", "raw": {"html": "<b>a</b>\nb"}}}
    assert "subject: Hi {{name}}" in (await editor.get(ORDER)).text
    page = await commit(editor, "Better words")
    assert "Version 1 is live." in page
    assert "Better words" in page
    assert "the draft says what is live" in page
    noted = {row["action"] for row in await pool.fetch("select action from audit_entry")}
    assert {"added template", "added variant", "changed variant", "committed template"} <= noted


async def test_whoever_saves_over_somebody_else_is_told_and_saves_nothing(editor: Browser, pool: Pool) -> None:
    form = form_of((await editor.get(MAIL)).text)
    await editor.post(MAIL, {**form, "content.subject": "Theirs"})
    refused = await editor.post(MAIL, {**form, "content.subject": "Mine"})
    assert refused.status_code == 409
    assert "somebody else changed" in refused.text
    for side, subject in (("removed", "Theirs"), ("added", "Mine")):
        assert re.search(rf"diff-{side}.*subject: {subject}", refused.text)
    assert '"Theirs"' in await pool.fetchval("select content::text from template_variant")
    assert (await editor.post(MAIL, form_of(refused.text))).status_code == 303
    assert '"Mine"' in await pool.fetchval("select content::text from template_variant")


async def test_a_commit_of_another_draft_than_the_one_that_was_looked_at_is_refused(
    editor: Browser, pool: Pool
) -> None:
    seen = re.search(r'name="seen" value="([^"]*)"', (await editor.get(ORDER)).text)
    assert seen
    await editor.post(MAIL, {**form_of((await editor.get(MAIL)).text), "content.subject": "Theirs"})
    await editor.post(f"{ORDER}/commit", {"seen": seen[1]})
    assert "nothing went live" in (await editor.get(ORDER)).text
    assert await pool.fetchval("select count(*) from template_version") == 0


async def test_a_fault_stands_beside_its_field_and_in_the_preview_with_its_line(editor: Browser) -> None:
    form = {**form_of((await editor.get(MAIL)).text), "content.body.raw.html": "one\n{{/if}}\n"}
    refused = await editor.post(MAIL, form)
    assert refused.status_code == 400
    assert 'aria-describedby="content.body.raw.html-problem"' in refused.text
    preview = await editor.post(f"{MAIL}/preview", form, HX_Request="true")
    assert preview.status_code == 200
    assert "<html" not in preview.text
    assert "line 2" in preview.text
    assert "2 | {{/if}}" in preview.text
    unknown = {**form, "content.body.raw.html": "one\ntwo\n{{nothing a}}"}
    assert "3 | {{nothing a}}" in (await editor.post(f"{MAIL}/preview", unknown, HX_Request="true")).text


async def test_a_preview_fills_in_the_data_and_names_what_it_lacks(editor: Browser) -> None:
    form = form_of((await editor.get(MAIL)).text) | {"content.subject": "{{a}} {{b}}", "data": '{"a": "one"}'}
    preview = (await editor.post(f"{MAIL}/preview", form, HX_Request="true")).text
    assert "<strong>one </strong>" in preview
    assert preview.count("not in the sample data") == 2
    broken = await editor.post(f"{MAIL}/preview", {**form, "data": "{"}, HX_Request="true")
    assert "<strong>data</strong>" in broken.text
    kept = await editor.post(f"{MAIL}/sample-data", form)
    assert "The sample data was saved." in kept.text
    assert "{{a}} {{b}}" in kept.text
    assert "one" in (await editor.get(ORDER)).text


async def test_a_mail_runs_nothing_and_is_framed_by_the_console_alone(editor: Browser) -> None:
    form = {**form_of((await editor.get(MAIL)).text), "content.body.raw.html": "<script>alert(1)</script><b>x</b>"}
    await editor.post(MAIL, form)
    for reply in (await editor.get(f"{MAIL}/mail"), await editor.post(f"{MAIL}/mail", form)):
        assert "<b>x</b>" in reply.text
        policy = reply.headers["content-security-policy"]
        assert policy.startswith("sandbox; default-src 'none';")
        assert "script" not in policy
        assert "frame-ancestors 'self'" in policy
    assert re.search(r'<iframe name="mail" title="The mail" sandbox ', (await editor.get(MAIL)).text)


async def test_a_test_is_what_stands_in_the_editor_and_says_whether_that_is_saved(
    signed_in: Callable[[Role], Awaitable[Browser]], workspace: Workspace, pool: Pool, vault: Vault
) -> None:
    editor = await signed_in("editor")
    await editor.post(HOME, {"slug": "order"})
    await editor.post(f"{ORDER}/variants", {"channel": "email"})
    saved = {**form_of((await editor.get(MAIL)).text), "address": "ada@example.com"}
    typed = {**saved, "content.subject": "Typed for {{first_name}}", "data": '{"first_name": "Ada"}'}
    assert "Nothing was sent. address" in (await editor.post(f"{MAIL}/test", {**typed, "address": "nowhere"})).text
    without = await editor.post(f"{MAIL}/test", typed)
    assert (without.status_code, "vendor" in without.text) == (400, True)
    async with Simulation() as simulation:
        settings = simulation.vendor_settings()["smtp"]
        account = VendorAccount(0, 0, "email", "smtp", "Mail", 0, 0.0, settings)
        async with pool.acquire() as connection:
            await put_vendor(connection, vault, workspace.id, account)
        broken = await editor.post(f"{MAIL}/test", {**typed, "content.subject": "{{#if}}"})
        assert (broken.status_code, "Nothing was sent. content.subject" in broken.text) == (400, True)
        sent = await editor.post(f"{MAIL}/test", {**typed, "vendor": "Mail"})
        as_it_is = await editor.post(f"{MAIL}/test", saved)
        assert [b"Subject: Typed for Ada" in each.raw for each in simulation.received] == [True, False]
    assert "Mail took the test" in sent.text
    assert "what stands here, which is not saved yet." in sent.text
    assert 'value="Typed for {{first_name}}"' in sent.text
    assert 'data-warn="typed"' in sent.text
    assert "what the draft says." in as_it_is.text
    assert 'data-warn=""' in as_it_is.text
    told = await pool.fetch("select details ->> 'text' from audit_entry where action = 'sent test' order by id")
    assert [each[0] for each in told] == ["not saved", "as the draft says"]
    assert await pool.fetchval("select content ->> 'subject' from template_variant") == saved["content.subject"]


async def test_a_rollback_makes_a_new_version_and_leaves_the_draft(editor: Browser, pool: Pool) -> None:
    await commit(editor, "one")
    form = form_of((await editor.get(MAIL)).text)
    await editor.post(MAIL, {**form, "content.subject": "Second"})
    await commit(editor, "two")
    await editor.post(f"{ORDER}/versions/1/restore")
    page = (await editor.get(f"{ORDER}/versions")).text
    assert "Version 3 is live; it says what version 1 said." in page
    assert "Back to version 1" in page
    versions = await pool.fetch("select variants::text as said from template_version order by version_no")
    assert versions[0]["said"] == versions[2]["said"] != versions[1]["said"]
    assert "Second" in (await editor.get(MAIL)).text
    await editor.post(f"{ORDER}/versions/3/restore")
    assert "says what is live already" in (await editor.get(f"{ORDER}/versions")).text
    await editor.post(f"{ORDER}/versions/9/restore")
    assert await pool.fetchval("select count(*) from audit_entry where action = 'rolled back template'") == 1


async def test_a_version_says_what_it_said_and_what_is_said_otherwise_since(editor: Browser, scene: Scene) -> None:
    await scene.commit_template("purchase-made", {"inbox": {"header": "<b>Anew</b>", "body": "Another text"}})
    page = (await editor.get("/console/demo/templates/purchase-made/versions/1")).text
    assert "Hello {{first_name}}" in page
    assert "Another text" in page
    assert "<b>Anew" not in page
    assert outline(page).faults == []
    live = (await editor.get("/console/demo/templates/purchase-made/versions/2")).text
    assert "What is live otherwise" not in live
    for number in (3, 0, 2**40, "9" * 20, "9" * 5000, "x"):
        path = f"/console/demo/templates/purchase-made/versions/{number}"
        assert (await editor.get(path)).status_code == 404
        assert (await editor.post(f"{path}/restore")).status_code == 404


async def test_a_template_that_workflows_send_stays_and_another_is_removed(
    editor: Browser, scene: Scene, pool: Pool
) -> None:
    await commit_workflow(scene, DELAY, SEND)
    path = "/console/demo/templates/purchase-made"
    await editor.post(f"{path}/remove")
    assert "template 'purchase-made' is sent by the workflow purchase; change it first" in unescape(
        (await editor.get(path)).text
    )
    await pool.execute("update workflow set deleted_at = now()")
    assert (await editor.post(f"{path}/remove")).status_code == 303
    assert (await editor.get(path)).status_code == 404
    assert await pool.fetchval("select target from audit_entry where action = 'removed template'") == "purchase-made"


async def test_a_channel_that_is_off_and_a_variant_that_is_gone_leave_with_the_next_commit(editor: Browser) -> None:
    await editor.post(f"{ORDER}/variants", {"channel": "sms"})
    await commit(editor)
    await editor.post(ORDER, {"name": "Orders", "channels": "email"})
    page = (await editor.get(ORDER)).text
    assert "channel is off" in page
    assert "gone" in page
    await editor.post(f"{ORDER}/variants/sms/default/remove")
    assert "was taken out of the draft" in (await editor.get(ORDER)).text
    assert (await editor.get(f"{ORDER}/variants/sms/default")).status_code == 404


async def test_a_viewer_reads_and_changes_nothing(
    editor: Browser, signed_in: Callable[[Role], Awaitable[Browser]]
) -> None:
    viewer = await signed_in("viewer")
    page = (await viewer.get(MAIL)).text
    assert '<fieldset class="plain stack wide" disabled>' in page
    assert "Save the draft" not in page
    assert "Hello" in (await viewer.get(f"{MAIL}/mail")).text
    assert "Commit: make" not in (await viewer.get(ORDER)).text


@pytest.mark.parametrize("channel", list(CONTENTS))
async def test_hostile_texts_in_every_field_stay_texts(
    editor: Browser, pool: Pool, workspace: Workspace, scene: Scene, channel: Channel
) -> None:
    hostile = {
        f"content.{each.name}": XSS if each.kind in ("line", "code", "lines") else each.value
        for each in list_fields(channel, begin(channel))
    } | {"locale": XSS, "tenant": XSS, "data": XSS, "recipient": XSS, "address": XSS, "vendor": XSS}
    changes = TemplateChanges(XSS, XSS, [XSS], [channel])
    await save_template(pool, workspace.id, "order", changes, scene.now())
    variant = Variant(channel, "default", XSS, XSS, put_fields(channel, begin(channel), strip(hostile)))
    await save_variant(pool, workspace.id, "order", variant, scene.now())
    here = f"{ORDER}/variants/{channel}/default"
    pages = [await editor.get(path) for path in (HOME, ORDER, here, f"{ORDER}/versions")]
    pages += [await editor.post(here + way, hostile) for way in ("", "/preview", "/sample-data")]
    harmless = {**hostile, "locale": "en", "tenant": "", "data": msgspec.json.encode({"a": XSS}).decode()}
    pages.append(await editor.post(f"{here}/preview", {**harmless, "recipient": "", "content.subject": "{{{a}}}"}))
    for page in pages:
        assert page.status_code in (200, 400)
        assert "<script>alert" not in page.text
        assert outline(page.text).faults == []
        assert outline(page.text).open == []


def strip(form: dict[str, str]) -> dict[str, str]:
    """The content of a form."""
    return {name.removeprefix("content."): value for name, value in form.items() if name.startswith("content.")}
