"""A payload schema that can be applied: compiled once, and never changed."""

from dataclasses import dataclass

import msgspec
from jsonschema_rs import RegexOptions, ValidationError, ValidationErrorKind, Validator, validator_for

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, SchemaMismatch
from suprsend_hub.domain.payload_faults import faults_of

MOST_FAULTS = 10
# The library writes down all faults before it gives the first, each with a copy of the value that has it.
MOST_BYTES_TOLD_OF = 16_384


@dataclass(frozen=True, slots=True)
class PayloadRules:
    """What a schema asks of a payload; `reserved` are the keys of the protocol that it names itself."""

    validator: Validator
    reserved: frozenset[str]

    def mismatch(self, payload: Document, field: str) -> SchemaMismatch | None:
        """What is wrong with a payload: ten faults at most, of a large one the first. None where it fits."""
        judged = self._judged(payload)
        try:
            if self.validator.is_valid(judged):
                return None
            if len(msgspec.json.encode(judged)) > MOST_BYTES_TOLD_OF:
                self.validator.validate(judged)
            found = [fault for error in self.validator.iter_errors(judged) for fault in faults_of(error, field, judged)]
        except ValidationError as error:
            found = list(faults_of(error, field, judged))
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
    return PayloadRules(validator, frozenset(name for name in named if name.startswith("$")))


def _fault(error: ValidationError, field: str, schema: Document) -> Invalid:
    if isinstance(error.kind, ValidationErrorKind.Referencing):
        return Invalid(field, f"has a reference that leads nowhere: {error.message}")
    return next(faults_of(error, field, schema))


def _texts(value: object) -> set[str]:
    return {each for each in value if isinstance(each, str)} if isinstance(value, dict | list) else set()
