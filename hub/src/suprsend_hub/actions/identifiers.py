"""ULIDs: 26 characters that sort in the order of their making."""

import os
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Ten bits at a time: a table of pairs halves the work of what is done for every row.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def make_id(now: datetime) -> str:
    """A new id: 48 bits of milliseconds, 80 of chance."""
    return _written(int(now.timestamp() * 1000) << 80 | int.from_bytes(os.urandom(10)))


def first_id(moment: datetime) -> str:
    """The lowest id there can be of this moment: those that sort before it were made before it."""
    return _written(int(moment.timestamp() * 1000) << 80)


def _written(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
