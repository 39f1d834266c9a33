"""The request signature of wire.md 2.1: HMAC-SHA256 over five lines, with the variants that clients send."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from operator import itemgetter
from urllib.parse import parse_qsl, unquote, urlencode


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers, as it came over the wire."""

    method: str
    path: str
    query: str
    content_type: str | None
    dates: Sequence[str]
    body: bytes


def is_signed_by(request: SignedRequest, signature: str, secrets: Iterable[str]) -> bool:
    """Whether any of these secrets made the signature; takes the same time wherever a wrong one differs."""
    given = signature.strip().encode()
    return any(
        hmac.compare_digest(given, sign(secret, text)) for secret in secrets for text in strings_to_sign(request)
    )


def sign(secret: str, text: str) -> bytes:
    """The signature of one string to sign, in base64."""
    made = hmac.digest(secret.encode(), text.encode("utf-8", "surrogateescape"), "sha256")
    return base64.b64encode(made)


def strings_to_sign(request: SignedRequest) -> Iterator[str]:
    """Every string that a published client may have signed, the usual one first."""
    # The protocol's own choice of digest; what protects is the HMAC around it.
    body_digest = hashlib.md5(request.body, usedforsecurity=False).hexdigest() if request.body else ""
    content_types = dict.fromkeys(
        each
        for each in (request.content_type, "application/json; charset=utf-8", "application/json")
        if each is not None
    )
    for uri, content_type, date in product(_uris(request), content_types, request.dates):
        yield "\n".join((request.method.upper(), body_digest, content_type, date, uri))


def _uris(request: SignedRequest) -> Iterable[str]:
    # Bytes that are no UTF-8 go through as they are: a client signs what it means, not what the hub can read.
    decoded = unquote(request.path, errors="surrogateescape")
    if not request.query:
        return dict.fromkeys((request.path, decoded))
    pairs = parse_qsl(request.query, keep_blank_values=True, errors="surrogateescape")
    # Values of one key stay in the order in which they were given.
    sorted_query = urlencode(sorted(pairs, key=itemgetter(0)), errors="surrogateescape")
    return dict.fromkeys(
        (
            f"{request.path}?{request.query}",
            f"{decoded}?{request.query}",
            f"{decoded}?{sorted_query}",
        )
    )
