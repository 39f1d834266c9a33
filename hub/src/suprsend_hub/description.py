"""OpenAPI for handlers that read the raw body themselves, as signatures demand."""

from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody


def body_of(form: object, *, example: object = None, or_array: bool = False) -> type[Operation]:
    """An operation whose body is described by a msgspec type; `or_array` also allows an array of it."""
    (described,), definitions = msgspec.json.schema_components([form], ref_template="#/$defs/{name}")
    schema = _resolved(described, definitions)
    if or_array:
        schema = {"oneOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}
    media = OpenAPIMediaType(schema=schema, example=example)

    class Described(Operation):
        def __init__(self, *arguments: Any, **fields: Any) -> None:
            super().__init__(*arguments, **fields)
            self.request_body = RequestBody(content={"application/json": media}, required=True)

    return Described


def _resolved(schema: Any, definitions: dict[str, Any]) -> Any:
    match schema:
        case {"$ref": str(reference)}:
            return _resolved(definitions[reference.removeprefix("#/$defs/")], definitions)
        case dict():
            return {key: _resolved(value, definitions) for key, value in schema.items()}
        case list():
            return [_resolved(each, definitions) for each in schema]
        case _:
            return schema
