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
    ("GET", "/console"): "viewer",
    ("GET", "/console/{workspace}"): "viewer",
    ("GET", "/console/{workspace}/requests"): "viewer",
    ("GET", "/console/{workspace}/requests/{request_id}"): "viewer",
    ("GET", "/console/{workspace}/requests/{request_id}/live"): "viewer",
    ("POST", "/console/{workspace}/requests/{request_id}/cancel"): "editor",
    ("GET", "/console/{workspace}/runs/{run_id}"): "viewer",
    ("GET", "/console/{workspace}/runs/{run_id}/live"): "viewer",
    ("POST", "/console/{workspace}/runs/{run_id}/cancel"): "editor",
    ("GET", "/console/{workspace}/messages/{message_id}"): "viewer",
    ("GET", "/console/{workspace}/messages/{message_id}/mail"): "viewer",
    ("GET", "/console/{workspace}/vendors"): "viewer",
    ("GET", "/console/{workspace}/vendors/new"): "admin",
    ("POST", "/console/{workspace}/vendors"): "admin",
    ("GET", "/console/{workspace}/vendors/{account_id}"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}/remove"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}/test"): "admin",
    ("GET", "/console/{workspace}/keys"): "viewer",
    ("POST", "/console/{workspace}/keys/api"): "admin",
    ("POST", "/console/{workspace}/keys/api/{key_id}/end"): "admin",
    ("POST", "/console/{workspace}/keys/public"): "admin",
    ("POST", "/console/{workspace}/keys/public/{key_id}/secure"): "admin",
    ("POST", "/console/{workspace}/keys/public/{key_id}/renew"): "admin",
    ("POST", "/console/{workspace}/keys/public/{key_id}/end"): "admin",
    ("POST", "/console/{workspace}/keys/signing"): "admin",
    ("POST", "/console/{workspace}/keys/signing/roll"): "admin",
    ("POST", "/console/{workspace}/keys/secret/rotate"): "admin",
    ("GET", "/console/{workspace}/webhooks"): "viewer",
    ("GET", "/console/{workspace}/webhooks/{endpoint_id}"): "viewer",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/enable"): "admin",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/remove"): "admin",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/replay"): "editor",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/deliveries/{delivery_id}/replay"): "editor",
}


def access_of(method: str, path: str) -> Role | Open | None:
    """What a route needs, None where nobody may use it."""
    return ACCESS.get((method, path))


def may(role: Role, method: str, path: str) -> bool:
    """Whether somebody of this role may use a route."""
    needed = access_of(method, path)
    return needed == "open" or (needed is not None and ROLES.index(role) >= ROLES.index(needed))
