"""What an account of an Apprise service needs to be told, and the library where it is installed."""

from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from suprsend_hub.domain.outcome import Outcome
from suprsend_hub.vendors.apprise_url import check_url
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.title_and_body import TitleAndBody


class Library(Protocol):
    """What the hub asks of Apprise."""

    def check(self, url: str) -> None:
        """Raise a ValueError where no service can be used by this URL."""
        ...

    def notify(self, url: str, address: str, text: TitleAndBody, body_format: str) -> Outcome:
        """Hand one message over; takes as long as it takes."""
        ...


class AppriseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which service, and how messages look there."""

    url: Annotated[
        Secret,
        Meta(description="an Apprise URL of one service; {address} in it stands for the address of each recipient"),
    ]
    body_format: Annotated[
        Literal["text", "markdown", "html"],
        Meta(description="what bodies are written in; html takes the HTML of mails, the others their text"),
    ] = "text"
    app_name: Annotated[str, Meta(min_length=1, description="who it is from, where a service shows that")] = (
        "Notifications"
    )
    max_connections: Annotated[int, Meta(ge=1, le=100, description="messages at a time, per process")] = 8
    answer_seconds: Annotated[
        float, Meta(gt=0, le=600, description="time to connect, and for each answer of the service")
    ] = 10.0
    timeout_seconds: Annotated[
        float, Meta(gt=0, le=600, description="time for one message, with all requests that its service needs")
    ] = 60.0

    def __post_init__(self) -> None:
        """Check the URL now, when somebody can still mend it."""
        url = self.url.reveal()
        try:
            check_url(url)
            open_library(self).check(url)
        except ValueError as fault:
            raise ValueError(f"url: {fault}") from None


def open_library(settings: AppriseSettings) -> Library:
    """Apprise for this account; a ValueError where it is not installed."""
    try:
        # Imported here because Apprise is an extra, and costs a process that does without it 0.3 s and 25 MB.
        from suprsend_hub.vendors.apprise_library import AppriseLibrary
    except ModuleNotFoundError:
        raise ValueError("needs the Apprise library, which is not here: pip install 'suprsend-hub[apprise]'") from None
    return AppriseLibrary(settings.app_name, settings.answer_seconds)
