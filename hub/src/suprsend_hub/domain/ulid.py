"""ULIDs: 26 characters that sort by the time that is in them."""

from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Ten bits at a time: a table of pairs halves the work of what is done for every row.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def write_ulid(moment: datetime, chance: int) -> str:
    """The ULID of a moment, to the millisecond, and 80 bits of chance."""
    number = int(moment.timestamp() * 1000) << 80 | chance
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def first_id(moment: datetime) -> str:
    """The lowest id there can be of this moment: those that sort before it were made before it."""
    return write_ulid(moment, 0)
