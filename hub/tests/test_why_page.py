"""The page on explanations shows what explanations are."""

from hub.tests.why_page import PAGE, write_page


def test_the_examples_are_those_that_the_hub_gives() -> None:
    assert PAGE.read_text() == write_page(), "run: python -m hub.tests.why_page"
