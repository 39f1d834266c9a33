"""User tokens: what is believed, and why the others are not."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.fault import Unauthenticated
from suprsend_hub.domain.user_token import (
    UserToken,
    VerifyingKey,
    load_verifying_key,
    read_user_token,
    verify_es256,
)
from suprsend_hub.vendors.json_web_token import encode_base64, sign_es256

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
PRIVATE = generate_private_key(SECP256R1())
KEY = VerifyingKey(PRIVATE.public_key(), None)
OTHER = VerifyingKey(generate_private_key(SECP256R1()).public_key(), None)
EXP = int(NOW.timestamp()) + 60


def token(**changes: Any) -> str:
    """A token as an app's backend signs it, changed in some claims; None leaves one out."""
    claims = {"entity_type": "subscriber", "entity_id": "u1", "exp": EXP, "iat": EXP - 60} | changes
    return sign_es256(PRIVATE, {"typ": "JWT"}, {key: value for key, value in claims.items() if value is not None})


def reason(given: str, *keys: VerifyingKey) -> str:
    """Why a token is not believed."""
    with pytest.raises(Unauthenticated) as refused:
        read_user_token(given, keys or (KEY,), NOW)
    return refused.value.message


def part(text: str) -> str:
    """A part of a token."""
    return encode_base64(text.encode())


def head(**changes: Any) -> str:
    """A header, changed in some fields."""
    return encode_base64(msgspec.json.encode({"alg": "ES256"} | changes))


def test_the_example_of_the_standard_is_verified() -> None:
    """RFC 7515, appendix A.3."""
    x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    number_x, number_y = (int.from_bytes(base64.urlsafe_b64decode(each + "="), "big") for each in (x, y))
    key = VerifyingKey(EllipticCurvePublicNumbers(number_x, number_y, SECP256R1()).public_key(), None)
    example = (
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    payload = verify_es256(example, (OTHER, key), NOW)
    assert msgspec.json.decode(payload) == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}


@pytest.mark.parametrize(
    ("claims", "tenant"),
    [
        ({}, "default"),
        ({"iat": None}, "default"),
        ({"scope": {}}, "default"),
        ({"scope": {"tenant_id": None}}, "default"),
        ({"scope": {"tenant_id": "acme"}}, "acme"),
        ({"exp": EXP + 0.5, "nbf": EXP - 60}, "default"),
        ({"more": {"anything": 1}}, "default"),
    ],
)
def test_a_token_says_who_and_in_which_tenant(claims: dict[str, Any], tenant: str) -> None:
    expires_at = datetime.fromtimestamp(claims.get("exp", EXP), UTC)
    assert read_user_token(token(**claims), [KEY], NOW) == UserToken("u1", tenant, expires_at)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": int(NOW.timestamp())}, "expired at 2024-02-29T12:00:00+00:00"),
        ({"exp": -(10**15)}, "expired at -1e+15 seconds since 1970"),
        ({"exp": None}, "`exp`"),
        ({"exp": "soon"}, "$.exp"),
        ({"exp": msgspec.Raw(b"1" + b"0" * 400)}, "JSON"),
        ({"nbf": msgspec.Raw(b"1e300")}, "not valid before 1e+300 seconds since 1970"),
        ({"nbf": EXP}, "not valid before 2024-02-29T12:01:00+00:00"),
        ({"entity_type": "object"}, "entity_type must be subscriber"),
        ({"entity_type": None}, "`entity_type`"),
        ({"entity_id": None}, "`entity_id`"),
        ({"entity_id": 7}, "$.entity_id"),
        ({"entity_id": " "}, "entity_id: must be a text"),
        ({"scope": "acme"}, "$.scope"),
    ],
)
def test_a_token_with_wrong_claims_is_refused_with_the_reason(claims: dict[str, Any], words: str) -> None:
    assert words in reason(token(**claims))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "three parts"),
        ("a.b", "three parts"),
        ("a.b.c.d", "three parts"),
        ("a" * 9000, "three parts"),
        ("{}.é.é", "base64"),
        (f"{part('{}')}.e.e", "`alg`"),
        (f"{part('[]')}.e.e", "array"),
        (f"{part('{')}.e.e", "JSON"),
        (token().replace(".", "=.", 1), "base64"),
        (f"{head(alg='none')}.{part('{}')}.", "ES256"),
        (f"{head(alg='HS256')}.{part('{}')}.{part('x' * 32)}", "ES256"),
        (f"{head(crit=['b64'])}.{part('{}')}.{part('x' * 64)}", "crit"),
        (f"{head()}.{part('{}')}.{part('x' * 63)}", "64 bytes"),
        (f"{head()}.{part('{}')}.{encode_base64(bytes(64))}", "no signing key"),
    ],
)
def test_what_is_no_token_is_refused_with_the_reason(given: str, words: str) -> None:
    assert words in reason(given)


def test_every_part_is_covered_by_the_signature() -> None:
    header, claims, signature = token().split(".")
    forged = part('{"entity_type":"subscriber","entity_id":"u2","exp":9999999999}')
    assert "no signing key" in reason(f"{header}.{forged}.{signature}")
    assert "no signing key" in reason(f"{head()}.{claims}.{signature}")


def test_only_keys_that_have_not_expired_are_believed() -> None:
    later, sooner = (VerifyingKey(KEY.key, NOW + timedelta(seconds=each)) for each in (1, 0))
    assert read_user_token(token(), [OTHER, later], NOW).distinct_id == "u1"
    assert "no signing key" in reason(token(), sooner, OTHER)
    assert "no signing key" in reason(token(), OTHER)


TEXTS = st.text('aZ09+/-_=.{}[]:," \x00é€', max_size=60)
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXTS
JSON = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(st.just("tenant_id"), LEAVES)
CLAIMS = st.sampled_from(["entity_type", "entity_id", "exp", "nbf", "iat", "scope"])


@given(st.lists(TEXTS, min_size=3, max_size=3))
def test_whatever_is_sent_as_a_token_is_refused_with_a_reason(texts: list[str]) -> None:
    assert "user token" in reason(".".join(texts))
    assert "user token" in reason(".".join(map(part, texts)))


@given(st.dictionaries(CLAIMS, JSON))
def test_signed_claims_of_any_shape_are_believed_or_refused(claims: dict[str, Any]) -> None:
    signed = sign_es256(PRIVATE, {}, {"entity_type": "subscriber", "entity_id": "u1", "exp": EXP} | claims)
    try:
        believed = read_user_token(signed, [KEY], NOW)
    except Unauthenticated as refused:
        assert "user token" in refused.message
    else:
        assert believed.distinct_id


def test_only_keys_of_the_right_curve_are_taken() -> None:
    def pem(curve: Any) -> str:
        public = generate_private_key(curve).public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    assert load_verifying_key(pem(SECP256R1()), NOW).expiry_at == NOW
    with pytest.raises(ValueError, match="P-256"):
        load_verifying_key(pem(SECP384R1()), None)
