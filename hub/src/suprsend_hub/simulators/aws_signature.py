"""What Amazon's stand-ins find wrong with a signature; written apart from the hub's own way of signing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest

from suprsend_hub.simulators.http_server import Request


@dataclass(frozen=True, slots=True)
class AwsCredential:
    """The one key that a stand-in knows, and where it counts."""

    access_key_id: str
    secret: str = field(repr=False)
    region: str
    service: str


def find_fault(key: AwsCredential, request: Request, now: datetime) -> str | None:
    """What is wrong with the signature of a request without a query, or None."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(",") if "=" in part)
    stamp = request.headers.get("x-amz-date", "")
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return "The date is missing or malformed."
    scope = f"{stamp[:8]}/{key.region}/{key.service}/aws4_request"
    if scheme != "AWS4-HMAC-SHA256" or fields.get("Credential") != f"{key.access_key_id}/{scope}":
        return "The credential is not known here."
    if abs(now - signed_at) > timedelta(minutes=5):
        return "Signature expired."
    names = fields.get("SignedHeaders", "").split(";")
    head = "".join(f"{name}:{request.headers.get(name, '')}\n" for name in names)
    body = sha256(request.body).hexdigest()
    whole = f"{request.method}\n{request.path}\n\n{head}\n{';'.join(names)}\n{body}"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(whole.encode()).hexdigest()}"
    seal = f"AWS4{key.secret}".encode()
    for part in (stamp[:8], key.region, key.service, "aws4_request"):
        seal = digest(seal, part.encode(), "sha256")
    right = digest(seal, text.encode(), "sha256").hex()
    needed = {"host", "x-amz-date"} <= set(names)
    return None if needed and compare_digest(right, fields.get("Signature", "")) else "The signature does not match."
