"""User tokens: what an app's backend signs so that a browser may act for one person (wire.md 2.3)."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from suprsend_hub.domain.fault import Invalid, Unauthenticated
from suprsend_hub.domain.recipient import read_distinct_id

LONGEST_TOKEN = 8192
DEFAULT_TENANT = "default"

# The year 9000: whatever is later is for ever.
_LATEST = 221_845_392_000

T = TypeVar("T")


class _Header(msgspec.Struct, frozen=True):
    alg: str
    crit: list[str] | None = None


class _Scope(msgspec.Struct, frozen=True):
    tenant_id: str | None = None


class _Claims(msgspec.Struct, frozen=True):
    entity_type: str
    entity_id: str
    exp: float
    iat: float | None = None
    nbf: float | None = None
    scope: _Scope | None = None


_HEADER = msgspec.json.Decoder(_Header)
_CLAIMS = msgspec.json.Decoder(_Claims)


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public half of a signing key; `expiry_at` is None while the key is not rolled."""

    key: EllipticCurvePublicKey
    expiry_at: datetime | None


@dataclass(frozen=True, slots=True)
class UserToken:
    """What a token that was checked says: for whom, in which tenant's inbox, until when."""

    distinct_id: str
    tenant_id: str
    expires_at: datetime


def load_verifying_key(pem: str, expiry_at: datetime | None) -> VerifyingKey:
    """The key in a PEM text; ValueError if it is none of the curve that ES256 wants."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("must be a P-256 public key in PEM form")
    return VerifyingKey(key, expiry_at)


def read_user_token(token: str, keys: Iterable[VerifyingKey], now: datetime) -> UserToken:
    """What the token says, or Unauthenticated with the reason why it is not believed."""
    claims = _decoded(verify_es256(token, keys, now), _CLAIMS)
    if claims.entity_type != "subscriber":
        raise _refused("its entity_type must be subscriber")
    if claims.exp <= now.timestamp():
        raise _refused(f"it expired at {_shown(claims.exp)}; it is {_shown(now.timestamp())} now")
    if claims.nbf is not None and claims.nbf > now.timestamp():
        raise _refused(f"it is not valid before {_shown(claims.nbf)}; it is {_shown(now.timestamp())} now")
    try:
        distinct_id = read_distinct_id(claims.entity_id, "entity_id")
    except Invalid as fault:
        raise _refused(f"its {fault.message}") from None
    tenant_id = (claims.scope.tenant_id if claims.scope else None) or DEFAULT_TENANT
    return UserToken(distinct_id, tenant_id, datetime.fromtimestamp(min(claims.exp, _LATEST), UTC))


def verify_es256(token: str, keys: Iterable[VerifyingKey], now: datetime) -> bytes:
    """The payload of a token that one of the unexpired keys signed (RFC 7515, RFC 7518), or Unauthenticated."""
    parts = token.split(".") if len(token) <= LONGEST_TOKEN else []
    if len(parts) != 3:
        raise _refused("it is not a JSON Web Token of three parts")
    header = _decoded(_bytes(parts[0]), _HEADER)
    if header.alg != "ES256" or header.crit is not None:
        raise _refused("it must be signed with ES256, and have no crit in its header")
    signature = _bytes(parts[2])
    if len(signature) != 64:
        raise _refused("its signature must have 64 bytes")
    signed = f"{parts[0]}.{parts[1]}".encode()
    # Every key is tried: which one was used is what the token says, and that is not proven yet.
    if not any(_is_signed_by(key, signature, signed) for key in keys if _is_in_use(key, now)):
        raise _refused("no signing key in use made its signature; see: suprsend-hub signing-key list")
    return _bytes(parts[1])


def _is_in_use(key: VerifyingKey, now: datetime) -> bool:
    return key.expiry_at is None or key.expiry_at > now


def _is_signed_by(key: VerifyingKey, signature: bytes, signed: bytes) -> bool:
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        key.key.verify(encode_dss_signature(r, s), signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _bytes(part: str) -> bytes:
    try:
        if "=" in part:
            raise ValueError
        return b64decode(part + "=" * (-len(part) % 4), altchars="-_", validate=True)
    except (NotBase64, ValueError):
        raise _refused("its parts must be base64 as URLs take it, without padding") from None


def _decoded(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(f"its JSON is not what it should be: {error}") from None


def _shown(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g} seconds since 1970"


def _refused(reason: str) -> Unauthenticated:
    return Unauthenticated(f"not authenticated: the user token in x-ss-signature is not valid: {reason}")
