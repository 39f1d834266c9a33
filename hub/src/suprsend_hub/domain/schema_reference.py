"""References within a JSON Schema."""

from urllib.parse import unquote

from suprsend_hub.domain.document import Document

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def follow(whole: Document, reference: object) -> object:
    """What stands at a place such as `#/$defs/address`; None where nothing does, or the reference is no place."""
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return None
    place: object = whole
    for token in unquote(reference).split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            place = place.get(name) if isinstance(place, dict) else None
    return place
