"""The page behind `$hosted_preference_url`: whose it is, what it shows, what it changes, and who may open it."""

import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace
from suprsend_hub.actions.edit_tenant import save_tenant
from suprsend_hub.actions.links import CentreTarget, LinkMaker, LinkTarget
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.tenant_form import TenantForm

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.conftest import Api
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

HUB = "https://hub.example.com"
MAIL: dict[Channel, Document] = {
    "email": {"subject": "s", "body": {"type": "raw", "raw": {"html": "<a href='{{$hosted_preference_url}}'>c</a>"}}}
}
INVOICES = {
    "category": "invoices",
    "name": "Invoices",
    "description": "What you owe",
    "default_preference": "cant_unsubscribe",
    "default_mandatory_channels": ["email"],
}
NEWS = {"category": "newsletter", "name": "Newsletter", "default_opt_in_channels": ["email", "inbox"]}
HINTS = {"category": "hints", "name": "Hints", "default_preference": "opt_out"}
ALERTS = {"category": "alerts", "name": "Alerts", "default_preference": "cant_unsubscribe"}
TREE = {
    "root_categories": [
        {"root_category": "system", "sections": [{"categories": [ALERTS]}]},
        {"root_category": "transactional", "sections": [{"name": "Bills", "slug": "bills", "categories": [INVOICES]}]},
        {"root_category": "promotional", "sections": [{"name": "Offers", "categories": [NEWS, HINTS]}]},
    ]
}
ALL = ["androidpush", "email", "inbox"]
HTMX = {"HX_Request": "true"}


@dataclass(frozen=True)
class Centre:
    """Somebody's centre, and what the API says of them."""

    api: Api
    scene: Scene
    browser: Browser
    headers: dict[str, str]
    service: dict[str, str]
    target: CentreTarget

    @property
    def path(self) -> str:
        """Where it is."""
        return LinkMaker(self.scene.vault, HUB).preferences(self.target).removeprefix(HUB)

    async def show(self) -> str:
        """The page."""
        reply = await self.browser.get(self.path)
        assert reply.status_code == 200, reply.text
        return reply.text

    async def save(self, below: str, fields: list[tuple[str, str]], **headers: str) -> Any:
        """The answer to a form of the page."""
        values: dict[str, list[str]] = {}
        for name, value in fields:
            values.setdefault(name, []).append(value)
        return await self.browser.send("POST", self.path + below, values, {"Origin": "null", **headers})

    async def category(self, name: str) -> Any:
        """What the API says of a category."""
        path = f"/v1/user/{self.target.distinct_id}/preference/category/{name}/?show_opt_out_channels=true"
        reply = await self.api.request("GET", path, headers=self.headers)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def channels(self, name: str) -> dict[str, bool]:
        """Which channels of a category the API says are on."""
        return {each["channel"]: each["preference"] == "opt_in" for each in (await self.category(name))["channels"]}


@pytest.fixture
async def centre(
    api: Api, scene: Scene, made: NewWorkspace, key_headers: dict[str, str], service_headers: dict[str, str]
) -> Centre:
    """Ada's centre for the default tenant; the workspace has vendors for email and Android push."""
    reply = await api.request("POST", "/v1/demo/preference_category/?commit=true", json=TREE, headers=service_headers)
    assert reply.status_code == 200, reply.text
    target = CentreTarget(made.workspace.id, "default", "ada")
    return Centre(api, scene, Browser(api), key_headers, service_headers, target)


def form_of(category: str, on: list[str], *, is_on: bool = True, shown: list[str] = ALL) -> list[tuple[str, str]]:
    """What the form of a category sends."""
    switch = [("on", "1")] if is_on else []
    return [*switch, *(("channel", each) for each in on), *(("shown", each) for each in shown)]


async def mail(scene: Scene, **changes: Any) -> Any:
    """Send Ada a mail with her link; the message."""
    await scene.commit_template("mail", MAIL)
    users = [{"distinct_id": "ada", "$email": ["ada@example.com"]}]
    *_, message = await scene.go_through(trigger_body(template="mail", users=users, **changes))
    return message


