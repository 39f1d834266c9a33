"""The numbers of rows, as addresses name them."""

from suprsend_hub.domain.fault import NotFound

_HIGHEST = 2**63


def read_number(text: str, gone: str) -> int:
    """The number that an address names, or NotFound with these words where no row can have it."""
    if not (text.isascii() and text.isdigit() and int(text) < _HIGHEST):
        raise NotFound(gone)
    return int(text)
