"""Which values the texts of a template ask for."""

from collections.abc import Iterator
from typing import Any

from pydantic_handlebars import HandlebarsError, extract_dependencies

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template_helpers import BLOCK_HELPERS, HELPERS, TIMED_HELPERS

_HELPERS = {*HELPERS, *BLOCK_HELPERS, *TIMED_HELPERS}


def find_variables(content: Document) -> list[str]:
    """The names at the top of the data that the content asks for; texts that are no templates have none."""
    found: set[str] = set()
    for text in _texts(content):
        try:
            found |= extract_dependencies(text, helpers=_HELPERS)
        except (HandlebarsError, RecursionError):
            continue
    return sorted(found)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str() if "{{" in value:
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