def link_in_last_mail(scene: Scene) -> str:
    """Where the link of the last mail leads, its detour for counting clicks left out."""
    _, message = scene.recorder.sent[-1]
    found = re.search("href='([^']*)'|href=\"([^\"]*)\"", str(message.content["body"]["raw"]["html"]))
    assert found
    return unescape(found[1] or found[2] or "")


async def test_a_template_has_the_link_of_whom_it_goes_to(centre: Centre) -> None:
    centre.scene.public_url = HUB
    await mail(centre.scene)
    # The link is counted as a click like any other.
    clicked = await centre.api.request("GET", link_in_last_mail(centre.scene).removeprefix(HUB))
    assert clicked.headers["location"] == HUB + centre.path
    await mail(centre.scene, tenant_id="acme")
    clicked = await centre.api.request("GET", link_in_last_mail(centre.scene).removeprefix(HUB))
    acme = replace(centre, target=replace(centre.target, tenant_id="acme"))
    assert clicked.headers["location"] == HUB + acme.path


async def test_a_hub_that_nobody_reaches_has_no_such_link(centre: Centre) -> None:
    await mail(centre.scene)
    assert link_in_last_mail(centre.scene) == ""


async def test_only_a_link_that_the_hub_made_opens_a_centre(centre: Centre) -> None:
    links = LinkMaker(centre.scene.vault, HUB)
    own = links.preferences_token(centre.target)
    workspace, tenant, person, mark = own.split(".")
    _, _, _, other_mark = links.preferences_token(replace(centre.target, distinct_id="bob")).split(".")
    of_a_mail = links.unsubscribe(LinkTarget(centre.target.workspace_id, "m")).rsplit("/", 2)[1]
    for token in (
        own[:-1],
        f"{own}A",
        f"{workspace}.{tenant}.Ym9i.{mark}",
        f"{workspace}.{tenant}.{person}.{other_mark}",
        f"9{workspace}.{tenant}.{person}.{mark}",
        of_a_mail,
        "x",
        "...",
        "%00.%FF",
        "9" * 400,
    ):
        for method, below in (("GET", ""), ("POST", "channels/"), ("POST", "categories/newsletter/")):
            reply = await centre.api.request(method, f"/preferences/{token}/{below}")
            assert reply.status_code in (400, 404), token
            assert "<h1>This did not work</h1>" in reply.text


async def test_the_page_is_whole_and_kept_from_everybody_else(centre: Centre) -> None:
    reply = await centre.browser.get(centre.path)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in reply.headers["x-robots-tag"]
    assert "no-store" in reply.headers["cache-control"]
    assert "set-cookie" not in reply.headers
    page = outline(reply.text)
    assert (page.faults, page.open, page.headings.count(1)) == ([], [], 1)
    assert len(page.ids) == len(set(page.ids))
    icon = re.search('<link rel="icon" href="([^"]+)"', reply.text)
    assert icon, "browsers ask for one of their own otherwise"
    assert (await centre.api.request("GET", icon[1])).headers["content-type"] == "image/svg+xml"


async def test_the_page_shows_what_can_be_chosen_and_why_some_can_not(centre: Centre) -> None:
    page = await centre.show()
    for text in ("Bills", "Invoices", "What you owe", "Offers", "Newsletter", "Alerts", "Android push", "Always on"):
        assert text in page
    assert "needs to reach you with these, so they can’t be switched off altogether." in page
    assert "needs to reach you with these, so they can’t be switched off.<" in page
    assert page.count('name="on"') == 2, "of the newsletter and the hints"
    assert 'value="sms"' not in page


async def test_opting_out_on_the_page_stops_the_next_message(centre: Centre) -> None:
    centre.scene.public_url = HUB
    category = {"notification_category": "newsletter"}
    assert (await mail(centre.scene, **category))["status"] == "sent_by_vendor"
    reply = await centre.save("categories/newsletter/", form_of("newsletter", ["email"], is_on=False), **HTMX)
    assert (reply.status_code, "Saved" in reply.text, "<html" in reply.text) == (200, True, False)
    left = await mail(centre.scene, **category)
    assert (left["status"], left["failure_code"]) == ("not_to_be_triggered", "category_opted_out")
    await centre.save("categories/newsletter/", form_of("newsletter", ["email", "inbox"]))
    assert (await mail(centre.scene, **category))["status"] == "sent_by_vendor"


