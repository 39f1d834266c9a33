"""Who may see and do what in the console: the one table of routes; what is not in it is refused."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from suprsend_hub.store.console_users import ROLES, Role

# Everybody, signed in or not.
Open: TypeAlias = Literal["open"]

ACCESS: Mapping[tuple[str, str], Role | Open] = {
    ("GET", "/console/~/static/{name}"): "open",
    ("GET", "/console/~/sign-in"): "open",
    ("POST", "/console/~/sign-in"): "open",
    ("POST", "/console/~/theme"): "open",
    ("POST", "/console/~/sign-out"): "viewer",
    ("GET", "/console/~/account"): "viewer",
    ("POST", "/console/~/account/password"): "viewer",
    ("GET", "/console/~/team"): "admin",
    ("POST", "/console/~/team"): "admin",
    ("POST", "/console/~/team/{name}/role"): "admin",
    ("POST", "/console/~/team/{name}/password"): "admin",
    ("POST", "/console/~/team/{name}/remove"): "admin",
    ("GET", "/console/~/audit"): "admin",
    ("GET", "/console/~/outbox"): "viewer",
    ("GET", "/console/~/outbox/live"): "viewer",
    ("GET", "/console/~/outbox/{number}/mail"): "viewer",
    ("POST", "/console/~/outbox/clock"): "editor",
    ("GET", "/console"): "viewer",
    ("GET", "/console/{workspace}"): "viewer",
    ("GET", "/console/{workspace}/requests"): "viewer",
    ("GET", "/console/{workspace}/requests/{request_id}"): "viewer",
    ("GET", "/console/{workspace}/requests/{request_id}/live"): "viewer",
    ("POST", "/console/{workspace}/requests/{request_id}/cancel"): "editor",
    ("GET", "/console/{workspace}/runs/{run_id}"): "viewer",
    ("GET", "/console/{workspace}/runs/{run_id}/live"): "viewer",
    ("POST", "/console/{workspace}/runs/{run_id}/cancel"): "editor",
}


def access_of(method: str, path: str) -> Role | Open | None:
    """What a route needs, None where nobody may use it."""
    return ACCESS.get((method, path))


def may(role: Role, method: str, path: str) -> bool:
    """Whether somebody of this role may use a route."""
    needed = access_of(method, path)
    return needed == "open" or (needed is not None and ROLES.index(role) >= ROLES.index(needed))
