"""Files of texts by locale: `{locale}.json`, or `{namespace}.{locale}.json`."""

import re

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import refuse_depth

_FILENAME = re.compile(
    r"(?:[A-Za-z0-9_-]{1,100}\.)?(?P<locale>[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8}){0,3})\.json", re.ASCII
)


def read_locale_of(filename: str, field: str) -> str:
    """The locale of a file, or Invalid where its name has none."""
    match = _FILENAME.fullmatch(filename)
    if match is None:
        raise Invalid(field, f"{filename[:80]!r} must be a locale, or namespace and locale, and .json, such as en.json")
    return match["locale"].replace("-", "_")


def check_texts(content: Document, field: str) -> None:
    """Refuse content that is anything but texts by key, or groups of them."""
    refuse_depth(content, field)
    _check(content, field)


def _check(content: object, field: str) -> None:
    match content:
        case str():
            return
        case dict():
            for key, each in content.items():
                _check(each, f"{field}.{key}")
        case _:
            raise Invalid(field, "must be a text, or an object of texts")
