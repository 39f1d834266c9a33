"""How a stand-in treats a message, told per address before it comes."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

EVERYBODY = "*"

_Times = Annotated[int, Meta(ge=1)]
_Seconds = Annotated[float, Meta(ge=0, le=3600)]


class Accept(msgspec.Struct, frozen=True, tag="accept"):
    """Take the message."""


class Delay(msgspec.Struct, frozen=True, tag="delay"):
    """Take the message, but answer so much later."""

    seconds: _Seconds


class Refuse(msgspec.Struct, frozen=True, tag="refuse"):
    """Refuse the message for good."""


class Fail(msgspec.Struct, frozen=True, tag="fail"):
    """Fail for a while, then take the message."""

    times: _Times = 1


class RateLimit(msgspec.Struct, frozen=True, tag="rate_limit"):
    """Ask for patience for a while, then take the message."""

    times: _Times = 1
    retry_after: Annotated[int, Meta(ge=0)] = 1


class Drop(msgspec.Struct, frozen=True, tag="drop"):
    """Take the message, but close the connection instead of saying so; after a while say so too."""

    times: _Times = 1


Behaviour: TypeAlias = Accept | Delay | Refuse | Fail | RateLimit | Drop

ACCEPT = Accept()


@dataclass(frozen=True, slots=True)
class Applied:
    """What happens to one attempt; `attempt` counts those of its address from 1."""

    behaviour: Behaviour
    attempt: int

    @property
    def name(self) -> str:
        """The behaviour as JSON names it."""
        return str(type(self.behaviour).__struct_config__.tag)


_ACCEPTED = Applied(ACCEPT, 1)


class Behaviours:
    """The behaviour of each address; what is said of everybody counts for each address on its own."""

    def __init__(self) -> None:
        self._rules: dict[str, Behaviour] = {}
        self._attempts: dict[str, int] = {}

    def set(self, address: str, behaviour: Behaviour) -> None:
        """From now on treat this address so; `*` is every address without a rule of its own."""
        key = normalise(address)
        self._rules[key] = behaviour
        if key == EVERYBODY:
            self._attempts.clear()
        else:
            self._attempts.pop(key, None)

    def clear(self) -> None:
        """From now on take everything."""
        self._rules.clear()
        self._attempts.clear()

    def apply(self, address: str) -> Applied:
        """Count an attempt for the address, and say what happens to it."""
        if not self._rules:
            return _ACCEPTED
        key = normalise(address)
        rule = self._rules.get(key) or self._rules.get(EVERYBODY)
        if rule is None:
            return _ACCEPTED
        attempt = self._attempts[key] = self._attempts.get(key, 0) + 1
        match rule:
            case Fail(times=times) | RateLimit(times=times) | Drop(times=times) if attempt > times:
                return Applied(ACCEPT, attempt)
            case _:
                return Applied(rule, attempt)


def normalise(address: str) -> str:
    """The address as it is compared: mail addresses regardless of case and of how the domain is written."""
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    if "xn--" in domain.lower():
        with suppress(UnicodeError):
            domain = domain.encode("ascii").decode("idna")
    return f"{local}@{domain}".lower()
