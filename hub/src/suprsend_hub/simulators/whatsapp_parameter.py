"""What WhatsApp takes in the place of a variable of an approved template."""

import re

_UNTIDY = re.compile(r"[\n\t]| {5,}")


def is_parameter(text: str) -> bool:
    """Whether a text may fill a variable: something, on one line, without tabs and wide gaps."""
    return bool(text) and not _UNTIDY.search(text)
