"""An account's settings: read from its document, described for people, never printed with their secrets."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from suprsend_hub.domain.document import Document

Settings = TypeVar("Settings", bound=msgspec.Struct)

# What a setting that is a URL looks like: it names a host.
HTTP_URL = r"^https?://[^\s/]+"

_PLACE = re.compile(r"(?P<problem>.*?) - at `(?:key in )?\$\.?(?P<field>.*)`$", re.DOTALL)
# A check inside a form names its field itself.
_NAMED = re.compile(r"(?P<field>[a-z_]+): (?P<problem>.*)", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>.*)`")


class Secret:
    """A text that prints as stars; `reveal` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """One setting, for documentation and prompts; `default` is None where it has to be given."""

    name: str
    meaning: str
    default: str | None
    is_secret: bool


def read_settings_as(form: type[Settings], document: Document) -> Settings:
    """Settings from their document, or a ValueError that names the field and never shows a value."""
    try:
        return msgspec.convert(document, form, dec_hook=_read_secret)
    except msgspec.ValidationError as error:
        raise ValueError(_explain(str(error))) from None


def describe_settings_of(form: type[msgspec.Struct]) -> list[SettingDescription]:
    """Every setting of a form, in its order."""
    hints = get_type_hints(form, include_extras=True)
    return [
        SettingDescription(
            name=each.encode_name,
            meaning=_meaning(hints[each.name]),
            default=None if each.required else _show_default(each),
            is_secret=_mentions_secret(hints[each.name]),
        )
        for each in msgspec.structs.fields(form)
    ]


def text_settings_of(form: type[msgspec.Struct]) -> frozenset[str]:
    """The settings that are texts, whatever they look like."""
    texts = (str, str | None, Secret, Secret | None)
    return frozenset(name for name, hint in get_type_hints(form).items() if hint in texts)


def _read_secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("must be a text")


def _explain(text: str) -> str:
    place = _PLACE.match(text)
    problem, field = (place["problem"], place["field"]) if place else (text, "")
    for pattern, said in ((_MISSING, "is required"), (_UNKNOWN, "is not a setting of this vendor")):
        named = pattern.match(problem)
        if named:
            return f"{field}.{named['field']}: {said}".removeprefix(".")
    inner = _NAMED.fullmatch(problem)
    if inner:
        return f"{field}.{inner['field']}: {inner['problem']}".removeprefix(".")
    return f"{field or 'settings'}: {problem[:1].lower()}{problem[1:]}"


def _meaning(hint: object) -> str:
    metas = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((meta.description for meta in metas if isinstance(meta, msgspec.Meta) and meta.description), "")


def _show_default(each: msgspec.structs.FieldInfo) -> str:
    default: Any = each.default if each.default is not msgspec.NODEFAULT else None
    return "none" if default is None else str(default)


def _mentions_secret(hint: object) -> bool:
    if hint is Secret:
        return True
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return any(_mentions_secret(inner) for inner in get_type_hints(hint, include_extras=True).values())
    return any(_mentions_secret(inner) for inner in get_args(hint))
