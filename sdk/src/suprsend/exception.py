"""The errors under the module name that the official client gives them; see `suprsend.errors`."""

from suprsend.errors import (
    InputValueError,
    SuprsendAPIException,
    SuprsendConfigError,
    SuprsendError,
    SuprsendValidationError,
)

__all__ = [
    "InputValueError",
    "SuprsendAPIException",
    "SuprsendConfigError",
    "SuprsendError",
    "SuprsendInvalidSchema",
    "SuprsendMissingSchema",
    "SuprsendValidationError",
]


class SuprsendMissingSchema(SuprsendError):
    """Never raised: the rules of a body are part of this package. Kept for the programs that catch it."""


class SuprsendInvalidSchema(SuprsendError):
    """Never raised: the rules of a body are part of this package. Kept for the programs that catch it."""
