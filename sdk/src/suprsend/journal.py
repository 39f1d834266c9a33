"""What `debug=True` writes to the logger `suprsend`, with secrets masked."""

from __future__ import annotations

import logging
import re
from collections.abc import Container, Mapping

from suprsend.protocol import Answer, Request, Response

logger = logging.getLogger("suprsend")

_STRING = r'"(?:[^"\\]|\\.)*"'
_SECRET_VALUE = re.compile(
    r'("[^"]*(?:token|secret|password|auth|p256dh|push|webhook|api_?key)[^"]*"\s*:\s*)'
    rf"(?:{_STRING}|\[[^\]]*\]|\{{[^}}]*\}})",
    re.IGNORECASE,
)
_LONGEST_TEXT = 2000


def warn_of_unknown(options: Mapping[str, object], known: Container[str]) -> None:
    """Say which options of a client mean nothing to it."""
    for name in options:
        if name in known:
            continue
        logger.warning("unknown option %s is ignored", name)


def masked(text: str) -> str:
    """Return JSON text with the values of secret-looking keys replaced, and cut to a readable length."""
    shown = _SECRET_VALUE.sub(r'\1"***"', text)
    return shown if len(shown) <= _LONGEST_TEXT else f"{shown[:_LONGEST_TEXT]}…"


def log_exchange(request: Request, answer: Answer) -> None:
    """Log one attempt: what was sent and what came back."""
    body = masked(request.body.decode("utf-8", "replace"))
    logger.debug("sent %s %s %s", request.method, request.url, body)
    if isinstance(answer, Response):
        logger.debug("answered %d %s", answer.status, masked(answer.text))
    else:
        logger.debug("no answer: %s", answer.message)
