"""What a vendor said, made fit to be kept and shown."""

import re

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff\u2028\u2029]+")
LONGEST = 300


def make_printable(text: str) -> str:
    """The text on one line, without control characters, cut where it gets long."""
    line = _UNPRINTABLE.sub(" ", text[: LONGEST * 4]).strip()
    return line if len(line) <= LONGEST else line[:LONGEST] + "…"
