"""AWS Signature Version 4: pure, given the time.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from suprsend_hub.vendors.settings import Secret

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsKey:
    """Who signs, for which service in which region."""

    access_key_id: str
    secret_access_key: Secret = field(repr=False)
    region: str
    service: str


def sign(
    key: AwsKey, method: str, host: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> dict[str, str]:
    """The headers of a request without a query, and those that prove who sends it; every header is signed."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{key.region}/{key.service}/aws4_request"
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed |= {"host": host, "x-amz-date": stamp}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = "\n".join((method, quote(path, safe="/-_.~"), "", lines, names, hashlib.sha256(body).hexdigest()))
    text = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    seal = f"AWS4{key.secret_access_key.reveal()}".encode()
    for part in scope.split("/"):
        seal = hmac.digest(seal, part.encode(), "sha256")
    signature = hmac.digest(seal, text.encode(), "sha256").hex()
    credential = f"{_ALGORITHM} Credential={key.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "X-Amz-Date": stamp, "Authorization": credential}
