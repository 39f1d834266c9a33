"""The numbers of rows and of versions, as addresses name them."""

from suprsend_hub.domain.fault import NotFound

# The highest of a bigint and of an integer.
_ROW = 2**63 - 1
_VERSION = 2**31 - 1


def read_number(text: str, gone: str) -> int:
    """The number of a row that an address names, or NotFound with these words where no row can have it."""
    return _read(text, _ROW, gone)


def read_version(text: str) -> int:
    """The number of a version that an address names, or NotFound where no version can have it."""
    return _read(text, _VERSION, "There is no version of that number.")


def _read(text: str, highest: int, gone: str) -> int:
    # More digits than Python reads are no number either.
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= highest):
        raise NotFound(gone)
    return int(text)