async def test_without_a_script_a_form_leads_back_to_the_page(centre: Centre) -> None:
    reply = await centre.save("categories/newsletter/", form_of("newsletter", ["inbox"]))
    assert (reply.status_code, reply.headers["location"]) == (303, f"{centre.path}?saved")
    assert "Saved" in (await centre.browser.get(f"{centre.path}?saved")).text
    assert await centre.channels("newsletter") == {"androidpush": False, "email": False, "inbox": True}


async def test_what_the_form_did_not_show_stays_as_it_is(centre: Centre) -> None:
    path = "/v1/user/ada/preference/category/newsletter/"
    kept = {"preference": "opt_in", "opt_out_channels": ["androidpush"], "digest_schedule": {"frequency": "daily"}}
    reply = await centre.api.request("PATCH", path, json=kept, headers=centre.headers)
    assert reply.status_code == 202, reply.text
    await centre.save("categories/newsletter/", form_of("newsletter", ["email"], shown=["email", "inbox"]))
    assert await centre.channels("newsletter") == {"androidpush": False, "email": True, "inbox": False}
    assert (await centre.category("newsletter"))["digest_schedule"] == {"frequency": "daily"}


async def test_opting_in_turns_on_what_the_page_had_on(centre: Centre) -> None:
    page = await centre.show()
    news = page[page.index("Newsletter</span>") : page.index("Hints</span>")]
    assert re.findall(r'name="channel" value="(\w+)" checked', news) == ["email", "inbox"]
    await centre.save("categories/hints/", form_of("hints", ALL))
    assert await centre.channels("hints") == dict.fromkeys(ALL, True)


async def test_what_is_mandatory_stays_on_whatever_is_sent(centre: Centre) -> None:
    await centre.save("categories/invoices/", form_of("invoices", [], is_on=False))
    assert await centre.channels("invoices") == {"androidpush": False, "email": True, "inbox": False}
    assert (await centre.category("invoices"))["preference"] == "opt_in"
    await centre.save("channels/", [("shown", each) for each in ALL])
    invoice = await mail(centre.scene, notification_category="invoices")
    assert invoice["status"] == "sent_by_vendor"


async def test_a_channel_is_switched_off_for_everything_else(centre: Centre) -> None:
    fields = [("channel", "inbox"), ("shown", "email"), ("shown", "inbox")]
    reply = await centre.save("channels/", fields, **HTMX)
    assert "off above" in reply.text
    assert 'hx-swap-oob="true"' in reply.text
    left = await mail(centre.scene, notification_category="newsletter")
    assert (left["status"], left["failure_code"]) == ("not_to_be_triggered", "channel_restricted")
    # Android push was not shown, and is as it was.
    shown = (
        await centre.api.request("GET", "/v1/user/ada/preference/channel_preference/", headers=centre.headers)
    ).json()
    assert {each["channel"]: each["is_restricted"] for each in shown["channel_preferences"]} == {
        "androidpush": False,
        "email": True,
        "inbox": False,
    }


@pytest.mark.parametrize(
    ("below", "fields", "status"),
    [
        ("categories/nothing/", [("on", "1")], 404),
        ("categories/%00/", [("on", "1")], 400),
        ("categories/newsletter/", [("channel", "pigeon")], 400),
        ("channels/", [("shown", "pigeon")], 400),
        ("channels/", [("shown", "email")] * 101, 400),
    ],
)
async def test_a_form_that_is_not_of_the_page_changes_nothing(
    centre: Centre, below: str, fields: list[tuple[str, str]], status: int
) -> None:
    reply = await centre.save(below, fields)
    assert reply.status_code == status, reply.text
    assert "<h1>This did not work</h1>" in reply.text
    assert await centre.scene.pool.fetchval("select count(*) from profile") == 0


