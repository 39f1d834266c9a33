"""What requests are about: whom each is for, and the program that runs for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suprsend_hub.domain.program import Deliver, Program
from suprsend_hub.domain.recipient import Recipient
from suprsend_hub.domain.trigger import read_trigger
from suprsend_hub.store.database import Connection
from suprsend_hub.store.requests import StoredRequest


@dataclass(frozen=True, slots=True)
class Assignment:
    """A request that was read: its people, what is done for each, and the template versions that this takes."""

    request: StoredRequest
    versions: Mapping[str, int]
    recipients: Sequence[Recipient]
    program: Program


async def read_assignments(
    connection: Connection, workspace_id: int, requests: Sequence[StoredRequest]
) -> list[Assignment]:
    """What these requests are about, in their order."""
    return [_dynamic(request) for request in requests]


def _dynamic(request: StoredRequest) -> Assignment:
    """A dynamic trigger is a workflow of one node, which it brings along."""
    trigger = read_trigger(request.body.encode())
    assert request.template_version_id is not None, "a dynamic trigger without a template was refused"
    versions = {trigger.template: request.template_version_id}
    return Assignment(request, versions, trigger.recipients, (Deliver(trigger.template, trigger.delivery),))
