"""What is wrong with a payload, field by field; of values no more is shown than a few characters."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec
from jsonschema_rs import ValidationError, ValidationErrorKind

from suprsend_hub.domain.fault import Invalid

# A value is shown so that its writer knows it again, and no more of it.
LONGEST_VALUE = 40
LONGEST_RULE = 120
LONGEST_FIELD = 255


def faults_of(error: ValidationError, root: str, document: object) -> Iterator[Invalid]:
    """The faults that an error stands for, each with its field in the document, which is called `root`."""
    path = error.instance_path
    field = field_of(path, root, document)
    kind = error.kind
    match kind:
        case ValidationErrorKind.Required(name):
            yield Invalid(field_of([*path, name], root, document), "is required")
        case ValidationErrorKind.AdditionalProperties(names) | ValidationErrorKind.UnevaluatedProperties(names):
            for name in names:
                yield Invalid(field_of([*path, name], root, document), "is not a property that the schema knows")
        case ValidationErrorKind.AnyOf(context) | ValidationErrorKind.OneOfNotValid(context):
            for each in (meant := _meant(error, context)):
                yield from faults_of(each, root, document)
            if not meant:
                yield Invalid(field, f"{show_value(error.instance)} {_none_of(error, context)}")
        case ValidationErrorKind.PropertyNames(of_name):
            for fault in faults_of(of_name, root, document):
                yield Invalid(field, f"the name {show_value(of_name.instance)} {fault.problem}")
        case ValidationErrorKind.FalseSchema() if error.schema_path[-1:] == ["additionalProperties"]:
            yield Invalid(field, "must have no properties")
        case _:
            yield Invalid(field, _problem(kind, error.instance))


def field_of(path: Sequence[str | int], root: str, document: object) -> str:
    """A field as its writer would name it, such as `data.items[2].price`."""
    written, place = root, document
    for each in path:
        # The path does not tell the name "0" from the first place.
        if isinstance(place, list):
            written += f"[{each}]"
            place = place[int(each)] if int(each) < len(place) else None
        else:
            written += f".{each}"
            place = place.get(str(each)) if isinstance(place, dict) else None
    return cut(written, LONGEST_FIELD)


def show_value(value: object) -> str:
    """A value, if it is short; of anything else its beginning, or what it is."""
    match value:
        case str():
            return repr(cut(value, LONGEST_VALUE))
        case dict():
            return "an object"
        case list():
            return "an array"
        case _:
            return cut(msgspec.json.encode(value).decode(), LONGEST_VALUE)


def cut(text: str, longest: int) -> str:
    """A text, or as much of it as may be shown."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _meant(error: ValidationError, context: Sequence[Sequence[ValidationError]]) -> Sequence[ValidationError]:
    """What is wrong with the only alternative that the value is like: of its type, or else wrong only further in."""
    for is_unlike in (_is_of_another_type, _is_wrong_itself):
        alike = [faults for faults in context if faults and not any(is_unlike(each, error) for each in faults)]
        if len(alike) == 1:
            return alike[0]
    return ()


def _is_wrong_itself(fault: ValidationError, error: ValidationError) -> bool:
    return fault.instance_path == error.instance_path


def _is_of_another_type(fault: ValidationError, error: ValidationError) -> bool:
    return _is_wrong_itself(fault, error) and isinstance(fault.kind, ValidationErrorKind.Type)


def _none_of(error: ValidationError, context: Sequence[Sequence[ValidationError]]) -> str:
    types = [
        name
        for faults in context
        for each in faults
        if _is_wrong_itself(each, error) and isinstance(each.kind, ValidationErrorKind.Type)
        for name in each.kind.types
    ]
    is_by_type = all(any(_is_of_another_type(each, error) for each in faults) for faults in context)
    return _not_of(types) if is_by_type else "fits none of the schema's alternatives"


def _not_of(types: Sequence[str]) -> str:
    return "is not of type " + " or ".join(f'"{each}"' for each in dict.fromkeys(types))


# What a keyword asks for, with its value where that is told.
_ASKED: Mapping[type[ValidationErrorKind], str] = MappingProxyType(
    {
        ValidationErrorKind.Minimum: "must be at least {}",
        ValidationErrorKind.Maximum: "must be at most {}",
        ValidationErrorKind.ExclusiveMinimum: "must be more than {}",
        ValidationErrorKind.ExclusiveMaximum: "must be less than {}",
        ValidationErrorKind.MultipleOf: "must be a multiple of {}",
        ValidationErrorKind.MinLength: "must have at least {} characters",
        ValidationErrorKind.MaxLength: "must have at most {} characters",
        ValidationErrorKind.MinItems: "must have at least {} items",
        ValidationErrorKind.MaxItems: "must have at most {} items",
        ValidationErrorKind.AdditionalItems: "must have at most {} items",
        ValidationErrorKind.MinProperties: "must have at least {} properties",
        ValidationErrorKind.MaxProperties: "must have at most {} properties",
        ValidationErrorKind.UniqueItems: "must not have the same item twice",
        ValidationErrorKind.FalseSchema: "is not allowed by the schema",
        ValidationErrorKind.OneOfMultipleValid: "fits more than one of the schema's alternatives",
        ValidationErrorKind.Not: "is what the schema rules out",
    }
)


def _problem(kind: ValidationErrorKind, value: object) -> str:
    """What one keyword asks for. Texts that break a rule of length or shape may be secrets, and are not repeated."""
    match kind:
        case ValidationErrorKind.Type(types):
            return f"{show_value(value)} {_not_of(types)}"
        case ValidationErrorKind.Enum(options):
            return f"{show_value(value)} is not one of {_rule(options).strip('[]')}"
        case ValidationErrorKind.Constant(expected):
            return f"{show_value(value)} is not {_rule(expected)}"
        case ValidationErrorKind.Pattern(pattern):
            return f"does not match the pattern {cut(pattern, LONGEST_RULE)!r}"
        case ValidationErrorKind.Format("regex"):
            return (
                "is no regular expression that is taken; look-around, references to groups and very large ones are not"
            )
        case _:
            asked = _ASKED.get(type(kind), f"does not meet the schema's {kind.name}")
            return asked.format(_rule(kind.value)) if "{}" in asked else asked


def _rule(value: object) -> str:
    return cut(msgspec.json.encode(value).decode(), LONGEST_RULE)
