"""Reading forms and queries into structs; what is wrong names its field."""

from collections.abc import Iterable
from typing import Any, TypeVar, get_origin, get_type_hints

from msgspec import Struct

from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_value, refuse_nul
from suprsend_hub.ui.visit import AnyRequest

T = TypeVar("T")


class _Confirmation(Struct, frozen=True):
    confirmation: str = ""


async def read_form(request: AnyRequest, form: type[T]) -> T:
    """The form that was sent, or Invalid; fields that were left empty count as not given."""
    return read_value(_values((await request.form()).multi_items(), form), form, strict=False)


async def is_confirmed(request: AnyRequest, name: str) -> bool:
    """Whether the form of the macro `confirm_by_name` has the name of what is to go."""
    return (await read_form(request, _Confirmation)).confirmation.strip() == name


def read_query(request: AnyRequest, form: type[T]) -> T:
    """What the address asks for, or Invalid; fields that were left empty count as not given."""
    return read_value(_values(request.query_params.multi_items(), form), form, strict=False)


def _values(items: Iterable[tuple[str, Any]], form: type) -> dict[str, Any]:
    """The last value of each field, and all values of those that take many."""
    kinds = {name: get_origin(kind) for name, kind in get_type_hints(form, include_extras=False).items()}
    values: dict[str, Any] = {}
    for name, value in items:
        if name not in kinds or not isinstance(value, str) or not value.strip():
            continue
        _check_text(value, name)
        if kinds[name] in (list, tuple):
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


async def read_texts(request: AnyRequest, prefix: str, *, only_filled: bool = False) -> dict[str, str]:
    """What a form says in the fields whose names begin so, by the rest of their names; for forms that data describe."""
    texts: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        if name.startswith(prefix) and isinstance(value, str) and (value.strip() or not only_filled):
            _check_text(value, name)
            # Browsers end lines as mail does.
            texts[name.removeprefix(prefix)] = value.replace("\r\n", "\n")
    return texts


def _check_text(value: str, name: str) -> None:
    refuse_nul(value, name)
    if "\ufffd" in value or not _is_text(value):
        raise Invalid(name, "is not valid UTF-8")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
