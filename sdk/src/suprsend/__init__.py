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
from suprsend.resources.batch import BulkResponse
from suprsend.resources.event import Event
from suprsend.resources.lists import SubscriberListBroadcast
from suprsend.resources.objects import ObjectEdit
from suprsend.resources.profiles import UserEdit
from suprsend.resources.trigger_request import WorkflowTriggerRequest
from suprsend.resources.workflow import Workflow
from suprsend.settings import AppInfo
from suprsend.version import __version__

__all__ = [
    "AppInfo",
    "AsyncSuprsend",
    "BulkResponse",
    "Event",
    "InputValueError",
    "ObjectEdit",
    "SubscriberListBroadcast",
    "Suprsend",
    "SuprsendAPIException",
    "SuprsendConfigError",
    "SuprsendError",
    "SuprsendValidationError",
    "UserEdit",
    "Workflow",
    "WorkflowTriggerRequest",
    "__version__",
]

logging.getLogger("suprsend").addHandler(logging.NullHandler())
