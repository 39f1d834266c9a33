"""A channel's content as lines of a form, made from the structs that say what content may hold."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import inspect

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template_content import CONTENTS

Kind: TypeAlias = Literal["line", "code", "choice", "switch", "number", "lines", "addresses", "numbers", "json"]
Path: TypeAlias = tuple[str | int, ...]

# How many buttons or the like a form takes; channels allow fewer.
MOST_ROWS = 10
_CODE = re.compile(r"body(\.(raw|designer|plain_text)\.(html|text)|\.text|_text|_block|_card)?|(.*\.)?email_markup")
# What a mail may say beside its body or within it, where it counts more.
_TWICE = ("preheader", "email_markup")
# What stands at the top of the form of a channel, by the beginnings of names; the rest stands below.
_FIRST: Mapping[Channel, tuple[str, ...]] = {
    "email": ("subject", "body.type"),
    "androidpush": ("header", "body", "action_url", "image_url"),
    "iospush": ("header", "body", "action_url", "image_url"),
    "webpush": ("header", "body", "action_url", "icon_url", "image_url"),
    "inbox": ("header", "body", "action_url", "buttons[0]"),
    "sms": ("body",),
    "whatsapp": ("header", "body", "footer", "button_type", "buttons[0]"),
    "slack": ("body",),
    "ms_teams": ("body",),
}


@dataclass(frozen=True, slots=True)
class ContentField:
    """One line of the form; `value` is its text."""

    path: Path
    kind: Kind
    options: tuple[str, ...] = ()
    is_required: bool = False
    value: str = ""
    is_first: bool = False

    @property
    def name(self) -> str:
        """Where it stands in the content, written as faults write it."""
        return _name(self.path)

    @property
    def label(self) -> str:
        """The same for people."""
        words = [f"{part + 1}" if isinstance(part, int) else part.replace("_", " ") for part in self.path]
        text = " ".join(words)
        return (text[0].upper() + text[1:]).replace("url", "URL").replace("html", "HTML")


def list_fields(channel: Channel, content: Document) -> list[ContentField]:
    """Every line of a channel's form with what the content says; rows have an empty one behind them."""
    first = _FIRST[channel]
    if channel == "email":
        first = (*first, f"body.{find_value(content, ('body', 'type')) or 'raw'}.")

    def rows(path: Path, most: int) -> int:
        return min(most, len(find_value(content, path) or ()) + 1)

    return [
        ContentField(
            each.path,
            each.kind,
            each.options,
            each.is_required,
            _text(find_value(content, each.path)),
            each.name.startswith(first),
        )
        for each in _walk(inspect.type_info(CONTENTS[channel]), (), True, rows)
        if channel != "email" or not _is_said_elsewhere(each.path, content)
    ]


def put_fields(channel: Channel, content: Document, typed: Mapping[str, str]) -> Document:
    """The content with what was typed; what the form does not name stays, what was left empty goes."""
    whole = deepcopy(content)
    changed: list[Path] = []
    for each in _walk(inspect.type_info(CONTENTS[channel]), (), True, lambda _, most: most):
        stored = _text(find_value(content, each.path)).replace("\r\n", "\n")
        # What nobody touched stays exactly as it is.
        if each.name in typed and typed[each.name] != stored:
            _put(whole, each.path, _value(each.kind, typed[each.name]))
            changed.append(each.path)
    for path in changed:
        _close_gaps(whole, path)
    return whole


def find_value(content: Document, path: Path) -> Any:
    """What stands at a place of the content; None where there is nothing."""
    value: Any = content
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and part < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _is_said_elsewhere(path: Path, content: Document) -> bool:
    """Whether a mail has another place for the same, and this one is empty; at first it is the one within the body."""
    inner, outer = ("body", path[-1]), (path[-1],)
    if path[-1] not in _TWICE or path not in (inner, outer) or find_value(content, path):
        return False
    return path == inner or bool(find_value(content, inner))


