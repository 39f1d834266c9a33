"""Whatever is written into templates, profiles and triggers runs nowhere, and a mail does nothing from its frame."""

from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import expect
from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.template_content import CONTENTS

from e2e.console.attacks import OBJECT, PERSON, SENT, WORDS, attack, hostile_templates
from e2e.console.story import Story
from e2e.console.tabs import Tab
from e2e.endpoint import an_endpoint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# What ran, and what would run if it were clicked, also below the roots of components.
_TRAPS = """() => {
  const within = (root) => [...root.querySelectorAll("*")]
    .flatMap((each) => [each, ...(each.shadowRoot ? within(each.shadowRoot) : [])]);
  const names = ["href", "src", "action", "formaction"];
  const isTrap = (each) => names.some((name) => /^\\s*javascript:/i.test(each.getAttribute(name) ?? ""));
  const traps = within(document).filter(isTrap).map((each) => each.outerHTML);
  return "taken" in window ? ["a script ran", ...traps] : traps;
}"""


@pytest.fixture(scope="module")
def attacked(story: Story) -> Story:
    """The hub with hostile words in everything."""
    attack(story.shop)
    return story


def look_for_harm(tab: Tab, path: str, says: str = "") -> None:
    """Open a page with its frames: it says these words, none of it ran, and nothing waits to be clicked."""
    assert tab.open(path) == 200, path
    if says:
        expect(tab.page.get_by_text(says).first).to_be_attached()
    # A frame that is far down is not loaded yet.
    for frame in [each for each in tab.page.frames if each.url.startswith(tab.base_url)]:
        assert frame.evaluate(_TRAPS) == [], f"{path}: {frame.url}"
    assert tab.errors == [], path


@pytest.mark.parametrize("channel", CONTENTS)
def test_no_field_of_a_template_runs_in_its_editor(admin: Tab, attacked: Story, channel: str) -> None:
    for slug, _ in hostile_templates():
        look_for_harm(admin, f"/console/demo/templates/{slug}/variants/{channel}/default", "top.taken=1")


def test_no_field_of_a_template_runs_where_templates_are_listed_and_compared(admin: Tab, attacked: Story) -> None:
    look_for_harm(admin, "/console/demo/templates", WORDS)
    look_for_harm(admin, f"/console/demo/templates/{SENT}/versions", WORDS)
    for slug, _ in hostile_templates():
        look_for_harm(admin, f"/console/demo/templates/{slug}", WORDS)


def test_no_field_of_a_template_runs_in_what_was_sent(admin: Tab, attacked: Story) -> None:
    messages = attacked.shop.messages(WORDS)
    assert {each["channel"] for each in messages if each["status"] == "sent_by_vendor"} == set(CONTENTS)
    for each in messages:
        look_for_harm(admin, f"/console/demo/messages/{each['message_id']}", "top.taken=1")
    [mail] = [each for each in messages if each["channel"] == "email"]
    look_for_harm(admin, f"/console/demo/requests/{mail['request_id']}", WORDS)
    look_for_harm(admin, f"/console/demo/runs/{mail['execution_id']}", PERSON)
    look_for_harm(admin, f"/console/demo/requests?{urlencode({'key': WORDS})}", WORDS)
    for channel in CHANNELS:
        whose = "&recipient=hostile@example.com" if channel == "email" else ""
        look_for_harm(admin, f"/console/~/outbox?channel={channel}{whose}")


def test_no_field_of_a_profile_runs(admin: Tab, attacked: Story) -> None:
    user = f"/console/demo/users/{quote(PERSON, safe='')}"
    look_for_harm(admin, user, "top.taken=1")
    for page in ("messages", "subscriptions", "preferences"):
        look_for_harm(admin, f"{user}/{page}", PERSON)
    for page in ("users", f"users?{urlencode({'user': PERSON})}", "objects", "lists", "lists/hostile"):
        look_for_harm(admin, f"/console/demo/{page}")
    look_for_harm(admin, f"/console/demo/objects/{OBJECT}", "top.taken=1")


def test_nothing_else_that_people_name_runs(admin: Tab, attacked: Story) -> None:
    look_for_harm(admin, "/console/demo/categories", WORDS)
    look_for_harm(admin, "/console/demo/tenants/hostile", "top.taken=1")
    for path in ("categories/edit", "tenants", "webhooks", "vendors", "broadcasts"):
        look_for_harm(admin, f"/console/demo/{path}")
    for path in ("team", "audit", "account"):
        look_for_harm(admin, f"/console/~/{path}")


def test_nothing_runs_on_the_pages_of_the_recipient(stranger: Tab, attacked: Story) -> None:
    shop = attacked.shop
    look_for_harm(stranger, shop.find_link("+15550001111", "/preferences/"), WORDS)
    look_for_harm(stranger, shop.find_link("hostile@example.com", "/v1/unsubscribe/"), WORDS)
    # The example has no policy that would keep a script from running.
    stranger.open(f"/inbox/example/?{urlencode({'user': PERSON})}")
    stranger.page.get_by_role("button", name="Notifications").click()
    expect(stranger.page.locator("suprsend-inbox li").first).to_contain_text("top.taken=1")
    assert stranger.page.evaluate(_TRAPS) == []


def test_a_mail_loads_pictures_and_reaches_neither_the_page_around_it_nor_anybody_else(
    admin: Tab, attacked: Story
) -> None:
    shop, slug = attacked.shop, "escaping"
    with an_endpoint() as elsewhere:
        url = elsewhere.url
        html = (
            f'<meta http-equiv="refresh" content="0;url={url}?refresh"><base href="{url}">'
            f'<link rel="stylesheet" href="{url}?style"><style>@import "{url}?import"; p {{ background: url({url}?p) }}'
            f'</style><script src="{url}?script"></script><iframe src="{url}?frame"></iframe><embed src="{url}?embed">'
            f'<img src="{url}?picture" onerror="top.taken = 1"><video src="{url}?video" autoplay></video>'
            f'<form action="{url}?form"><button autofocus onfocus="form.submit()">Press</button></form><p>Here</p>'
        )
        body = {"type": "raw", "raw": {"html": html, "text": "Here"}}
        shop.save_template(slug, {"email": {"subject": "Escaping", "body": body}})
        user = {"$email": ["escaping@example.com"], "$channels": ["email"]}
        shop.trigger("Escaping", slug, "escaping", slug, user=user)
        [message] = shop.messages(slug)
        for path in (
            f"/console/demo/messages/{message['message_id']}",
            f"/console/demo/templates/{slug}/variants/email/default",
            "/console/~/outbox?recipient=escaping@example.com",
        ):
            assert admin.open(path) == 200
            frame = admin.page.frame_locator("iframe").first
            expect(frame.get_by_text("Here")).to_be_attached()
            frame.get_by_text("Press").click()
            address = admin.page.url
            admin.page.wait_for_load_state("networkidle")
            assert admin.page.url == address
            assert admin.page.evaluate(_TRAPS) == []
        # Pictures are what a mail may load.
        assert {headers["sec-fetch-dest"] for headers, _ in elsewhere.requests} <= {"image"}


def test_a_form_on_a_page_of_somebody_else_changes_nothing(admin: Tab, story: Story) -> None:
    action = f"{story.base_url}/console/demo/categories/commit"
    admin.page.goto("about:blank")
    admin.page.set_content(f'<form method="post" action="{action}"><button>Win a book</button></form>')
    with admin.page.expect_response(action) as answer:
        admin.page.click("button")
    assert answer.value.status == 403
