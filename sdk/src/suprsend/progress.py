"""How far a bulk call has come, drawn on a terminal."""

from __future__ import annotations

import sys

WIDTH = 30


def draw_bar(ended: int, total: int) -> None:
    """Draw the share of records that were answered on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        return
    filled = WIDTH * ended // total
    closing = "\n" if ended == total else ""
    sys.stderr.write(f"\r{'█' * filled}{'·' * (WIDTH - filled)} {ended:,} of {total:,}{closing}")
    sys.stderr.flush()
