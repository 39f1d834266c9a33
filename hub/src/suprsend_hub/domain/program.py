"""How a run goes through its program: legs of what happens at one moment, with waits between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from suprsend_hub.domain.workflow_node import Delay, Node
from suprsend_hub.domain.workflow_node import Send as SendNode

Program: TypeAlias = Sequence[Node]


@dataclass(frozen=True, slots=True)
class Leg:
    """The part of a program that happens at one moment, and the wait after it; `after` is None at the end."""

    sends: tuple[tuple[int, SendNode], ...]
    next_node: int
    after: timedelta | None


def next_leg(program: Program, node: int) -> Leg:
    """What a run that has come to this node does now, each sending node with its number."""
    sends: list[tuple[int, SendNode]] = []
    for number in range(node, len(program)):
        match program[number]:
            case SendNode() as send:
                sends.append((number, send))
            case Delay(duration=duration) if duration > timedelta(0):
                return Leg(tuple(sends), number + 1, duration)
            case Delay():
                continue
    return Leg(tuple(sends), len(program), None)


def templates_of(program: Program) -> frozenset[str]:
    """The templates that a program sends."""
    return frozenset(node.template for node in program if isinstance(node, SendNode))
