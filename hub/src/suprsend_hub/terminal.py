"""What commands share: running a coroutine, and saying in plain words what went wrong."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer
import uvloop
from rich.console import Console
from rich.markup import escape

from suprsend_hub.domain.fault import HubError

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end; an error that the hub raised on purpose becomes one red line and exit code 1."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(coroutine)
    except HubError as error:
        fail(error.message)


def fail(message: str) -> NoReturn:
    """Print what is wrong on standard error, and end with exit code 1."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("[red]error:[/red]", escape(message))
    raise typer.Exit(1)
