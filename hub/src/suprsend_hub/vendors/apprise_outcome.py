"""What Apprise's no means: it says no more than that, so what was logged during the send has to tell."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.printable import make_printable

Mask = Callable[[str], str]

# How Apprise's services begin the lines that tell more than their warnings do.
SENT, BROKEN = "Sent ", "Socket Exception"

_NO_CONNECTION = re.compile(
    r"Caused by (?:NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError)\b"
    r"|Connection refused|Name or service not known|No address associated|No route to host|Network is unreachable"
)
_NO_TLS = re.compile(r"Caused by SSLError\b|CERTIFICATE_VERIFY_FAILED|WRONG_VERSION_NUMBER")


@dataclass(slots=True)
class Overheard:
    """What was logged during one send, in its order: lines with their level, and the statuses of HTTP answers."""

    lines: list[tuple[int, str]] = field(default_factory=list, repr=False)
    statuses: list[int] = field(default_factory=list)

    def complaints(self) -> str:
        """Every warning and error once, as one text; it may hold secrets."""
        texts = (text for level, text in self.lines if logging.WARNING <= level <= logging.ERROR)
        return " ".join(dict.fromkeys(texts))


def read_refusal(overheard: Overheard, mask: Mask) -> Outcome:
    """The outcome of a send that Apprise calls failed; never Accepted."""
    detail = make_printable(mask(overheard.complaints())) or "Apprise says that it failed, and not why"
    if any(text.startswith(SENT) for _, text in overheard.lines):
        return Uncertain("partly_taken", detail)
    failures: list[Outcome] = [
        judge_status(HttpAnswer(status, {}, b""), detail) for status in overheard.statuses if not 200 <= status < 300
    ]
    failures += [_judge_break(text, detail) for _, text in overheard.lines if text.startswith(BROKEN)]
    return _most_hopeful(failures) or Uncertain("answer_unreadable", detail)


def _judge_break(text: str, detail: str) -> Outcome:
    if _NO_TLS.search(text):
        return Deferred("vendor_tls", detail)
    return Deferred("vendor_unreachable", detail) if _NO_CONNECTION.search(text) else Uncertain("answer_lost", detail)


def _most_hopeful(outcomes: Sequence[Outcome]) -> Outcome | None:
    """Of several the one that gives least up: what may have been taken, then what may be taken later."""
    for kind in (Uncertain, Deferred, Rejected):
        for each in outcomes:
            if isinstance(each, kind):
                return each
    return None
