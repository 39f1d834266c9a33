"""The script of our own inbox: one small file that never takes text for markup."""

import asyncio
import gzip

import urllib3

from hub.tests.conftest import Api

MOST_BYTES = 25_000
# What a browser asks for.
MOST_COMPRESSED_BYTES = 9_000


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


async def test_the_script_never_makes_markup_of_text(api: Api) -> None:
    text = (await api.request("GET", "/inbox/inbox.js")).text
    assert not [
        word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(") if word in text
    ]


async def test_the_example_is_for_development_alone(api: Api) -> None:
    assert (await api.request("GET", "/inbox/example/")).status_code == 404
