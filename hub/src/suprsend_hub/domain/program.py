"""What a run does, node after node: deliveries that are laid out at once, and waits between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send a template, on these of its channels; None is all of them."""

    template: str
    delivery: Delivery
    channels: frozenset[Channel] | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Let so much time go by."""

    duration: timedelta


Node: TypeAlias = Deliver | Wait
Program: TypeAlias = Sequence[Node]


@dataclass(frozen=True, slots=True)
class Leg:
    """The part of a program that happens at one moment, and the wait after it; `after` is None at the end."""

    deliveries: tuple[tuple[int, Deliver], ...]
    next_node: int
    after: timedelta | None


def next_leg(program: Program, node: int) -> Leg:
    """What a run that has come to this node does now, each delivery with the number of its node."""
    deliveries: list[tuple[int, Deliver]] = []
    for number in range(node, len(program)):
        match program[number]:
            case Deliver() as deliver:
                deliveries.append((number, deliver))
            case Wait(duration=duration) if duration > timedelta(0):
                return Leg(tuple(deliveries), number + 1, duration)
            case Wait():
                continue
    return Leg(tuple(deliveries), len(program), None)


def templates_of(program: Program) -> frozenset[str]:
    """The templates that a program sends."""
    return frozenset(node.template for node in program if isinstance(node, Deliver))
