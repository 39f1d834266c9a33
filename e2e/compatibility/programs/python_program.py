"""Plays features with the official Python client of its environment: the task on standard input, JSON lines out.

It knows nothing but the standard library and `suprsend`.
"""

import contextlib
import importlib
import json
import os
import sys
import warnings
from typing import Any

suprsend: Any = importlib.import_module("suprsend")


class Player:
    """One client; it remembers which public methods were there to be called, and which were."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.client = suprsend.Suprsend(task["workspace_key"], task["workspace_secret"], base_url=task["base_url"])
        self.methods: set[str] = set()
        self.called: set[str] = set()

    def play(self, feature: dict[str, Any]) -> dict[str, Any]:
        """Do every step; what each gave, and what stopped it."""
        known: dict[str, Any] = {"client": self.client}
        values: list[Any] = []
        for number, step in enumerate(feature["steps"]):
            try:
                value = self.perform(step, known)
            except Exception as error:
                raised = {"raised": type(error).__name__, "message": str(error)}
                if not step.get("refused"):
                    self.look_ahead(feature["steps"][number + 1 :], known)
                    return {"feature": feature["name"], "values": values, **raised}
                value = raised
            values.append(value)
        return {"feature": feature["name"], "values": values}

    def perform(self, step: dict[str, Any], known: dict[str, Any]) -> Any:
        """Do one step; the value as JSON."""
        name = step["call"].rpartition(".")[2]
        owner = self.find(step, known)
        self.see(owner, name)
        arguments = [insert(argument, known) for argument in step["arguments"]]
        value = getattr(owner, name)(*arguments, **step["options"])
        if step["save"]:
            known[step["save"]] = value
        return as_json(value)

    def find(self, step: dict[str, Any], known: dict[str, Any]) -> Any:
        """The object whose method is called: the client, a part of it, what an earlier step saved, or the module."""
        head, *members = step["call"].split(".")
        if head in known:
            owner = known[head]
        elif head[0].isupper():
            owner = getattr(suprsend, head) if members else suprsend
        else:
            owner = getattr(known["client"], head) if members else known["client"]
        for member in members[:-1]:
            owner = getattr(owner, member)
        return owner

    def look_ahead(self, steps: list[dict[str, Any]], known: dict[str, Any]) -> None:
        """Note the calls that were meant but did not come to pass, where their object is known."""
        for step in steps:
            with contextlib.suppress(Exception):
                # What constructs something sends nothing.
                if step["call"][0].isupper():
                    self.perform(step, known)
                else:
                    self.see(self.find(step, known), step["call"].rpartition(".")[2])

    def see(self, owner: Any, name: str) -> None:
        """Note a call, and what else could be called."""
        kind = owner if isinstance(owner, type) else type(owner)
        if not kind.__module__.startswith("suprsend"):
            kind = getattr(owner, name)
            if not isinstance(kind, type):
                return
        public = [each for each in dir(kind) if not each.startswith("_") and callable(getattr(kind, each))]
        self.methods.update(f"{kind.__name__}.{each}" for each in public)
        self.called.add(f"{kind.__name__}.{name}")


def insert(argument: Any, known: dict[str, Any]) -> Any:
    """An argument with the saved results that it names."""
    if isinstance(argument, list):
        return [insert(each, known) for each in argument]
    if not isinstance(argument, dict):
        return argument
    if "$saved" not in argument:
        return {key: insert(each, known) for key, each in argument.items()}
    head, *members = argument["$saved"].split(".")
    value = known[head]
    for member in members:
        value = value[int(member) if isinstance(value, list) else member]
    return value


def as_json(value: Any) -> Any:
    """A returned value; objects of the client are nothing to look at, apart from a bulk response."""
    if isinstance(value, suprsend.BulkResponse):
        return {name: each for name, each in vars(value).items() if not name.startswith("_")}
    return value if value is None or isinstance(value, dict | list | str | int | float) else None


def main() -> None:
    """Play each feature of the task."""
    # The client prints warnings, so the answers have a channel of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    task = json.load(sys.stdin)
    player = Player(task)
    for feature in task["features"]:
        print(json.dumps(player.play(feature), default=repr), file=answers, flush=True)
    seen = {"methods": sorted(player.methods), "called": sorted(player.called)}
    print(json.dumps(seen), file=answers, flush=True)


if __name__ == "__main__":
    main()