def _walk(kind: inspect.Type, path: Path, is_required: bool, rows: Any) -> Iterator[ContentField]:
    match kind:
        case inspect.UnionType(types=types):
            yield from _walk_union([each for each in types if not isinstance(each, inspect.NoneType)], path, rows)
        case inspect.StructType(fields=fields):
            for each in fields:
                yield from _walk(each.type, (*path, each.encode_name), is_required and each.required, rows)
        case inspect.LiteralType(values=("handlebars",)):
            return
        case inspect.LiteralType(values=values):
            yield ContentField(path, "choice", tuple(str(each) for each in values), is_required)
        case inspect.ListType(item_type=inspect.StrType()):
            yield ContentField(path, "lines")
        case inspect.ListType(item_type=inspect.IntType()):
            yield ContentField(path, "numbers")
        case inspect.ListType(item_type=item, max_length=most):
            for index in range(rows(path, min(most or MOST_ROWS, MOST_ROWS))):
                yield from _walk(item, (*path, index), False, rows)
        case _:
            yield ContentField(path, _kind(kind, path), (), is_required)


def _walk_union(kinds: list[inspect.Type], path: Path, rows: Any) -> Iterator[ContentField]:
    structs = [each for each in kinds if isinstance(each, inspect.StructType)]
    if len(kinds) == 1:
        yield from _walk(kinds[0], path, False, rows)
    elif structs:
        # One of several forms: which one, and the fields of all.
        yield ContentField((*path, str(structs[0].tag_field)), "choice", tuple(str(each.tag) for each in structs))
        seen: set[str] = set()
        for struct in structs:
            for each in struct.fields:
                if each.encode_name not in seen:
                    seen.add(each.encode_name)
                    yield from _walk(each.type, (*path, each.encode_name), False, rows)
    else:
        yield ContentField(path, "addresses")


def _kind(kind: inspect.Type, path: Path) -> Kind:
    match kind:
        case inspect.BoolType():
            return "switch"
        case inspect.IntType():
            return "number"
        case inspect.DictType():
            return "json"
        case _:
            return "code" if _CODE.fullmatch(_name(path)) else "line"


def _name(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return "\n".join(_text(each) for each in value)
        case dict():
            return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        case _:
            return str(value)


def _value(kind: Kind, text: str) -> Any:
    """What a text stands for; what can't be read stays a text, which the check of the content names."""
    if not text.strip():
        return None
    match kind:
        case "switch":
            return text == "true"
        case "number":
            return _number(text)
        case "lines" | "addresses":
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            return lines[0] if kind == "addresses" and len(lines) == 1 else lines
        case "numbers":
            return [_number(each) for each in text.split()]
        case "json":
            try:
                return msgspec.json.decode(text)
            except msgspec.DecodeError:
                return text
        case _:
            return text


def _number(text: str) -> int | str:
    stripped = text.strip()
    return int(stripped) if re.fullmatch(r"-?[0-9]{1,15}", stripped) else stripped


def _put(content: Document, path: Path, value: object) -> None:
    """Put a value into its place, making the objects and rows around it; None takes away what is there."""
    if value is None and find_value(content, path) is None:
        return
    place: Any = content
    for part, following in pairwise(path):
        if isinstance(part, int):
            place.extend({} for _ in range(part + 1 - len(place)))
        elif not isinstance(place.get(part), list if isinstance(following, int) else dict):
            place[part] = [] if isinstance(following, int) else {}
        place = place[part]
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value


def _close_gaps(content: Document, path: Path) -> None:
    """Take away the objects and rows around a place that nothing is left of."""
    for end in range(len(path) - 1, 0, -1):
        *around, name = path[:end]
        value = find_value(content, path[:end])
        if isinstance(value, list):
            value[:] = [row for row in value if row != {}]
        place = find_value(content, tuple(around))
        if value in ({}, []) and isinstance(place, dict):
            place.pop(name)
