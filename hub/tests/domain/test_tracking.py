"""Tracked mails: every web link leads through the hub, everything else stays as it was written."""

from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.tracking import MailLinks, track_html, track_mail

LINKS = MailLinks("https://hub/open/1/", lambda url: f"https://hub/click/?url={url}&m=1")


class Reader(HTMLParser):
    """The links and pictures of a page, as a mail program finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and found.get("href") is not None:
            self.links.append(str(found["href"]))
        if tag == "img":
            self.pictures.append(str(found["src"]))


@pytest.mark.parametrize(
    "tag",
    [
        '<a href="https://shop.example/?a=1&amp;b=2">',
        "<a href='https://shop.example/?a=1&amp;b=2'>",
        '<A class="x" HREF = "https://shop.example/?a=1&b=2" target=_blank>',
        '<a\n data-href="no"\n href=" https://shop.example/?a=1&amp;b=2 ">',
    ],
)
def test_a_web_link_leads_through_the_hub_to_where_it_led(tag: str) -> None:
    [link] = Reader(track_html(f"<p>{tag}Shop</a></p>", LINKS)).links
    assert link == "https://hub/click/?url=https://shop.example/?a=1&b=2&m=1"


@pytest.mark.parametrize(
    "html",
    [
        '<a href="mailto:ada@example.com">',
        '<a href="tel:+1500">',
        '<a href="#top">',
        '<a href="/relative">',
        '<a href="javascript:alert(1)">',
        '<link href="https://shop.example/style.css">',
        '<a name="https://shop.example">',
        "<abbr href='https://shop.example'>",
        '<a href="">',
    ],
)
def test_what_is_no_web_link_stays(html: str) -> None:
    assert track_html(html, MailLinks(None, LINKS.click)) == html


def test_the_picture_is_the_last_thing_in_the_body() -> None:
    tracked = track_html("<html><body><p>Hi</p></BODY ></html>", LINKS)
    assert tracked.endswith('border:0"></BODY ></html>')
    assert Reader(track_html("Hi", LINKS)).pictures == ["https://hub/open/1/"]


def test_each_can_be_switched_off() -> None:
    html = '<a href="https://shop.example/">x</a>'
    assert track_html(html, MailLinks(None, None)) == html
    assert Reader(track_html(html, MailLinks(LINKS.pixel, None))).links == ["https://shop.example/"]


def test_the_text_of_a_mail_keeps_its_links() -> None:
    content = {"subject": "s", "body": {"type": "raw", "raw": {"html": '<a href="https://shop.example/">x</a>'}}}
    tracked = track_mail(content, LINKS)
    assert "hub/click" in tracked["body"]["raw"]["html"]
    assert "hub" not in tracked["body"]["raw"]["text"]
    assert "https://shop.example/" in tracked["body"]["raw"]["text"]
    assert track_mail({"body": {"plain_text": {"text": "x"}}}, LINKS) == {"body": {"plain_text": {"text": "x"}}}


@given(st.text(alphabet="<>a href=\"'https:/x&;\n", max_size=200))
def test_no_html_breaks_it_and_no_link_is_lost(html: str) -> None:
    before, after = Reader(html), Reader(track_html(html, MailLinks(None, lambda url: f"https://hub/click/?url={url}")))
    assert len(before.links) == len(after.links)
    for old, new in zip(before.links, after.links, strict=True):
        assert new in (old, f"https://hub/click/?url={unescape(old).strip()}")
