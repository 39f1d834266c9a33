"""How a program sets a workflow off: what to copy, in which nothing secret stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from pprint import pformat

from suprsend_hub.domain.document import Document
from suprsend_hub.store.templates import NamedTemplate
from suprsend_hub.ui.shown import show_document
from suprsend_hub.ui.workflow_definition import events_of

# Longer sample data would only be in the way.
LONGEST_SAMPLE = 2_000
_WIDTH = 88


@dataclass(frozen=True, slots=True)
class Hub:
    """Where programs reach the hub, and by which key they name the workspace."""

    base_url: str
    workspace_key: str


@dataclass(frozen=True, slots=True)
class Examples:
    """The same call in two ways."""

    curl: str
    python: str


def sample_data(templates: Iterable[NamedTemplate]) -> Document:
    """The sample data of these templates as one, empty where that is long."""
    merged: Document = {}
    for each in templates:
        merged = {**each.mock_data, **merged}
    return merged if len(show_document(merged)) <= LONGEST_SAMPLE else {}


def examples_of(hub: Hub, slug: str, definition: Document, data: Document) -> Examples:
    """The trigger of a workflow, or the first event that sets it off."""
    if definition.get("trigger_type") != "event":
        body: Document = {"workflow": slug, "recipients": ["user-1"], "data": data}
        call = f"client.workflows.trigger(WorkflowTriggerRequest({_python(body)}))"
        return Examples(_curl(hub, "trigger/", body), _client(hub, "Suprsend, WorkflowTriggerRequest", call))
    event = next(iter(events_of(definition)), "EVENT")
    body = {"event": event, "distinct_id": "user-1", "properties": data}
    call = f"client.track_event(Event({'user-1'!r}, {event!r}, {_python(data)}))"
    return Examples(_curl(hub, "v2/event/", body), _client(hub, "Event, Suprsend", call))


def _curl(hub: Hub, path: str, body: Document) -> str:
    # A line of JSON is never the word alone that ends it.
    return (
        f"curl {hub.base_url}/{path} \\\n"
        '  -H "Authorization: Bearer $SUPRSEND_API_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d @- <<'END'\n{show_document(body)}\nEND"
    )


def _client(hub: Hub, names: str, call: str) -> str:
    return (
        f"import os\n\nfrom suprsend import {names}\n\n"
        f'client = Suprsend(\n    {hub.workspace_key!r}, os.environ["SUPRSEND_WORKSPACE_SECRET"],'
        f" base_url={hub.base_url + '/'!r}\n)\n{call}\n"
    )


def _python(value: Document) -> str:
    return pformat(value, width=_WIDTH, sort_dicts=False)
