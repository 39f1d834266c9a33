"""What an SMTP account needs to be told."""

import re
import ssl
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from suprsend_hub.vendors.mailbox import NotAnAddress, read_mailbox
from suprsend_hub.vendors.settings import Secret

_HOST_NAME = re.compile(r"[A-Za-z0-9.-]{1,253}")


class SmtpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server is, how to log in, who sends."""

    host: Annotated[str, Meta(min_length=1, description="name or address of the SMTP server")]
    from_address: Annotated[str, Meta(description="sender where a template names none")]
    port: Annotated[int, Meta(ge=1, le=65535, description="usually 587 for starttls, 465 for tls, 25 for none")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(description="starttls: encrypt after connecting; tls: encrypt from the start; none: never"),
    ] = "starttls"
    username: Annotated[str | None, Meta(description="user to log in as, where the server asks for one")] = None
    password: Annotated[Secret | None, Meta(description="password of that user")] = None
    from_name: Annotated[str, Meta(description="sender's name where a template gives none")] = ""
    hello_name: Annotated[
        str | None, Meta(description="how the hub introduces itself; the machine's host name where left out")
    ] = None
    ca_certificate: Annotated[
        str | None,
        Meta(description="PEM certificate to trust beside those of the system, for a private server"),
    ] = None
    max_connections: Annotated[int, Meta(ge=1, le=100, description="connections at a time, per process")] = 8
    messages_per_connection: Annotated[int, Meta(ge=1, description="messages after which a connection is replaced")] = (
        500
    )
    timeout_seconds: Annotated[
        float,
        Meta(gt=0, le=600, description="time to connect, to announce a message, and to hand it over, each"),
    ] = 30.0
    idle_seconds: Annotated[float, Meta(gt=0, description="idle time after which a connection is closed")] = 30.0

    def __post_init__(self) -> None:
        """Check what no type can say; msgspec turns the ValueError into a fault."""
        try:
            read_mailbox(self.from_address)
        except NotAnAddress as fault:
            raise ValueError(f"from_address: {fault}") from None
        if (self.username is None) != (self.password is None):
            missing = "password" if self.password is None else "username"
            raise ValueError(f"{missing}: is required too; username and password go together")
        if self.hello_name is not None and not _HOST_NAME.fullmatch(self.hello_name):
            raise ValueError("hello_name: must be a host name")
        if self.ca_certificate is not None:
            _check_certificate(self.ca_certificate)


def _check_certificate(pem: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise ValueError("ca_certificate: must be a certificate in PEM form") from None
