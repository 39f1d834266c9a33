"""Bodies that stand in files of their own beside `variant.json`, so that HTML is edited as HTML."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid


@dataclass(frozen=True, slots=True)
class BodyFile:
    """One field of a channel's content and the file that holds it.

    It counts only where `switch`, another field, has the value `setting`. The first of `names` is written; the others,
    which other versions of the official client write, are read too.
    """

    channel: Channel
    switch: tuple[str, ...]
    setting: str
    path: tuple[str, ...]
    names: tuple[str, ...]
    is_required: bool = False
    is_json: bool = False


_TYPE = ("body", "type")

BODY_FILES = (
    BodyFile("email", _TYPE, "raw", ("body", "raw", "html"), ("body.raw.html",), is_required=True),
    BodyFile("email", _TYPE, "raw", ("body", "raw", "text"), ("body.raw.txt",)),
    BodyFile("email", _TYPE, "designer", ("body", "designer", "html"), ("body.designer.html",), is_required=True),
    BodyFile("email", _TYPE, "designer", ("body", "designer", "text"), ("body.designer.txt",)),
    BodyFile(
        "email",
        _TYPE,
        "designer",
        ("body", "designer", "design_json"),
        ("design.json", "body.designer.json"),
        is_json=True,
    ),
    BodyFile("email", _TYPE, "plain_text", ("body", "plain_text", "text"), ("body.plain_text.txt",), is_required=True),
    BodyFile(
        "slack", ("body_type",), "block", ("body_block",), ("body.block.json", "body.block.jsonnet"), is_required=True
    ),
)


def insert_bodies(folder: Path, channel: Channel, content: Document) -> Document:
    """The content with the files beside it put in; Invalid names the field and the file."""
    whole = deepcopy(content)
    for each in _active(channel, whole):
        field = ".".join(("content", *each.path))
        written = _find(whole, each.path)
        named = written[1:] if isinstance(written, str) and written.startswith("@") else None
        present = [name for name in each.names if (folder / name).is_file()]
        if named in each.names and named not in present:
            raise Invalid(field, f"names {named}, which is missing")
        if named in each.names:
            _put(whole, each.path, _load(folder / str(named), each, field))
        elif written in (None, "") and present:
            _put(whole, each.path, _load(folder / present[0], each, field))
        elif written in (None, "") and each.is_required:
            reason = f"{'.'.join(each.switch)} is {each.setting}"
            raise Invalid(field, f"is missing: put it into {each.names[0]}, because {reason}")
        elif present:
            raise Invalid(field, f"stands here and in {present[0]} too; keep only the file")
    return whole


def extract_bodies(channel: Channel, content: Document) -> tuple[Document, Mapping[str, str]]:
    """The content without what gets a file of its own, and those files."""
    rest = deepcopy(content)
    files: dict[str, str] = {}
    for each in _active(channel, rest):
        value = _find(rest, each.path)
        if each.is_json and isinstance(value, dict):
            files[each.names[0]] = write_json(value)
        elif not each.is_json and isinstance(value, str) and value and not value.startswith("@"):
            files[each.names[0]] = value
        else:
            continue
        _remove(rest, each.path)
    return rest, files


def write_json(value: object) -> str:
    """JSON for people: indented, ending in a line feed."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def read_text(file: Path) -> str:
    """A file's text, exactly; ValueError where it is no UTF-8."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file.name} is not UTF-8") from None


def _active(channel: Channel, content: Document) -> list[BodyFile]:
    return [each for each in BODY_FILES if each.channel == channel and _find(content, each.switch) == each.setting]


def _load(file: Path, body: BodyFile, field: str) -> Any:
    try:
        text = read_text(file)
        return msgspec.json.decode(text) if body.is_json else text
    except ValueError as error:
        raise Invalid(field, f"{file.name} can't be read: {error}") from None


def _find(content: Document, path: tuple[str, ...]) -> Any:
    value: Any = content
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _put(content: Document, path: tuple[str, ...], value: object) -> None:
    place = content
    for name in path[:-1]:
        if not isinstance(place.get(name), dict):
            place[name] = {}
        place = place[name]
    place[path[-1]] = value


def _remove(content: Document, path: tuple[str, ...]) -> None:
    """Take a field out, and the objects around it that are empty without it."""
    *around, name = path
    place = _find(content, tuple(around)) if around else content
    del place[name]
    if around and not place:
        _remove(content, tuple(around))
