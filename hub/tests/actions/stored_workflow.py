"""A stored workflow in a scene, triggers of it, and the jobs that they lead to."""

from typing import Any

import msgspec
from suprsend_hub.actions.accept import Receipt, Submission, accept
from suprsend_hub.actions.advance import advance
from suprsend_hub.actions.plan import plan
from suprsend_hub.actions.send import send
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.job import Advance, Plan, Send
from suprsend_hub.domain.workflow import hash_definition, read_workflow
from suprsend_hub.domain.workflow_trigger import read_workflow_trigger
from suprsend_hub.store.workflows import find_workflow, publish_workflow, put_workflow

from .scene import Scene

SEND = {"node_type": "send_email", "properties": {"template": "purchase-made"}}
DELAY = {"node_type": "delay", "properties": {"value": "1h"}}


async def commit_workflow(
    scene: Scene, *nodes: dict[str, Any], events: tuple[str, ...] = (), schema: dict[str, Any] | None = None
) -> None:
    definition = {
        "name": "Purchase",
        "category": "transactional",
        "trigger_type": "event" if events else "api",
        "tree": {"nodes": list(nodes)},
        **({"trigger_events": list(events)} if events else {}),
        **({"payload_schema": schema} if schema else {}),
    }
    async with scene.pool.acquire() as connection:
        await put_workflow(
            connection, scene.workspace.id, "purchase", definition, hash_definition(definition), scene.now()
        )
        stored = await find_workflow(connection, scene.workspace.id, "purchase")
        assert stored is not None
        workflow = read_workflow(definition)
        await publish_workflow(connection, scene.workspace.id, stored, workflow, "", scene.now())


async def trigger(scene: Scene, **changes: Any) -> Receipt | Invalid:
    body = {
        "workflow": "purchase",
        "recipients": [{"distinct_id": "u1", "$email": ["ada@example.com"]}],
        "data": {"first_name": "Ada"},
        **changes,
    }
    submission = Submission(scene.workspace.id, (read_workflow_trigger(msgspec.json.encode(body)),), is_array=False)
    (result,) = await accept(scene.pool, [submission], scene.now())
    return result


async def run_jobs(scene: Scene, *kinds: type) -> None:
    for job in await scene.jobs():
        match job:
            case Plan() if Plan in kinds:
                await plan(scene.pool, job, scene.now())
            case Advance() if Advance in kinds:
                await advance(scene.pool, job, scene.now())
            case Send() if Send in kinds:
                await send(scene.sending(), job)
