"""Who is at the command line."""

import os
import pwd

from suprsend_hub.actions.audit import COMMAND_LINE, Actor


def operator(workspace_id: int | None = None) -> Actor:
    """Who is to be noted for what a command changes: the user of the machine, where it has a name."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = COMMAND_LINE.name
    return Actor(None, name, workspace_id, COMMAND_LINE.kind)
