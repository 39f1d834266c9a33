"""Every way in which the hub says no, as one tree.

HubError
├── Invalid           the caller's data is wrong: 400, names the field
│   └── SchemaMismatch    what a trigger or event carries is not what its schema asks for: 400, names each field
├── Unauthenticated   who calls is not known: 401
├── Forbidden         the caller may not do that: 403
├── NotFound          what the path names is not there: 404
├── TooLarge          the body is over the limit: 413
├── Conflict          the state of things does not allow it: 409
├── TooManyRequests   the key has made its requests of this second: 429
├── Overloaded        the hub can't take more at the moment: 503
└── Misconfigured     the hub itself is set up wrong: refuses to start
"""

from collections.abc import Sequence


class HubError(Exception):
    """Base of every error that the hub raises on purpose; `code` is stable."""

    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(HubError):
    """A field of the caller's data is wrong."""

    code = "validation_error"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem

    def within(self, prefix: str) -> "Invalid":
        """The same fault, seen from the document that holds this one."""
        joint = "" if self.field.startswith("[") or not self.field else "."
        return Invalid(f"{prefix}{joint}{self.field}", self.problem)


class SchemaMismatch(Invalid):
    """What a trigger or event carries is not what its schema asks for; `faults` has at least one."""

    code = "schema_mismatch"

    def __init__(self, faults: Sequence[Invalid]) -> None:
        super().__init__(faults[0].field, faults[0].problem)
        self.faults = tuple(faults)
        self.message = "; ".join(each.message for each in faults)
        self.args = (self.message,)

    def within(self, prefix: str) -> "SchemaMismatch":
        """The same faults, seen from the document that holds what has them."""
        return SchemaMismatch([each.within(prefix) for each in self.faults])


class Unauthenticated(HubError):
    """The caller did not prove who it is."""

    code = "authentication_failed"


class Forbidden(HubError):
    """The caller is known, but may not do this."""

    code = "unauthorized"


class NotFound(HubError):
    """What the path names does not exist."""

    code = "not_found"


class TooLarge(HubError):
    """The request body is larger than the hub takes."""

    code = "too_large"


class Conflict(HubError):
    """What is asked for contradicts what is there."""

    code = "conflict"


class TooManyRequests(HubError):
    """The key has made the requests that it may make for now; `retry_after` is in whole seconds."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(HubError):
    """The hub can't take more at the moment; try again."""

    code = "overloaded"


class Misconfigured(HubError):
    """The hub can't start as it is set up."""

    code = "misconfigured"
