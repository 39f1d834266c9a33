"""The command line: what the commands are called, and where each is found."""

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperGroup

_PLACES: Mapping[str, str] = MappingProxyType(
    {
        "dev": "commands.serve:dev",
        "api": "commands.serve:api",
        "worker": "commands.serve:worker",
        "migrate": "commands.prepare:migrate",
        "master-key": "commands.prepare:master_key",
        "check": "commands.check:check",
        "requeue": "commands.check:requeue",
        "why": "commands.why:why",
        "workspace": "commands.workspace:workspace_commands",
        "key": "commands.keys:key_commands",
        "public-key": "commands.keys:public_key_commands",
        "signing-key": "commands.keys:signing_key_commands",
        "service-token": "commands.service_token:service_token_commands",
        "user": "commands.user:user_commands",
        "vendor": "commands.vendor:vendor_commands",
        "suppression": "commands.suppression:suppression_commands",
        "webhook": "commands.webhook:webhook_commands",
        "broadcast": "commands.broadcast:broadcast_commands",
        "template": "template_commands:template_commands",
        "category": "commands.category:category_commands",
        "message": "commands.message:message_commands",
        "team": "commands.team:team_commands",
    }
)


class _Commands(UserDict[str, Any]):
    """Commands by name. The module of one is read when it is asked for: few need as much as a server does."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = super().__getitem__(name).partition(":")
        found = getattr(import_module(f"suprsend_hub.{module}"), attribute)
        holder = typer.Typer()
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=name)
        else:
            holder.command(name)(found)
        return typer.main.get_group(holder).commands[name]


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands(_PLACES)


app = typer.Typer(cls=_Group, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def hub() -> None:
    """The notification platform that an engineer can run alone."""
