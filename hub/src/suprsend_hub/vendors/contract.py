"""What a vendor is: its settings as data, and how a message becomes a request and an answer an outcome.

Codes that every vendor shares, and what they say about the message:

Deferred    vendor_unreachable   no connection: refused, no such host, no route, connecting took too long
            vendor_tls           no secure connection: certificate or protocol
            vendor_credentials   the vendor does not accept the account's credentials
            vendor_rate_limited  the vendor asks for patience
            vendor_unavailable   the vendor has a fault of its own
            vendor_busy          no place among this account's connections in time
            vendor_budget        the account has the messages a second already that its owner allows
            attachment           a file could not be fetched just now
Uncertain   answer_lost          the message was handed over, then the connection broke or time ran out
            answer_unreadable    the vendor answered something that is no answer
            unexpected           a fault of the hub while the message was on its way; the log has it
Rejected    vendor_settings      the account's settings are wrong, or its vendor is not known
            vendor_refused       the vendor refuses the message, and says no more than that
            address, content     the message itself can't be sent as it is
            attachment           a file is too large, not there, or at a place that must not be asked
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Outcome

Settings = TypeVar("Settings", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request to a vendor; it prints without path, headers and body, which may hold secrets.

    `is_foreign` where the URL comes from whoever triggered and not from the account's settings: then it is only
    asked at public addresses.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    is_foreign: bool = False

    def __repr__(self) -> str:
        return f"HttpRequest({self.method} {'/'.join(self.url.split('/')[:3])})"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A vendor's answer: status, headers in lower case, and at most the first 64 KB of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"HttpAnswer({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Token:
    """A short-lived credential, fetched once and kept until shortly before it expires."""

    value: str
    lifetime: timedelta

    def __repr__(self) -> str:
        return f"Token(lifetime={self.lifetime})"


@dataclass(frozen=True, slots=True)
class TokenExchange(Generic[Settings]):
    """How a vendor hands out its short-lived credential."""

    request: Callable[[Settings, datetime], HttpRequest]
    read: Callable[[HttpAnswer], Token | Outcome]


@dataclass(frozen=True, slots=True)
class TokenMaker(Generic[Settings]):
    """How a short-lived credential is made without asking anybody."""

    make: Callable[[Settings, datetime], Token]


@dataclass(frozen=True, slots=True)
class LookUp(Generic[Settings]):
    """A question to ask before a message can be addressed, such as whose an email address is.

    `request` answers None where there is nothing to ask; `read` gives what the address, a document, lacks, or why not.
    """

    request: Callable[[Settings, OutgoingMessage, Token | None], HttpRequest | None]
    read: Callable[[HttpAnswer], Document | Outcome]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be fetched before a callback can be judged, such as the certificate of its signature."""

    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Confirm:
    """A callback that asks the hub to confirm, by this request, that it wants to be told."""

    request: HttpRequest


# Settings, the vendor's request, and what was fetched where the first reading answered Wanted.
Listen: TypeAlias = Callable[[Settings, Callback, HttpAnswer | None], Heard | Unheard | Wanted | Confirm]


def always_wants_token(_settings: object, _message: OutgoingMessage) -> bool:
    """Every message is sent with the token."""
    return True


def is_unauthenticated(answer: HttpAnswer) -> bool:
    """HTTP 401, by which most vendors say that a token is no longer good."""
    return answer.status == HTTPStatus.UNAUTHORIZED


@dataclass(frozen=True, slots=True)
class HttpVendor(Generic[Settings]):
    """A vendor behind one HTTP request: two pure functions and what they need to be told.

    `request` gets the token where the vendor has one, and the time, which signatures need; it may answer Rejected
    where the message can't become a request at all. `wants_token` says which messages go with the token, and
    `refuses_token` which answers mean that it is no longer good. `channel` is None where the account decides.
    `provider` is the kind of address that it takes, on a channel that has several kinds. `listen` reads what the
    vendor reports afterwards, once it has checked that it comes from the vendor.
    """

    name: str
    title: str
    channel: Channel | None
    documentation: str
    settings: type[Settings]
    request: Callable[[Settings, OutgoingMessage, Token | None, datetime], HttpRequest | Outcome]
    outcome: Callable[[HttpAnswer], Outcome]
    token: TokenExchange[Settings] | TokenMaker[Settings] | None = None
    wants_token: Callable[[Settings, OutgoingMessage], bool] = always_wants_token
    refuses_token: Callable[[HttpAnswer], bool] = is_unauthenticated
    look_up: LookUp[Settings] | None = None
    listen: Listen[Settings] | None = None
    takes_attachments: bool = False
    provider: str = ""


class Connection(Protocol):
    """The way to one account of a vendor, with whatever it keeps open or remembers."""

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand one message over; every failure that can be foreseen is an outcome."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectionVendor(Generic[Settings]):
    """A vendor behind a connection of its own, such as SMTP; `places` is how many sends run at a time."""

    name: str
    title: str
    channel: Channel | None
    documentation: str
    settings: type[Settings]
    connect: Callable[[Settings], Connection]
    places: Callable[[Settings], int]
    takes_attachments: bool = False
    provider: str = ""


Vendor: TypeAlias = HttpVendor[Settings] | ConnectionVendor[Settings]

# Each vendor has settings of its own, and only the vendor reads them: the registry need not know their type.
AnyVendor: TypeAlias = HttpVendor[Any] | ConnectionVendor[Any]


def reports(vendor: AnyVendor) -> bool:
    """Whether the vendor tells afterwards what became of a message."""
    return isinstance(vendor, HttpVendor) and vendor.listen is not None
