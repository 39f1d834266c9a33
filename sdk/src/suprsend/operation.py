"""One definition of an operation, seen as a plain call on one client and as a coroutine on the other."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import update_wrapper
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from suprsend.protocol import Steps
from suprsend.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")
HeldClient = TypeVar("HeldClient", covariant=True)


class Waits(Protocol):
    """A client that blocks until an operation is done."""

    def perform(self, steps: Steps[T], /) -> T:
        """Obey the steps and return their value."""
        ...


class Awaits(Protocol):
    """A client that returns a coroutine for an operation."""

    def perform(self, steps: Steps[T], /) -> Coroutine[Any, Any, T]:
        """Obey the steps and return their value."""
        ...


class HasClient(Protocol[HeldClient]):
    """A resource that works through a client."""

    @property
    def client(self) -> HeldClient:
        """Return the client that it works through."""
        ...


class HasSettings(Protocol):
    """A client, as far as a resource needs to know it before anything is sent."""

    settings: Settings


class operation(Generic[P, T]):
    """Turn a method that returns steps into one that performs them on its client.

    `plan` is the method as written, for tests: it returns the steps and sends nothing. The clients begin it with
    its first step, so that whatever it raises comes from the awaited coroutine of the async client.
    """

    def __init__(self, plan: Callable[Concatenate[Any, P], Steps[T]]) -> None:
        def on_client(client: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
            return client.perform(begin(client, *args, **kwargs))

        def on_resource(resource: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
            return resource.client.perform(begin(resource, *args, **kwargs))

        def begin(holder: Any, *args: P.args, **kwargs: P.kwargs) -> Steps[T]:
            return (yield from plan(holder, *args, **kwargs))

        self.plan = plan
        self._on_client = update_wrapper(on_client, plan)
        self._on_resource = update_wrapper(on_resource, plan)
        self.__doc__ = plan.__doc__

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: HasClient[Waits], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, holder: HasClient[Awaits], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, holder: Waits, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, holder: Awaits, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, holder: object | None, owner: type) -> Any:
        """Return the operation bound to its holder."""
        if holder is None:
            return self
        return MethodType(self._on_client if hasattr(holder, "perform") else self._on_resource, holder)
