"""What reading a vendor's callbacks has in common."""

from datetime import UTC, datetime
from hmac import compare_digest
from typing import Annotated, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Unheard
from suprsend_hub.domain.message import OutgoingMessage

Form = TypeVar("Form")

# A message's id as a vendor gives it back, where no signature vouches for what comes.
EchoedId: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{1,64}\Z")]

_PARAMETER = "message_id"


def report_url(message: OutgoingMessage) -> str:
    """Where a vendor reports on this message, for vendors that are told so with each; empty where nobody listens."""
    return f"{message.reports_to}?{urlencode({_PARAMETER: message.id})}" if message.reports_to else ""


def find_message_id(callback: Callback) -> str | None:
    """The message that the callback's own URL names."""
    return find_in_query(callback, _PARAMETER)


def find_in_query(callback: Callback, name: str) -> str | None:
    """What the callback's own URL says under this name."""
    return parse_qs(urlsplit(callback.url).query).get(name, [None])[0]


def read_fields(callback: Callback) -> dict[str, str]:
    """The fields of a form, each once."""
    text = callback.body.decode("utf-8", "replace")
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True, max_num_fields=1000).items()}


def read_document(callback: Callback, form: type[Form]) -> Form | Unheard:
    """A JSON body of this form."""
    try:
        return msgspec.json.decode(callback.body, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Unheard(400, f"the body is not what this vendor sends: {error}")


def read_milliseconds(given: int | str | None, otherwise: datetime) -> datetime:
    """A time in milliseconds since 1970; `otherwise` where none is given that makes sense."""
    try:
        return datetime.fromtimestamp(int(given) / 1000, UTC) if given else otherwise
    except (ValueError, OverflowError, OSError):
        return otherwise


def is_same(given: str, right: str) -> bool:
    """Whether two signatures are the same, in a time that tells nothing."""
    return compare_digest(given.encode(), right.encode())


UNSIGNED = Unheard(401, "the signature is missing or does not match; check the account's settings and HUB_PUBLIC_URL")
