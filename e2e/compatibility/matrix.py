"""The matrix: every feature of every client, played against one hub, and what came of it."""

import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from e2e.compatibility.clients import Play, Played, play
from e2e.compatibility.features import (
    browser,
    events,
    feed,
    lists,
    messages,
    objects,
    preferences,
    profiles,
    tenants,
    triggers,
    users,
)
from e2e.compatibility.scene import set_up
from e2e.compatibility.steps import Feature, Subject, Values, fault_of
from e2e.compatibility.table import Client, expectations
from e2e.running import Access

FEATURES: Mapping[str, Feature] = {
    **triggers.FEATURES,
    **events.FEATURES,
    **profiles.FEATURES,
    **users.FEATURES,
    **objects.FEATURES,
    **lists.FEATURES,
    **tenants.FEATURES,
    **preferences.FEATURES,
    **messages.FEATURES,
    **browser.FEATURES,
    **feed.FEATURES,
}

Cell = tuple[Client, str]


@dataclass(frozen=True, slots=True)
class Matrix:
    """What came of each feature of each client: None where it works, else what was wrong."""

    faults: Mapping[Cell, str | None]
    played: Mapping[Client, Played]
    refusals: tuple[str, ...]

    def works(self, client: Client, feature: str) -> bool:
        """Whether a feature works."""
        return self.faults[client, feature] is None


def run_matrix(hub: Access, keys: Mapping[str, Any]) -> Matrix:
    """Set the scene, let every client play all its features at the same time, and look at what came of it."""
    refusals = set_up(hub)
    run = uuid4().hex[:8]
    plays: dict[Client, list[Play]] = {}
    for client, name in expectations():
        subject = Subject(hub, keys, f"{client}-{name.replace('.', '-').replace('_', '-')}-{run}")
        FEATURES[name].before(subject)
        plays.setdefault(client, []).append(Play(name, subject, FEATURES[name].steps(subject)))
    with ThreadPoolExecutor(len(plays)) as pool:
        played = dict(zip(plays, pool.map(lambda each: play(each, keys, plays[each]), plays), strict=True))
    events.pass_the_time(hub)
    cells = {(client, each.name): each for client, theirs in plays.items() for each in theirs}
    # What does not come is waited for; meanwhile the others are looked at.
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda cell: _fault(cells[cell], played[cell[0]].outcomes[cell[1]]), cells)
        faults = dict(zip(cells, found, strict=True))
    return Matrix(faults, played, tuple(refusals))


def _fault(play: Play, outcome: dict[str, Any]) -> str | None:
    values: Values = outcome["values"]
    for value, step in zip(values, play.steps, strict=False):
        if not step.get("refused") and (told := fault_of(value)) is not None:
            return told
    if "raised" in outcome:
        return f"{outcome['raised']}: {outcome['message']}"
    try:
        FEATURES[play.name].proof(play.subject, values)
    except Exception as error:
        return "".join(traceback.format_exception(error, limit=-3))
    return None
