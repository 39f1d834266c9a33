"""Plays programs with whichever client its interpreter has: JSON lines in, JSON lines out.

It runs in the official client's environment and in ours alike, so it knows nothing but the standard library and
`suprsend`; `async` plays with our async client.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import suprsend

OPTIONS = ("idempotency_key", "tenant_id", "brand_id")


class Player:
    """One client, and how a call of it gives its value."""

    def __init__(self, client: Any, value_of: Callable[[Any], Any]) -> None:
        self.client = client
        self.value_of = value_of

    def play(self, program: dict[str, Any]) -> Any:
        """Play one program and return what its last call gives."""
        match program["kind"]:
            case "workflow":
                return self.client.trigger_workflow(self.workflow(program))
            case "plain workflow":
                return self.client.trigger_workflow(program["body"])
            case "event":
                return self.client.track_event(self.event(program))
            case "track":
                return self.client.track(*program["arguments"])
            case "user":
                return self.user(program).save()
            case "broadcast":
                made = suprsend.SubscriberListBroadcast(program["body"], **options(program))
                return self.client.subscriber_lists.broadcast(made)
            case "call":
                return getattr(getattr(self.client, program["resource"]), program["method"])(*program["arguments"])
            case "bulk_workflows" | "bulk_events" | "bulk_users" as kind:
                make = {"bulk_workflows": self.workflow, "bulk_events": self.event, "bulk_users": self.user}[kind]
                bulk = getattr(self.client, kind).new_instance()
                bulk.append(*(make(record) for record in program["records"]))
                return bulk.trigger()
            case other:
                raise SystemExit(f"no such kind of program: {other}")

    def workflow(self, program: dict[str, Any]) -> Any:
        """Make a workflow."""
        return suprsend.Workflow(program["body"], **options(program))

    def event(self, program: dict[str, Any]) -> Any:
        """Make an event."""
        return suprsend.Event(program["distinct_id"], program["name"], program["properties"], **options(program))

    def user(self, program: dict[str, Any]) -> Any:
        """Make a user and edit it."""
        user = self.client.user.get_instance(program["distinct_id"])
        for verb, *arguments in program["edits"]:
            getattr(user, verb)(*arguments)
        return user

    def outcome(self, program: dict[str, Any]) -> dict[str, Any]:
        """Play a program; return its value, or the error it raised."""
        try:
            value = self.value_of(self.play(program))
        except Exception as error:
            return {"raised": type(error).__name__, "message": getattr(error, "message", None) or str(error)}
        if isinstance(value, suprsend.BulkResponse):
            names = ("status", "total", "success", "failure", "failed_records", "warnings")
            value = {name: getattr(value, name) for name in names}
        return {"value": value}


def options(program: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that several programs share."""
    return {name: program[name] for name in OPTIONS if name in program}


def main(kind: str, base_url: str, key: str, secret: str) -> None:
    """Play each line of standard input."""
    # The official client prints warnings, so the answers have a channel of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if kind == "async":
        runner = asyncio.Runner()
        client: Any = suprsend.AsyncSuprsend(key, secret, base_url, max_retries=0)

        async def wait_for(value: Any) -> Any:
            return await value

        def value_of(made: Any) -> Any:
            return runner.run(wait_for(made))

    else:
        retries: dict[str, Any] = {} if kind == "official" else {"max_retries": 0}
        client = suprsend.Suprsend(key, secret, base_url, **retries)

        def value_of(made: Any) -> Any:
            return made

    player = Player(client, value_of)
    for line in sys.stdin:
        print(json.dumps(player.outcome(json.loads(line)), default=repr), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
