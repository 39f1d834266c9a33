"""Who may call: the variants of wire.md 2.1 and 2.2, and what the others are told."""

import hashlib
from urllib.parse import quote

import msgspec
import pytest
from suprsend_hub.domain.signature import sign

from hub.tests.actions.scene import trigger_body
from hub.tests.api.conftest import JSON, Shop, assert_refused

BODY = msgspec.json.encode(trigger_body())
EVENT = b'{"event":"SEEN","distinct_id":"u1"}'
DATE = "Thu, 29 Feb 2024 12:30:45 GMT"


def signed(shop: Shop, *parts: str, secret: str | None = None) -> str:
    """An Authorization header over these lines."""
    text = "\n".join(parts)
    return f"{shop.made.workspace.key}:{sign(secret or shop.made.workspace.secrets[0], text).decode()}"


def digest(body: bytes) -> str:
    """The second line of a string to sign."""
    return hashlib.md5(body).hexdigest()


async def test_the_usual_signature_opens(shop: Shop) -> None:
    headers = {"Authorization": signed(shop, "POST", digest(BODY), JSON, DATE, shop.trigger_path)}
    headers |= {"Content-Type": JSON, "Date": DATE}
    assert (await shop.api.request("POST", shop.trigger_path, body=BODY, headers=headers)).status_code == 202


async def test_browsers_sign_another_type_and_date_header(shop: Shop) -> None:
    headers = {"Authorization": signed(shop, "POST", digest(EVENT), "application/json", DATE, "/event/")}
    headers |= {"Content-Type": JSON, "X-Amz-Date": DATE}
    assert (await shop.api.request("POST", "/event/", body=EVENT, headers=headers)).status_code == 202


async def test_phones_sign_an_iso_date(shop: Shop) -> None:
    date = "2024-02-29T12:30:45Z"
    headers = {"Authorization": signed(shop, "POST", digest(EVENT), "application/json", date, "/event/")}
    headers |= {"Content-Type": "application/json", "Date": date}
    assert (await shop.api.request("POST", "/event/", body=EVENT, headers=headers)).status_code == 202


@pytest.mark.parametrize("uri", ["limit=2&idempotency_key=a%20b", "limit=2&idempotency_key=a b", "sorted"])
async def test_queries_are_signed_raw_or_decoded_and_sorted(shop: Shop, uri: str) -> None:
    sent = "limit=2&idempotency_key=a%20b"
    query = "idempotency_key=a+b&limit=2" if uri == "sorted" else sent
    headers = {"Authorization": signed(shop, "GET", "", JSON, DATE, f"/v1/message/?{query}")}
    headers |= {"Content-Type": JSON, "Date": DATE}
    assert (await shop.api.request("GET", f"/v1/message/?{sent}", headers=headers)).status_code == 200


async def test_the_api_key_opens(shop: Shop) -> None:
    for scheme in ("Bearer", "bearer"):
        headers = {"Authorization": f"{scheme} {shop.made.api_key}", "Content-Type": JSON}
        assert (await shop.api.request("POST", shop.trigger_path, body=BODY, headers=headers)).status_code == 202


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer nonsense",
        "Bearer {service_token}",
        "ServiceToken {service_token}",
        "{key}",
        "{key}:",
        "{key}:c2lnbmF0dXJl",
        ":c2lnbmF0dXJl",
        "unknown-key:c2lnbmF0dXJl",
        "{key}:\u00e9",
    ],
)
async def test_nobody_else_gets_in_and_nothing_is_stored(shop: Shop, authorization: str | None) -> None:
    before = await shop.stored()
    headers = {"Content-Type": JSON, "Date": DATE}
    if authorization is not None:
        made = shop.made
        headers["Authorization"] = authorization.format(key=made.workspace.key, service_token=made.service_token)
    for path, body in ((shop.trigger_path, BODY), ("/event/", EVENT)):
        reply = await shop.api.request("POST", path, body=body, headers=headers)
        assert_refused(reply, 401, "not authenticated")
    assert await shop.stored() == before


@pytest.mark.parametrize("changed", ["method", "body", "type", "date", "path", "secret"])
async def test_a_signature_covers_everything(shop: Shop, changed: str) -> None:
    parts = {"method": "POST", "body": digest(BODY), "type": JSON, "date": DATE, "path": shop.trigger_path}
    secret = "another secret" if changed == "secret" else None
    if changed in parts:
        parts[changed] = {"method": "PUT", "body": digest(EVENT), "type": "text/plain"}.get(changed, "x")
    headers = {"Authorization": signed(shop, *parts.values(), secret=secret), "Content-Type": JSON, "Date": DATE}
    reply = await shop.api.request("POST", shop.trigger_path, body=BODY, headers=headers)
    assert_refused(reply, 401, "signature does not match")


async def test_a_workspace_opens_only_itself(shop: Shop) -> None:
    reply = await shop.post(f"/{quote('another-workspace')}/trigger/", trigger_body())
    assert_refused(reply, 403, "another workspace")
    assert_refused(await shop.post("/event/", {"event": "SEEN", "distinct_id": "u1", "env": "other"}), 400, "env")
