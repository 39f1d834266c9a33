"""A payload schema that can be applied: compiled once, and never changed."""

from dataclasses import dataclass

import msgspec
from jsonschema_rs import RegexOptions, ValidationError, ValidationErrorKind, Validator, validator_for

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, SchemaMismatch
from suprsend_hub.domain.payload_faults import faults_of
from suprsend_hub.domain.schema_reference import REFERENCES, follow

MOST_FAULTS = 10
# The library writes down all faults before it gives the first: one for each keyword, with references followed, and each
# value that it checks. A value has a byte at least.
MOST_CHECKS = 200_000
_NOT_LOOKED_AT = "does not fit its schema; it is too large, or the schema too deep, to say where"


@dataclass(frozen=True, slots=True)
class PayloadRules:
    """What a schema asks of a payload.

    `reserved` are the keys of the protocol that it names itself; `keywords` is how many it has with all references
    followed, at most MOST_CHECKS: so many has one that leads back to itself.
    """

    validator: Validator
    reserved: frozenset[str]
    keywords: int

    def mismatch(self, payload: Document, field: str) -> SchemaMismatch | None:
        """What is wrong with a payload: ten faults at most, or that it does not fit where looking could take long."""
        judged = self._judged(payload)
        try:
            if self.validator.is_valid(judged):
                return None
            if len(msgspec.json.encode(judged)) * self.keywords > MOST_CHECKS:
                return SchemaMismatch([Invalid(field, _NOT_LOOKED_AT)])
            found = [fault for error in self.validator.iter_errors(judged) for fault in faults_of(error, field, judged)]
        except ValueError:
            found = [Invalid(field, "is nested too deeply")]
        return SchemaMismatch(found[:MOST_FAULTS])

    def _judged(self, payload: Document) -> Document:
        """The payload without the keys of the protocol, such as `$attachments` and `$ss_sdk_version`."""
        if not any(key.startswith("$") for key in payload):
            return payload
        return {key: value for key, value in payload.items() if not key.startswith("$") or key in self.reserved}


def compile_rules(schema: Document, field: str) -> PayloadRules:
    """The rules of a schema, or Invalid that names the keyword that is wrong; nothing is ever fetched."""
    try:
        validator = validator_for(
            schema,
            # The time that this engine takes grows with the text alone, whatever the pattern; the bounds are in bytes.
            pattern_options=RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000),
            # What a format means differs from one draft and one library to the next: it describes, and refuses nothing.
            validate_formats=False,
            offline=True,
        )
    except ValidationError as error:
        raise _fault(error, field, schema) from None
    except ValueError as error:
        raise Invalid(field, f"can't be applied: {error}") from None
    named = {*_texts(schema.get("properties")), *_texts(schema.get("required"))}
    return PayloadRules(validator, frozenset(name for name in named if name.startswith("$")), _count_keywords(schema))


def _count_keywords(schema: Document) -> int:
    found = 0
    waiting: list[object] = [schema]
    while waiting and found < MOST_CHECKS:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            found += len(part)
            waiting += part.values()
            targets = [follow(schema, part[name]) for name in REFERENCES if name in part]
            # What is referred to in other ways than by its place in the whole is not looked for.
            if None in targets or ("$id" in part and part is not schema):
                return MOST_CHECKS
            waiting += targets
    return min(found, MOST_CHECKS)


def _fault(error: ValidationError, field: str, schema: Document) -> Invalid:
    if isinstance(error.kind, ValidationErrorKind.Referencing):
        return Invalid(field, f"has a reference that leads nowhere: {error.message}")
    return next(faults_of(error, field, schema))


def _texts(value: object) -> set[str]:
    return {each for each in value if isinstance(each, str)} if isinstance(value, dict | list) else set()