async def test_a_centre_is_of_one_tenant(centre: Centre) -> None:
    acme = replace(centre, target=replace(centre.target, tenant_id="acme"))
    await acme.save("categories/newsletter/", form_of("newsletter", [], is_on=False))
    assert (await centre.category("newsletter"))["preference"] == "opt_in"
    assert (await mail(centre.scene, notification_category="newsletter"))["status"] == "sent_by_vendor"
    left = await mail(centre.scene, notification_category="newsletter", tenant_id="acme")
    assert left["failure_code"] == "category_opted_out"


async def brand(centre: Centre, **said: Any) -> str:
    """The page once the tenant said this of itself."""
    form = TenantForm(**({"tenant_name": "Acme"} | said))
    await save_tenant(centre.scene.pool, centre.target.workspace_id, "default", form, centre.scene.now())
    return await centre.show()


async def test_the_page_has_the_look_of_its_tenant(centre: Centre) -> None:
    page = await brand(centre, logo="https://cdn.example.com/logo.png?v=1", primary_color="#ffee00")
    assert 'src="https://cdn.example.com/logo.png?v=1" alt="Acme"' in page
    assert "Choose what Acme may send you" in page
    policy = (await centre.browser.get(centre.path)).headers["content-security-policy"]
    assert "img-src 'self' https://cdn.example.com;" in policy
    style = await centre.browser.get("/preferences/~/colours/ffee00")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "#ffee00" in style.text, "on dark it can be read"
    assert "light-dark(#ffee00" not in style.text, "on white it can not"
    assert "/preferences/~/colours/ffee00" in page
    assert (await centre.browser.get("/preferences/~/colours/red;}")).status_code == 404


async def test_what_tenants_and_categories_say_is_shown_as_it_is(centre: Centre) -> None:
    hostile = {"category": "newsletter", "name": XSS, "description": XSS}
    tree = {
        "root_categories": [
            {"root_category": "promotional", "sections": [{"name": XSS, "description": XSS, "categories": [hostile]}]}
        ]
    }
    path = "/v1/demo/preference_category/?commit=true"
    assert (await centre.api.request("POST", path, json=tree, headers=centre.service)).status_code == 200
    logo = "https://x.example;script-src'unsafe-inline'/a.png"
    page = await brand(centre, tenant_name="A & 'B\"", logo=logo)
    assert "<script>alert" not in page
    assert "A &amp; &#39;B&#34;" in page
    assert "<img" not in page
    assert "unsafe" not in (await centre.browser.get(centre.path)).headers["content-security-policy"]


async def test_the_page_is_in_the_language_of_the_person(centre: Centre) -> None:
    words = {"sections": {"bills": {"name": "Factures"}}, "categories": {"newsletter": {"name": "Lettre"}}}
    path = "/v1/demo/preference_category/translation/content/fr/"
    reply = await centre.api.request("POST", path, json=words, headers=centre.service)
    assert reply.status_code in (200, 201, 202), reply.text
    assert "Lettre" not in await centre.show()
    users = [{"distinct_id": "ada", "$email": ["ada@example.com"], "$preferred_language": "fr-CA"}]
    await centre.scene.go_through(trigger_body(users=users))
    page = await centre.show()
    assert "Lettre" in page
    assert "Factures" in page


async def test_the_page_to_unsubscribe_leads_to_the_centre(centre: Centre) -> None:
    centre.scene.public_url = HUB
    await mail(centre.scene, notification_category="newsletter")
    _, message = centre.scene.recorder.sent[-1]
    path = message.unsubscribe_url.removeprefix(HUB)
    reply = await centre.browser.get(path)
    assert f'href="{centre.path}"' in reply.text
    assert "<strong>Newsletter</strong>" in reply.text
    assert (outline(reply.text).faults, outline(reply.text).open) == ([], [])
    assert "unsafe" not in reply.headers["content-security-policy"]
    await centre.api.request("POST", path, body=b"List-Unsubscribe=One-Click")
    news = (await centre.show()).partition("Newsletter</span>")[2]
    assert 'name="on" value="1">' in news.partition("</label>")[0], "its switch is off"
    # Opting in there takes back what the link did.
    await centre.save("categories/newsletter/", form_of("newsletter", ["email"]))
    assert (await mail(centre.scene, notification_category="newsletter"))["status"] == "sent_by_vendor"
