"""What a token service answers, as OAuth 2.0 has it (RFC 6749, section 5)."""

from datetime import timedelta

import msgspec

from suprsend_hub.domain.outcome import Deferred, Outcome
from suprsend_hub.vendors.contract import HttpAnswer, Token
from suprsend_hub.vendors.http_outcome import read_retry_after
from suprsend_hub.vendors.printable import make_printable


class _TokenForm(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int = 3600


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


def read_oauth_token(answer: HttpAnswer) -> Token | Outcome:
    """The token, or why there is none; the message itself has not been sent in any case."""
    if answer.status == 200:
        try:
            form = msgspec.json.decode(answer.body, type=_TokenForm)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Deferred("vendor_unavailable", "the token service answered without a token")
        return Token(form.access_token, timedelta(seconds=form.expires_in))
    try:
        refusal = msgspec.json.decode(answer.body, type=_Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        refusal = _Refusal()
    said = make_printable(f"token service: {refusal.error} {refusal.error_description}")
    if answer.status in (400, 401, 403):
        return Deferred("vendor_credentials", said)
    code = "vendor_rate_limited" if answer.status == 429 else "vendor_unavailable"
    return Deferred(code, f"HTTP {answer.status} {said}", read_retry_after(answer))
