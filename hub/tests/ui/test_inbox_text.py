"""The text of a notification looks in the console as it does in the inbox, and nothing of it is ever markup."""

from time import perf_counter

import pytest
from suprsend_hub.ui.inbox_text import read_inbox_spans
from suprsend_hub.ui.span import Span

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

TEMPLATES = "/console/demo/templates"
BODY = "**{{first_name}}** *sent* `7` [to you](https://shop.example/7?a=1&b=2)"
SHOWN = (
    "<strong>In&lt;s</strong> <em>sent</em> <code>7</code> "
    '<a href="https://shop.example/7?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">to you</a>'
)
HOSTILE = (
    f"**{XSS}** *{XSS}* `{XSS}` {XSS} [{XSS}](https://x.example/{XSS.replace('(', '').replace(')', '')})"
    " [trap](javascript:alert`1`) [trap](JavaScript:x) [trap](data:text/html,x) [trap](//x.example) [trap](/x)"
    ' [quote](https://x.example/"onclick=x)'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [Span("plain")]),
        ("**b** *i* `c`", [Span("b", ("bold",)), Span(" "), Span("i", ("italic",)), Span(" "), Span("c", ("code",))]),
        ("2 * 3 * 4 ** ` [a] (b)", [Span("2 * 3 * 4 ** ` [a] (b)")]),
        ("_u_ ~~s~~ <b>h</b>", [Span("_u_ ~~s~~ <b>h</b>")]),
        ("**&lt;In&#x27;s&gt;**", [Span("<In's>", ("bold",))]),
        ("[a](https://x.example?a=1&section=2&copy)", [Span("a", (), "https://x.example?a=1&section=2&copy")]),
        ("one\\\ntwo\nthree", [Span("one"), Span("\n"), Span("two\nthree")]),
        ("[a](https://x.example)", [Span("a", (), "https://x.example")]),
        ("[a](mailto:ada@example.com)", [Span("a", (), "mailto:ada@example.com")]),
        ("[a [b](http://x.example)", [Span("[a "), Span("b", (), "http://x.example")]),
        ("[a](javascript:x) [b](/orders)", [Span("a"), Span(" "), Span("b")]),
    ],
)
def test_what_the_inbox_shows_formatted_is_shown_so(text: str, expected: list[Span]) -> None:
    assert list(read_inbox_spans(text)) == expected


@pytest.mark.parametrize("part", ["[", "[a](", "*", "**a", "`", "\\", "&", "*a", "](", "[a]"])
def test_no_text_takes_long(part: str) -> None:
    begun = perf_counter()
    assert "".join(each.text for each in read_inbox_spans(part * 20_000))
    assert perf_counter() - begun < 2


async def message_page(admin: Browser, scene: Scene, body: str, name: str) -> str:
    """What the page of a message shows of a notification that was sent to somebody of this name."""
    await scene.commit_template(content={"inbox": {"header": "Hello", "body": body}})
    await scene.go_through(trigger_body(users=[{"distinct_id": "ada"}], data={"first_name": name}))
    message_id = await scene.pool.fetchval("select id from message")
    return (await admin.get(f"/console/demo/messages/{message_id}")).text


async def preview(admin: Browser, body: str, name: str) -> str:
    """What the editor of templates shows of a notification to somebody of this name."""
    assert (await admin.post(TEMPLATES, {"slug": "order", "name": "Order"})).status_code == 303
    added = await admin.post(f"{TEMPLATES}/order/variants", {"channel": "inbox"})
    form = {"content.header": "Hello", "content.body": body, "locale": "en", "data": f'{{"first_name": "{name}"}}'}
    return (await admin.post(f"{added.headers['location']}/preview", form, HX_Request="true")).text


async def test_the_page_of_a_message_shows_it_formatted(admin: Browser, scene: Scene) -> None:
    page = await message_page(admin, scene, BODY, "In<s")
    assert f'<p class="notice-text">{SHOWN}</p>' in page


async def test_the_preview_of_a_template_shows_it_formatted(admin: Browser, scene: Scene) -> None:
    page = await preview(admin, BODY, "In<s")
    assert f'<p class="note-body">{SHOWN}</p>' in page


async def test_a_hostile_notification_is_shown_as_text(admin: Browser, scene: Scene) -> None:
    for page in (await message_page(admin, scene, HOSTILE, "x"), await preview(admin, HOSTILE, "x")):
        assert "<strong>&lt;script&gt;" in page
        assert page.count(">trap</a>") == 0
        assert "trap trap trap trap trap" in page
        assert "<script>alert" not in page
        assert 'href="javascript' not in page.lower()
        assert 'href="https://x.example/&#34;onclick=x"' in page
        assert outline(page).faults == []
