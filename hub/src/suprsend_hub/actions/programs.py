"""What requests are about: whom each is for, and the program that runs for each of them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from suprsend_hub.domain.broadcast import read_broadcast
from suprsend_hub.domain.program import Program
from suprsend_hub.domain.recipient import Recipient, join_people
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.domain.trigger import read_trigger
from suprsend_hub.domain.workflow_node import Send
from suprsend_hub.domain.workflow_trigger import Target, read_targets
from suprsend_hub.store.database import Connection
from suprsend_hub.store.requests import StoredRequest
from suprsend_hub.store.workflows import read_workflow_versions


class Assignment(Struct, frozen=True):
    """A request that was read: whom it names, what is done for each, and the template versions that this takes.

    `people` are those among its targets, each once, by the first place at which they are named.
    """

    request: StoredRequest
    versions: Mapping[str, int]
    targets: Sequence[Target]
    people: Mapping[int, Recipient]
    program: Program

    @property
    def tenant_id(self) -> str:
        """The tenant as which people are seen."""
        return self.request.tenant_id or DEFAULT_TENANT

    def person(self, position: int) -> Recipient | None:
        """Whom the request names at this place; None for those whom it reaches through something that it names."""
        if position in self.people:
            return self.people[position]
        # Hubs of before gave whoever was named twice two runs.
        target = self.targets[position] if 0 <= position < len(self.targets) else None
        return target if isinstance(target, Recipient) else None


async def read_assignments(connection: Connection, requests: Sequence[StoredRequest]) -> list[Assignment]:
    """What these requests are about, in their order."""
    wanted = {each.workflow_version_id for each in requests if each.workflow_version_id is not None}
    programs = {each.id: each.workflow.nodes for each in (await read_workflow_versions(connection, wanted)).values()}
    return [_read(each, programs) for each in requests]


def _read(request: StoredRequest, programs: Mapping[int, Program]) -> Assignment:
    if request.list_version_id is not None:
        return _broadcast(request)
    if request.workflow_version_id is not None:
        return _stored(request, programs.get(request.workflow_version_id, ()))
    return _dynamic(request)


def _dynamic(request: StoredRequest) -> Assignment:
    """A dynamic trigger is a workflow of one node, which it brings along."""
    trigger = read_trigger(request.body.encode())
    assert request.template_version_id is not None, "a dynamic trigger without a template was refused"
    versions = {trigger.template: request.template_version_id}
    node = Send("", None, "send_multi_channel", trigger.template, None, trigger.delivery)
    return _assign(request, versions, trigger.recipients, (node,))


def _stored(request: StoredRequest, program: Program) -> Assignment:
    return _assign(request, request.template_versions, read_targets(request.body.encode()), program)


def _broadcast(request: StoredRequest) -> Assignment:
    """A broadcast names nobody: its people are read from the list, page by page."""
    node = read_broadcast(request.body.encode()).node
    assert request.template_version_id is not None, "a broadcast without a template was refused"
    return _assign(request, {node.template: request.template_version_id}, (), (node,))


def _assign(
    request: StoredRequest, versions: Mapping[str, int], targets: Sequence[Target], program: Program
) -> Assignment:
    named = {place: each for place, each in enumerate(targets) if isinstance(each, Recipient)}
    return Assignment(request, versions, targets, join_people(named), program)
