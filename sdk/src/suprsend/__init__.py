"""Client of the SuprSend notification platform."""

import logging

from suprsend.client import AsyncSuprsend, Suprsend
from suprsend.errors import (
    InputValueError,
    SuprsendAPIException,
    SuprsendConfigError,
    SuprsendError,
    SuprsendValidationError,
)
from suprsend.resources.bulk import BulkResponse
from suprsend.resources.event import Event
from suprsend.resources.workflow import Workflow
from suprsend.version import __version__

__all__ = [
    "AsyncSuprsend",
    "BulkResponse",
    "Event",
    "InputValueError",
    "Suprsend",
    "SuprsendAPIException",
    "SuprsendConfigError",
    "SuprsendError",
    "SuprsendValidationError",
    "Workflow",
    "__version__",
]

logging.getLogger("suprsend").addHandler(logging.NullHandler())
