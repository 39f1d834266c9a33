"""Who may see and do what in the console: the one table of routes; what is not in it is refused."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from suprsend_hub.store.console_users import ROLES, Role

# Everybody, signed in or not.
Open: TypeAlias = Literal["open"]
# Everybody who is signed in, whatever they may do and wherever.
Known: TypeAlias = Literal["known"]

# Below a workspace the role that somebody has there counts; elsewhere the one that they have in all workspaces.
ACCESS: Mapping[tuple[str, str], Role | Open | Known] = {
    ("GET", "/console/~/static/{name}"): "open",
    ("GET", "/console/~/sign-in"): "open",
    ("POST", "/console/~/sign-in"): "open",
    ("POST", "/console/~/theme"): "open",
    ("POST", "/console/~/sign-out"): "known",
    ("GET", "/console/~/account"): "known",
    ("POST", "/console/~/account/password"): "known",
    ("GET", "/console/~/team"): "admin",
    ("POST", "/console/~/team"): "admin",
    ("GET", "/console/~/team/{name}"): "admin",
    ("POST", "/console/~/team/{name}/role"): "admin",
    ("POST", "/console/~/team/{name}/password"): "admin",
    ("POST", "/console/~/team/{name}/remove"): "admin",
    ("GET", "/console/~/audit"): "admin",
    ("GET", "/console/~/tokens"): "admin",
    ("POST", "/console/~/tokens"): "admin",
    ("POST", "/console/~/tokens/{token_id}/end"): "admin",
    ("GET", "/console/~/outbox"): "viewer",
    ("GET", "/console/~/outbox/live"): "viewer",
    ("GET", "/console/~/outbox/{number}/mail"): "viewer",
    ("POST", "/console/~/outbox/clock"): "editor",
    ("GET", "/console"): "known",
    ("GET", "/console/{workspace}"): "viewer",
    ("GET", "/console/{workspace}/requests"): "viewer",
    ("GET", "/console/{workspace}/requests/{request_id}"): "viewer",
    ("GET", "/console/{workspace}/requests/{request_id}/live"): "viewer",
    ("POST", "/console/{workspace}/requests/{request_id}/cancel"): "editor",
    ("GET", "/console/{workspace}/runs/{run_id}"): "viewer",
    ("GET", "/console/{workspace}/runs/{run_id}/live"): "viewer",
    ("POST", "/console/{workspace}/runs/{run_id}/cancel"): "editor",
    ("GET", "/console/{workspace}/users"): "viewer",
    ("GET", "/console/{workspace}/users/{distinct_id}"): "viewer",
    ("GET", "/console/{workspace}/users/{distinct_id}/messages"): "viewer",
    ("GET", "/console/{workspace}/users/{distinct_id}/subscriptions"): "viewer",
    ("POST", "/console/{workspace}/users/{distinct_id}/lift"): "editor",
    ("POST", "/console/{workspace}/users/{distinct_id}/export"): "admin",
    ("POST", "/console/{workspace}/users/{distinct_id}/erase"): "admin",
    ("GET", "/console/{workspace}/users/{distinct_id}/preferences"): "viewer",
    ("POST", "/console/{workspace}/users/{distinct_id}/preferences/category"): "editor",
    ("POST", "/console/{workspace}/users/{distinct_id}/preferences/channels"): "editor",
    ("GET", "/console/{workspace}/lists"): "viewer",
    ("GET", "/console/{workspace}/lists/{list_id}"): "viewer",
    ("GET", "/console/{workspace}/broadcasts"): "viewer",
    ("GET", "/console/{workspace}/broadcasts/{broadcast_id}"): "viewer",
    ("GET", "/console/{workspace}/broadcasts/{broadcast_id}/live"): "viewer",
    ("POST", "/console/{workspace}/broadcasts/{broadcast_id}/cancel"): "editor",
    ("GET", "/console/{workspace}/tenants"): "viewer",
    ("POST", "/console/{workspace}/tenants"): "editor",
    ("POST", "/console/{workspace}/tenants/{tenant_id}/remove"): "admin",
    ("GET", "/console/{workspace}/tenants/{tenant_id}"): "viewer",
    ("POST", "/console/{workspace}/tenants/{tenant_id}"): "editor",
    ("GET", "/console/{workspace}/categories"): "viewer",
    ("GET", "/console/{workspace}/categories/edit"): "editor",
    ("POST", "/console/{workspace}/categories"): "editor",
    ("POST", "/console/{workspace}/categories/commit"): "editor",
    ("GET", "/console/{workspace}/objects"): "viewer",
    ("GET", "/console/{workspace}/objects/{object_type}/{object_id}"): "viewer",
    ("GET", "/console/{workspace}/messages/{message_id}"): "viewer",
    ("GET", "/console/{workspace}/messages/{message_id}/mail"): "viewer",
    ("GET", "/console/{workspace}/vendors"): "viewer",
    ("GET", "/console/{workspace}/vendors/new"): "admin",
    ("POST", "/console/{workspace}/vendors"): "admin",
    ("GET", "/console/{workspace}/vendors/{account_id}"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}/remove"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}/disable"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}/enable"): "admin",
    ("POST", "/console/{workspace}/vendors/{account_id}/test"): "admin",
    ("GET", "/console/{workspace}/keys"): "viewer",
    ("POST", "/console/{workspace}/keys/api"): "admin",
    ("POST", "/console/{workspace}/keys/api/{key_id}/end"): "admin",
    ("POST", "/console/{workspace}/keys/api/{key_id}/limit"): "admin",
    ("POST", "/console/{workspace}/keys/public/{key_id}/limit"): "admin",
    ("POST", "/console/{workspace}/keys/workspace/limit"): "admin",
    ("POST", "/console/{workspace}/keys/public"): "admin",
    ("POST", "/console/{workspace}/keys/public/{key_id}/secure"): "admin",
    ("POST", "/console/{workspace}/keys/public/{key_id}/renew"): "admin",
    ("POST", "/console/{workspace}/keys/public/{key_id}/end"): "admin",
    ("POST", "/console/{workspace}/keys/signing"): "admin",
    ("POST", "/console/{workspace}/keys/signing/roll"): "admin",
    ("POST", "/console/{workspace}/keys/secret/rotate"): "admin",
    ("GET", "/console/{workspace}/webhooks"): "viewer",
    ("GET", "/console/{workspace}/webhooks/new"): "admin",
    ("POST", "/console/{workspace}/webhooks"): "admin",
    ("GET", "/console/{workspace}/webhooks/{endpoint_id}"): "viewer",
    ("GET", "/console/{workspace}/webhooks/{endpoint_id}/edit"): "admin",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}"): "admin",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/rotate"): "admin",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/test"): "editor",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/enable"): "admin",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/remove"): "admin",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/replay"): "editor",
    ("POST", "/console/{workspace}/webhooks/{endpoint_id}/deliveries/{delivery_id}/replay"): "editor",
    ("GET", "/console/{workspace}/templates"): "viewer",
    ("POST", "/console/{workspace}/templates"): "editor",
    ("GET", "/console/{workspace}/templates/{slug}"): "viewer",
    ("POST", "/console/{workspace}/templates/{slug}"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/sample-data"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/commit"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/remove"): "editor",
    ("GET", "/console/{workspace}/templates/{slug}/versions"): "viewer",
    ("GET", "/console/{workspace}/templates/{slug}/versions/{version_no}"): "viewer",
    ("POST", "/console/{workspace}/templates/{slug}/versions/{version_no}/restore"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/variants"): "editor",
    ("GET", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}"): "viewer",
    ("POST", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}/remove"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}/preview"): "editor",
    ("GET", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}/mail"): "viewer",
    ("POST", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}/mail"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}/test"): "editor",
    ("POST", "/console/{workspace}/templates/{slug}/variants/{channel}/{variant_id}/sample-data"): "editor",
}


def access_of(method: str, path: str) -> Role | Open | Known | None:
    """What a route needs, None where nobody may use it."""
    return ACCESS.get((method, path))


def may(role: Role | None, method: str, path: str) -> bool:
    """Whether somebody who is signed in, and has this role where the route is, may use it."""
    needed = access_of(method, path)
    if needed in ("open", "known"):
        return True
    return needed is not None and role is not None and ROLES.index(role) >= ROLES.index(needed)
