"""Charts as SVG, made by the server: bars over time, with the numbers in a table for whoever can't see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suprsend_hub.domain.activity import DAY, HOUR

WIDTH, HEIGHT = 640, 150
LEFT, RIGHT, TOP, BOTTOM = 34, 4, 8, 20
_GAP = 0.25


@dataclass(frozen=True, slots=True)
class Point:
    """What happened in one stretch of time: parts of it, from the bottom up."""

    at: datetime
    parts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a column; `series` is which one."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class Column:
    """All that is drawn of one stretch: its parts, and the ground on which the pointer finds its numbers."""

    point: Point
    x: float
    width: float
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Label:
    """A text at the edge."""

    at: float
    text: str | int


@dataclass(frozen=True, slots=True)
class Chart:
    """All that a template draws; distances are points of the view box."""

    title: str
    series: Sequence[str]
    columns: Sequence[Column]
    ticks: Sequence[Label]
    moments: Sequence[Label]
    totals: Sequence[int]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM
    right: int = WIDTH - RIGHT


def draw_bars(
    title: str, series: Sequence[str], points: Sequence[Point], step: timedelta, *, are_nested: bool = False
) -> Chart:
    """Columns of stacked parts, one for each point; of nested ones each begins at the ground, the largest behind."""
    height = max if are_nested else sum
    most = nice_ceiling(max((height(point.parts) for point in points), default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(points))
    columns = [_column(point, LEFT + slot * index, slot, most, are_nested) for index, point in enumerate(points)]
    return Chart(
        title=title,
        series=series,
        columns=columns,
        ticks=[Label(_height_of(value, most), value) for value in sorted({0, most // 2, most})],
        moments=_moments(columns, step),
        totals=[sum(point.parts[index] for point in points) for index in range(len(series))],
    )


def nice_ceiling(number: int) -> int:
    """The next even number that people find round; 2 at least, so that half of it is whole."""
    power = 1
    while True:
        for first in (2, 4, 6, 10):
            if number <= first * power:
                return first * power
        power *= 10


def _column(point: Point, x: float, slot: float, most: int, are_nested: bool) -> Column:
    bars: list[Bar] = []
    below = 0
    width = max(1.0, slot * (1 - _GAP))
    parts = list(enumerate(point.parts))
    for index, part in sorted(parts, key=lambda each: -each[1]) if are_nested else parts:
        if part:
            top, bottom = _height_of(below + part, most), _height_of(below, most)
            # What happened once among a million must still be seen.
            height = max(1.5, bottom - top)
            bars.append(Bar(round(x, 1), round(bottom - height, 1), round(width, 1), round(height, 1), index))
            below += 0 if are_nested else part
    return Column(point, round(x, 1), round(slot, 1), bars)


def _height_of(value: int, most: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / most, 1)


def _moments(columns: Sequence[Column], step: timedelta) -> list[Label]:
    """The times below a few of the columns, none so near the right edge that it would be cut."""
    is_of_days = len(columns) * step > DAY + HOUR
    # Days are named below their midnight, where there are stretches that are shorter.
    named = [each for each in columns if each.point.at.hour < max(1, step // HOUR)] if is_of_days else list(columns)
    every = max(1, -(-len(named) // 7))
    shown = [each for each in named[::every] if each.x < WIDTH - 40]
    return [
        Label(each.x, f"{each.point.at.day} {each.point.at:%b}" if is_of_days else f"{each.point.at:%H:%M}")
        for each in shown
    ]
