"""The outbox of development mode: what it shows of each channel, what a mail in it may do, and the clock."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyreqwest.client import ClientBuilder
from suprsend_hub.actions.audit import Along
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.hub import Hub
from suprsend_hub.main import run_api
from suprsend_hub.store.database import transact
from suprsend_hub.ui.chat_lines import Line, chat_lines
from suprsend_hub.ui.development import Arrival, Development, Sought
from suprsend_hub.ui.slack_text import read_spans
from suprsend_hub.ui.span import Span

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.conftest import Api
from hub.tests.ui.browser import Browser, name_of
from hub.tests.ui.test_pages import XSS, outline

OUTBOX = "/console/~/outbox"


@dataclass
class Post:
    """Arrivals that a test makes itself, newest last."""

    hub: Hub
    arrivals: list[Arrival] = field(default_factory=list)
    ahead: timedelta = timedelta()

    def add(self, channel: Channel, recipient: str, **content: Any) -> Arrival:
        """One more arrival."""
        number = len(self.arrivals) + 1
        made = Arrival(number, channel, "vendor", recipient, datetime.now(UTC), f"m{number}", "accept", content)
        self.arrivals.append(made)
        return made

    def read(self, sought: Sought, limit: int) -> list[Arrival]:
        """Those that fit."""
        return [
            each
            for each in reversed(self.arrivals)
            if sought.channel in (None, each.channel)
            and sought.recipient in (None, each.recipient)
            and (sought.before is None or each.place < sought.before)
        ][:limit]

    async def put_forward(self, by: timedelta, along: Along) -> None:
        """Put the clock forward."""
        self.ahead += by
        await transact(self.hub.pool, along)


@pytest.fixture
def post(hub: Hub) -> Post:
    """An empty outbox."""
    return Post(hub)


@pytest.fixture
async def api(hub: Hub, post: Post) -> AsyncIterator[Api]:
    """The real application in development mode."""
    development = Development(
        post.read, lambda number: next((each for each in post.arrivals if each.number == number), None),
        lambda: post.ahead, post.put_forward,
    )  # fmt: skip
    async with (
        run_api(hub, development=development) as server,
        ClientBuilder().follow_redirects(False).build() as client,
    ):
        yield Api(client, f"http://127.0.0.1:{server.port}")


async def test_each_channel_is_shown_as_people_see_it(admin: Browser, post: Post) -> None:
    post.add("email", "ada@example.com", title="Your order", html="<b>bold</b>", headers={"From": "shop@example.com"})
    post.add("sms", "+15005550006", title="Your code", text="Your code is 7")
    post.add("whatsapp", "+15005550006", title="Hi", text="Hi Ada", header={"text": "Shop"}, footer="Bye")
    post.add("androidpush", "token", title="Ready", text="Come and get it")
    post.add("slack", "U1", title="t", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "A section"}}])
    page = await admin.get(OUTBOX)
    assert page.status_code == 200
    for text in ("Your order", "Your code is 7", "Hi Ada", "Bye", "Come and get it", "A section", "shop@example.com"):
        assert text in page.text
    assert "<b>bold</b>" not in page.text
    assert re.search(r'<iframe [^>]*src="/console/~/outbox/1/mail" sandbox="allow-popups', page.text)
    assert (outline(page.text).faults, outline(page.text).open) == ([], [])
    assert page.text.index("A section") < page.text.index("Your order"), "newest first"


async def test_whoever_looks_where_a_workspace_would_be_is_led_to_the_outbox(
    admin: Browser, browser: Browser, scene: Scene
) -> None:
    for path in ("/console/outbox", "/console/outbox/"):
        led = await admin.get(path)
        assert (led.status_code, led.headers["location"]) == (303, OUTBOX)
        assert (await browser.get(path)).headers["location"].startswith("/console/~/sign-in?next=/console/outbox")
    await create_workspace(scene.pool, scene.vault, "outbox")
    assert "Overview" in (await admin.get("/console/outbox")).text, "a workspace of that name is not hidden by it"
    assert (await admin.get("/console/outbox/requests")).status_code == 200


async def test_a_mail_in_its_frame_may_do_nothing(admin: Browser, browser: Browser, post: Post) -> None:
    post.add("email", "ada@example.com", title="s", html="<script>alert(1)</script><b style='color:red'>b</b>")
    post.add("email", "ada@example.com", title="s", html=None, text="<i>plain</i>")
    post.add("sms", "1", title="s", text="t")
    mail = await admin.get(f"{OUTBOX}/1/mail")
    assert "<b style='color:red'>b</b>" in mail.text
    policy = mail.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "allow-same-origin" not in policy
    assert "http:" not in policy.replace("https:", "")
    assert "&lt;i&gt;plain" in (await admin.get(f"{OUTBOX}/2/mail")).text
    for number in ("3", "4", "x", "0", "9" * 30, "-1"):
        assert (await admin.get(f"{OUTBOX}/{number}/mail")).status_code == 404
    assert "frame-src 'self'" in (await admin.get(OUTBOX)).headers["content-security-policy"]
    assert (await browser.get(f"{OUTBOX}/1/mail")).status_code == 303, "whoever is not signed in"


async def test_the_outbox_is_narrowed_and_has_pages(admin: Browser, post: Post) -> None:
    for number in range(30):
        post.add("sms", "ada" if number % 2 else "bob", title="t", text=f"text-{number};")
    post.add("email", "ada", title="a mail")
    assert "a mail" not in (await admin.get(f"{OUTBOX}?channel=sms")).text
    ada = (await admin.get(f"{OUTBOX}?channel=sms&recipient=ada")).text
    assert ("text-29;" in ada, "text-28;" in ada) == (True, False)
    first = (await admin.get(OUTBOX)).text
    assert "text-5;" not in first
    older = re.search(r'href="(/console/~/outbox\?[^"]*before=[\w.]+)" rel="next"', first)
    assert older
    assert "text-5;" in (await admin.get(older[1].replace("&amp;", "&"))).text
    assert (await admin.get(f"{OUTBOX}?channel=pigeon")).status_code == 400
    for before in ("x", "1", "1.", ".1", "1.a.b", "9" * 17 + ".1"):
        assert (await admin.get(f"{OUTBOX}?before={before}")).status_code == 400
    assert "Nothing has been sent" in (await admin.get(f"{OUTBOX}?before=0.0")).text


async def test_what_comes_is_shown_by_itself(admin: Browser, post: Post) -> None:
    page = (await admin.get(OUTBOX)).text
    assert "Nothing has been sent" in page
    etag = re.search(r"If-None-Match[^0-9a-f]+([0-9a-f]{24})", page)
    assert etag
    headers = {"HX-Request": "true", "If-None-Match": f'"{etag[1]}"'}
    assert (await admin.send("GET", f"{OUTBOX}/live", None, headers)).status_code == 304
    post.add("sms", "1", title="t", text="news")
    part = await admin.send("GET", f"{OUTBOX}/live", None, headers)
    assert (part.status_code, "news" in part.text, "<html" in part.text) == (200, True, False)


async def test_hostile_messages_are_shown_as_they_are(admin: Browser, post: Post) -> None:
    channels: tuple[Channel, ...] = ("email", "sms", "whatsapp", "webpush", "slack", "ms_teams")
    for channel in channels:
        post.add(
            channel,
            XSS,
            title=XSS,
            text=XSS,
            html=XSS,
            header={"text": XSS},
            media=XSS,
            blocks=[
                {"text": XSS},
                {"text": {"type": "mrkdwn", "text": f"*{XSS}* <https://x.example|{XSS}> <javascript:alert(1)|x>"}},
            ],
        )
    page = (await admin.get(OUTBOX)).text
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert (outline(page).faults, outline(page).open) == ([], [])


async def test_the_clock_is_put_forward_and_that_is_noted(
    admin: Browser, signed_in: Callable[[Any], Any], post: Post, hub: Hub
) -> None:
    viewer = await signed_in("viewer")
    assert "+ 1 hour" not in (await viewer.get(OUTBOX)).text
    assert (await viewer.post(f"{OUTBOX}/clock", {"advance": "1h"})).status_code == 403
    done = await admin.post(f"{OUTBOX}/clock", {"advance": "1h"})
    assert done.headers["location"] == OUTBOX
    assert post.ahead == timedelta(hours=1)
    assert "1 h ahead of yours" in (await admin.get(OUTBOX)).text
    assert (await admin.post(f"{OUTBOX}/clock", {"advance": "soon"})).status_code == 400
    noted = await hub.pool.fetchrow("select action, target, user_name from audit_entry order by id desc limit 1")
    assert dict(noted or {}) == {
        "action": "put the clock forward",
        "target": "1h",
        "user_name": name_of("admin"),
    }


CARD: Document = {
    "body": [
        {"type": "TextBlock", "size": "large", "text": "Title"},
        {"type": "Container", "items": [{"type": "TextBlock", "text": "Within"}]},
        {"type": "FactSet", "facts": [{"title": "Order", "value": "7"}]},
    ],
    "actions": [{"type": "Action.OpenUrl", "title": "Open"}],
}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "just text"}, [Line("text", "just text")]),
        (
            {
                "blocks": [
                    {"type": "header", "text": {"text": "H"}},
                    {"type": "divider"},
                    {"type": "section", "fields": [{"text": "F"}]},
                    {"type": "context", "elements": [{"text": "a"}, {"text": "b"}]},
                    {"type": "actions", "elements": [{"type": "button", "text": {"text": "Go"}}]},
                    {"type": "image", "alt_text": "A cat"},
                ]
            },
            [
                Line("heading", "H"),
                Line("rule"),
                Line("text", "F"),
                Line("small", "a · b"),
                Line("button", "Go"),
                Line("picture", "A cat"),
            ],
        ),
        (
            {"cards": [CARD]},
            [Line("heading", "Title"), Line("text", "Within"), Line("text", "Order 7"), Line("button", "Open")],
        ),
        ({"blocks": [1, "x", {"type": 7}], "cards": {"x": 1}, "text": 5}, [Line("text", "")]),
    ],
)
def test_blocks_and_cards_are_lines_to_read(content: Document, expected: list[Line]) -> None:
    assert chat_lines(content, "ms_teams") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [Span("plain")]),
        ("a *b* _c_ ~d~ `e*f*`", [
            Span("a "), Span("b", ("bold",)), Span(" "), Span("c", ("italic",)), Span(" "), Span("d", ("struck",)),
            Span(" "), Span("e*f*", ("code",)),
        ]),
        ("*b _c_*", [Span("b ", ("bold",)), Span("c", ("bold", "italic"))]),
        ("snake_case_name 2*3*4 * a * _ b_", [Span("snake_case_name 2*3*4 * a * _ b_")]),
        ("<https://x.example/?a=1&amp;b=2|*here*>", [Span("*here*", (), "https://x.example/?a=1&b=2")]),
        ("<https://x.example>", [Span("https://x.example", (), "https://x.example")]),
        ("<mailto:ada@example.com>", [Span("ada@example.com", (), "mailto:ada@example.com")]),
        ("<javascript:alert(1)|x>", [Span("x")]),
        ("<@U1> <#C1|general> <!here>", [Span("@U1"), Span(" "), Span("#general"), Span(" "), Span("@here")]),
        ("1 &lt; 2 &amp;amp;", [Span("1 < 2 &amp;")]),
    ],
)  # fmt: skip
def test_what_is_written_in_slack_looks_as_it_does_there(text: str, expected: list[Span]) -> None:
    assert list(read_spans(text)) == expected


def test_only_what_slack_reads_as_its_own_writing_is_shown_so() -> None:
    blocks = [{"type": "section", "text": {"type": kind, "text": "*a*"}} for kind in ("mrkdwn", "plain_text")]
    assert chat_lines({"blocks": blocks}, "slack") == [Line("text", "*a*", True), Line("text", "*a*")]
    assert chat_lines({"text": "*a*"}, "slack") == [Line("text", "*a*", True)]
    assert chat_lines({"text": "*a*"}, "ms_teams") == [Line("text", "*a*")]


async def test_a_section_of_slack_is_shown_as_slack_shows_it(admin: Browser, post: Post) -> None:
    text = "*Order 7* is <https://shop.example/7|on its way>, _Ada_"
    post.add("slack", "U1", title="t", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": text}}])
    page = (await admin.get(OUTBOX)).text
    link = '<a href="https://shop.example/7" target="_blank" rel="noopener noreferrer">on its way</a>'
    assert f"<p><strong>Order 7</strong> is {link}, <em>Ada</em></p>" in page


async def test_notifications_of_the_inbox_stand_among_the_others(admin: Browser, post: Post, scene: Scene) -> None:
    content: dict[Channel, Document] = {"inbox": {"header": XSS, "body": "**You have** {{first_name}} & more"}}
    await scene.commit_template(content=content)
    post.add("sms", "ada", title="t", text="before it")
    await scene.go_through(trigger_body(users=[{"distinct_id": "ada"}]))
    post.add("sms", "ada", title="t", text="after it")
    page = (await admin.get(OUTBOX)).text
    places = [page.index(text) for text in ("after it", "<strong>You have</strong> Ada &lt;3 &amp; more", "before it")]
    assert places == sorted(places), "newest first"
    assert "by the hub itself" in page
    assert "<script>alert" not in page
    assert (outline(page).faults, outline(page).open) == ([], [])
    for query, is_shown in {
        "channel=inbox": True,
        "channel=sms": False,
        "recipient=ada": True,
        "recipient=bob": False,
    }.items():
        assert ("You have</strong> Ada" in (await admin.get(f"{OUTBOX}?{query}")).text) is is_shown
    etag = re.search(r"If-None-Match[^0-9a-f]+([0-9a-f]{24})", page)
    assert etag
    headers = {"HX-Request": "true", "If-None-Match": f'"{etag[1]}"'}
    assert (await admin.send("GET", f"{OUTBOX}/live", None, headers)).status_code == 304
    await scene.go_through(trigger_body(users=[{"distinct_id": "bob"}]))
    part = await admin.send("GET", f"{OUTBOX}/live", None, headers)
    assert part.text.count("<strong>You have</strong> Ada") == 2, "each as a card"
    assert part.text.count("**You have** Ada") == 2, "and as it is stored"


async def test_older_notifications_have_pages_too(admin: Browser, scene: Scene) -> None:
    await scene.commit_template(content={"inbox": {"header": "n", "body": "n"}})
    await scene.go_through(*(trigger_body(users=[{"distinct_id": f"p{number}"}]) for number in range(30)))
    first = (await admin.get(OUTBOX)).text
    older = re.search(r'href="(/console/~/outbox\?[^"]*before=[\w.]+)" rel="next"', first)
    assert older
    second = (await admin.get(older[1].replace("&amp;", "&"))).text
    shown = [re.findall(r'class="arrival-to">(p\d+)<', page) for page in (first, second)]
    assert [len(each) for each in shown] == [25, 5]
    assert len({*shown[0], *shown[1]}) == 30
