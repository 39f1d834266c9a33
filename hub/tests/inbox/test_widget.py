"""The script of our own inbox: one small file that never takes text for markup."""

import asyncio
import gzip
import re
from pathlib import Path

import pytest
import urllib3
from suprsend_hub.inbox import widget
from suprsend_hub.inbox.widget import PARTS, without_margins, write_script

from hub.tests.conftest import Api

MOST_BYTES = 20_000
# What a browser asks for.
MOST_COMPRESSED_BYTES = 8_000
PAGE = Path(widget.__file__).with_name("page")


async def test_the_script_is_small_and_needs_nothing_else(api: Api) -> None:
    reply = await api.request("GET", "/inbox/inbox.js", headers={"Origin": "https://shop.example.com"})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert len(reply.body) < MOST_BYTES
    packed = await asyncio.to_thread(
        urllib3.request,
        "GET",
        f"{api.base_url}/inbox/inbox.js",
        headers={"Accept-Encoding": "br, gzip"},
        decode_content=False,
    )
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed.data) == reply.body
    assert len(packed.data) < MOST_COMPRESSED_BYTES
    assert not [word for word in ("import ", "require(", "https://cdn") if word in reply.text]


def test_only_margins_and_comments_are_left_out() -> None:
    source = "  // why\n  const words = [\n\n    `a  b`, // kept\n  ];\n"
    assert without_margins(source) == "const words = [\n`a  b`, // kept\n];\n"


@pytest.mark.parametrize("part", PARTS)
def test_no_text_and_no_comment_of_a_source_goes_on_in_another_line(part: str) -> None:
    for number, line in enumerate((PAGE / part).read_text().splitlines(), 1):
        assert line.count("`") % 2 == 0, (part, number)
        assert not line.endswith("\\"), (part, number)
        assert "/*" not in line, (part, number)


def test_no_value_of_the_style_goes_on_in_another_line() -> None:
    lines = (PAGE / "look.css").read_text().splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        assert line.endswith(tuple("{};,")) or after.strip() == "}", line


def test_all_that_the_sources_say_is_served() -> None:
    served = write_script()
    for part in PARTS:
        for line in (PAGE / part).read_text().splitlines():
            said = line.strip()
            assert said in served or said.startswith("//") or "look.css" in said, (part, line)
    for line in (PAGE / "look.css").read_text().splitlines():
        assert line.strip().replace('"', '\\"') in served, line
    assert "look.css" not in served


async def test_the_script_never_makes_markup_of_text(api: Api) -> None:
    text = (await api.request("GET", "/inbox/inbox.js")).text
    assert not [
        word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(") if word in text
    ]


async def test_the_example_is_for_development_alone(api: Api) -> None:
    assert (await api.request("GET", "/inbox/example/")).status_code == 404


async def test_the_icon_of_the_example_is_there(api: Api) -> None:
    icon = re.search('<link rel="icon" href="([^"]+)"', (PAGE / "example.html").read_text())
    assert icon, "browsers ask for one of their own otherwise"
    assert (await api.request("GET", icon[1])).headers["content-type"] == "image/svg+xml"
