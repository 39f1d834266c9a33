"""Signatures: the vectors of wire.md 2.1, and the variants that clients send."""

import pytest
from suprsend_hub.domain.signature import SignedRequest, is_signed_by, sign, strings_to_sign

SECRET = "demo-workspace-secret"
DATE = "Tue, 02 Jan 2024 03:04:05 GMT"
JSON = "application/json; charset=utf-8"
BODY = b'{"workflow": "w", "recipients": ["u1"], "data": {}}'


@pytest.mark.parametrize(
    ("method", "body", "path", "query", "signature"),
    [
        ("POST", BODY, "/trigger/", "", "6XeVEW6pxH8hXpwxdMuYQAy1ntf+hL75VCagM4XzXL0="),
        ("GET", b"", "/v1/tenant/", "limit=20&offset=0", "VoqtfC6fQ0YZtsD+z+uURRgk2J+Ug5h/hKJZQaFy+EA="),
        ("DELETE", b"", "/v1/tenant/acme/", "", "DpCj9EQXVxPxRGzsZ6PTidajHl5zJTimVuz22zOL2sg="),
    ],
)
def test_the_recorded_signatures_are_valid(method: str, body: bytes, path: str, query: str, signature: str) -> None:
    request = SignedRequest(method, path, query, JSON, [DATE], body)
    assert is_signed_by(request, signature, [SECRET])
    assert is_signed_by(request, signature, ["another", SECRET])
    assert not is_signed_by(request, signature, ["another"])
    assert not is_signed_by(request, signature[:-2] + "x=", [SECRET])
    assert not is_signed_by(request, "", [SECRET])
    assert not is_signed_by(request, "ünicode", [SECRET])


def test_a_lost_content_type_and_an_amz_date_are_tried() -> None:
    signature = "DpCj9EQXVxPxRGzsZ6PTidajHl5zJTimVuz22zOL2sg="
    request = SignedRequest("DELETE", "/v1/tenant/acme/", "", None, ["Mon, 01 Jan 2024 00:00:00 GMT", DATE], b"")
    assert is_signed_by(request, signature, [SECRET])


def test_a_decoded_path_is_tried() -> None:
    signature = "DpCj9EQXVxPxRGzsZ6PTidajHl5zJTimVuz22zOL2sg="
    assert is_signed_by(SignedRequest("DELETE", "/v1/tenant/%61cme/", "", JSON, [DATE], b""), signature, [SECRET])
    assert not is_signed_by(SignedRequest("DELETE", "/v1/tenant/acmf/", "", JSON, [DATE], b""), signature, [SECRET])


def test_without_a_date_nothing_is_valid() -> None:
    assert not is_signed_by(SignedRequest("POST", "/trigger/", "", JSON, [], BODY), "x", [SECRET])


@pytest.mark.parametrize(
    ("path", "query", "signed"),
    [
        ("/v1/user/a%2Fb/", "", "/v1/user/a%2Fb/"),
        ("/v1/user/a%2Fb/", "", "/v1/user/a/b/"),
        ("/v1/user/a+b/", "", "/v1/user/a+b/"),
        ("/v1/user/%FF/", "", "/v1/user/\udcff/"),
        ("/v1/user/a%20b/", "limit=2&after=x", "/v1/user/a b/?limit=2&after=x"),
        ("/v1/user/a%20b/", "limit=2&after=x", "/v1/user/a b/?after=x&limit=2"),
        ("/v1/message/", "status%5B%5D=b&limit=2&status%5B%5D=a", "/v1/message/?limit=2&status%5B%5D=b&status%5B%5D=a"),
        ("/v1/message/", "tenant_id=a%20b&limit=", "/v1/message/?limit=&tenant_id=a+b"),
        ("/v1/message/", "tenant_id=%FF", "/v1/message/?tenant_id=%FF"),
        ("/v1/message/", "tenant_id=\udcff", "/v1/message/?tenant_id=\udcff"),
    ],
)
def test_paths_and_queries_are_tried_as_clients_sign_them(path: str, query: str, signed: str) -> None:
    request = SignedRequest("GET", path, query, None, [DATE], b"")
    text = "\n".join(("GET", "", "application/json", DATE, signed))
    assert is_signed_by(request, sign(SECRET, text).decode(), [SECRET])


def test_the_body_counts_as_it_came_and_only_where_there_is_one() -> None:
    lines = [text.split("\n")[1] for text in strings_to_sign(SignedRequest("POST", "/", "", JSON, [DATE], b"{}"))]
    assert set(lines) == {"99914b932bd37a50b983c5e7c90ae93b"}
    lines = [text.split("\n")[1] for text in strings_to_sign(SignedRequest("DELETE", "/", "", JSON, [DATE], b""))]
    assert set(lines) == {""}
