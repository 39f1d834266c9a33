"""Signatures of webhooks as the Standard Webhooks specification has them; pure, given the time.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
TOLERANCE = timedelta(minutes=5)


def read_secret(secret: str) -> bytes:
    """The key in a secret, or a ValueError that shows nothing of it."""
    try:
        key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (NotBase64, ValueError):
        raise ValueError(f"must be {SECRET_PREFIX} followed by base64") from None
    if len(key) < 16:
        raise ValueError("must hold at least 16 bytes")
    return key


def sign_webhook(
    key: bytes, webhook_id: str, at: datetime, body: bytes, former: Sequence[bytes] = ()
) -> dict[str, str]:
    """The three headers that prove who sends a body, and when; each of the former keys signs it too."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_sign(each, webhook_id, stamp, body) for each in (key, *former)),
    }


def is_webhook_signed(
    key: bytes, headers: Mapping[str, str], body: bytes, now: datetime, prefix: str = "webhook-"
) -> bool:
    """Whether the headers, in lower case, prove that the body was sent just now by who knows the key."""
    webhook_id, stamp = headers.get(f"{prefix}id", ""), headers.get(f"{prefix}timestamp", "")
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
        return False
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        return False
    right = _sign(key, webhook_id, stamp, body).encode()
    given = headers.get(f"{prefix}signature", "").split()
    return any(hmac.compare_digest(each.encode("utf-8", "replace"), right) for each in given)


def _sign(key: bytes, webhook_id: str, stamp: str, body: bytes) -> str:
    signed = b".".join((webhook_id.encode("utf-8", "replace"), stamp.encode(), body))
    return f"v1,{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
