"""Colours of a brand, made legible: whatever a tenant chose, words in it can be read."""

from typing import NamedTuple

# WCAG 2.2, 1.4.3: what words need to stand out from what is behind them.
LEGIBLE = 4.5
_STEPS = 20


class Colour(NamedTuple):
    """Red, green and blue, from 0 to 255 each."""

    red: int
    green: int
    blue: int

    @property
    def written(self) -> str:
        """The colour as `#rrggbb`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    def towards(self, other: "Colour", share: float) -> "Colour":
        """The colour with this share of another in it."""
        return Colour(*(round(mine + (its - mine) * share) for mine, its in zip(self, other, strict=True)))


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)


def read_colour(text: str | None) -> Colour | None:
    """The colour that `#rgb` or `#rrggbb` means, None where it is none."""
    digits = (text or "").removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) != 6 or not set(digits) <= set("0123456789abcdefABCDEF"):
        return None
    return Colour(*bytes.fromhex(digits))


def contrast(one: Colour, other: Colour) -> float:
    """How much two colours stand out from one another: 1 is not at all, 21 is black on white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible_on(ground: Colour, colour: Colour) -> Colour:
    """The colour, or the nearest darker or lighter one whose words can be read on this ground."""
    end = max((BLACK, WHITE), key=lambda each: contrast(each, ground))
    steps = (colour.towards(end, step / _STEPS) for step in range(_STEPS + 1))
    return next((each for each in steps if contrast(each, ground) >= LEGIBLE), end)


def words_on(ground: Colour) -> Colour:
    """Black or white, whichever is read more easily on this ground."""
    return max((BLACK, WHITE), key=lambda each: contrast(each, ground))


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
