"""The people in the body of a trigger: who is in it, and what of it is whose."""

from suprsend_hub.domain.document import Document

# v1 and v2 of the protocol name them differently.
_LISTS = ("users", "recipients")
# To nobody, at no address: it still takes its place, so that those of the others stay what they are.
_NOBODY: Document = {"is_transient": True}


def without_person(body: Document, distinct_id: str) -> Document | None:
    """The body without what it tells of this person, or None where it tells nothing; data go with the last one."""
    if not _is_in(body, distinct_id):
        return None
    blanked = {
        key: [_NOBODY if _is_person(each, distinct_id) else each for each in value]
        if key in _LISTS and isinstance(value, list)
        else value
        for key, value in body.items()
        if not (key == "actor" and _is_person(value, distinct_id))
    }
    return blanked if any(each != _NOBODY for each in _people(blanked)) else _without_content(blanked)


def with_another(body: Document, from_id: str, to_id: str) -> Document | None:
    """The body with another person in this one's place, or None where this one is not in it."""
    if not _is_in(body, from_id):
        return None
    return {
        key: [_renamed(each, from_id, to_id) for each in value]
        if key in _LISTS and isinstance(value, list)
        else _renamed(value, from_id, to_id)
        if key == "actor"
        else value
        for key, value in body.items()
    }


def part_of_person(body: Document, distinct_id: str) -> Document | None:
    """The body with nobody in it but this person, or None where this person is not in it."""
    if not _is_in(body, distinct_id):
        return None
    return {
        key: [each for each in value if _is_person(each, distinct_id)]
        if key in _LISTS and isinstance(value, list)
        else value
        for key, value in body.items()
        if key != "actor" or _is_person(value, distinct_id)
    }


def people_in(body: Document) -> list[str]:
    """The distinct ids of whom a body is for, each once, in their order; objects are nobody's."""
    return list(dict.fromkeys(named for each in _people(body) if (named := _name(each))))


def _is_in(body: Document, distinct_id: str) -> bool:
    return any(_is_person(each, distinct_id) for each in (*_people(body), body.get("actor")))


def _people(body: Document) -> list[object]:
    return [each for key in _LISTS if isinstance(body.get(key), list) for each in body[key]]


def _is_person(value: object, distinct_id: str) -> bool:
    return _name(value) == distinct_id


def _name(value: object) -> str | None:
    named = value.get("distinct_id") if isinstance(value, dict) else value
    return named.strip() if isinstance(named, str) else None


def _renamed(value: object, from_id: str, to_id: str) -> object:
    if not _is_person(value, from_id):
        return value
    return {**value, "distinct_id": to_id} if isinstance(value, dict) else to_id


def _without_content(body: Document) -> Document:
    return {key: {} if key in ("data", "metadata") else value for key, value in body.items()}
