"""Signatures: the vectors of wire.md 2.1, and the variants that clients send."""

import pytest
from suprsend_hub.domain.signature import SignedRequest, is_signed_by

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
