"""Colours of brands: whichever is chosen, what is written in it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.colour import BLACK, LEGIBLE, WHITE, Colour, contrast, legible_on, read_colour, words_on

colours = st.builds(Colour, *[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#f80", Colour(255, 136, 0)),
        ("#ff8800", Colour(255, 136, 0)),
        ("FF8800", Colour(255, 136, 0)),
        ("", None),
        (None, None),
        ("#ff88", None),
        ("orange", None),
        ("#ff880g", None),
        ("#0xff88", None),
        ("#٣٣٣", None),
    ],
)
def test_a_colour_is_three_or_six_digits(text: str | None, expected: Colour | None) -> None:
    assert read_colour(text) == expected


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == 1
    assert contrast(Colour(0x77, 0x77, 0x77), WHITE) == pytest.approx(4.48, abs=0.01)


@given(colours, colours)
def test_contrast_is_the_same_both_ways(one: Colour, other: Colour) -> None:
    assert contrast(one, other) == contrast(other, one) >= 1


@given(colours, st.sampled_from([WHITE, Colour(0x17, 0x19, 0x1E)]))
def test_words_in_any_colour_can_be_read(colour: Colour, ground: Colour) -> None:
    shown = legible_on(ground, colour)
    assert contrast(shown, ground) >= LEGIBLE
    assert contrast(words_on(shown), shown) >= LEGIBLE


@given(colours)
def test_a_colour_that_can_be_read_stays_as_it_is(colour: Colour) -> None:
    shown = legible_on(WHITE, colour)
    assert legible_on(WHITE, shown) == shown
    assert read_colour(colour.written) == colour
