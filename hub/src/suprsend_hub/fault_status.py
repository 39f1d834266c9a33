"""The HTTP status of each fault: one table for programs and people alike."""

from collections.abc import Mapping
from types import MappingProxyType

from suprsend_hub.domain.fault import (
    Conflict,
    Forbidden,
    HubError,
    Invalid,
    NotFound,
    Overloaded,
    SchemaMismatch,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
)

FAULT_STATUS: Mapping[type[HubError], int] = MappingProxyType(
    {
        Invalid: 400,
        SchemaMismatch: 400,
        Unauthenticated: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        TooLarge: 413,
        TooManyRequests: 429,
        Overloaded: 503,
    }
)
