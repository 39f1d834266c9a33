"""The console put together: its routes behind its guard."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Router
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from suprsend_hub.actions.edit_vendors import VendorDesk
from suprsend_hub.actions.edit_webhooks import WebhookDesk
from suprsend_hub.domain.client_address import TrustedProxies
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.ui.account import account_routes
from suprsend_hub.ui.audit_log import audit_log_routes
from suprsend_hub.ui.broadcasts import broadcast_routes
from suprsend_hub.ui.categories import category_routes
from suprsend_hub.ui.console import Console
from suprsend_hub.ui.cookies import Cookies
from suprsend_hub.ui.development import Development
from suprsend_hub.ui.events import event_routes
from suprsend_hub.ui.guard import Guard
from suprsend_hub.ui.key_limits import key_limit_routes
from suprsend_hub.ui.keys import key_routes
from suprsend_hub.ui.lists import list_routes
from suprsend_hub.ui.look import make_look
from suprsend_hub.ui.message_templates import template_routes
from suprsend_hub.ui.messages import message_routes
from suprsend_hub.ui.objects import object_routes
from suprsend_hub.ui.outbox import outbox_routes
from suprsend_hub.ui.overview import overview_routes
from suprsend_hub.ui.payload_schemas import payload_schema_routes
from suprsend_hub.ui.requests import request_routes
from suprsend_hub.ui.runs import run_routes
from suprsend_hub.ui.service_tokens import service_token_routes
from suprsend_hub.ui.sign_in import sign_in_routes
from suprsend_hub.ui.team import team_routes
from suprsend_hub.ui.template_trials import template_trial_routes
from suprsend_hub.ui.template_versions import template_version_routes
from suprsend_hub.ui.tenants import tenant_routes
from suprsend_hub.ui.user_preferences import user_preference_routes
from suprsend_hub.ui.users import user_routes
from suprsend_hub.ui.variants import variant_routes
from suprsend_hub.ui.vendors import vendor_routes
from suprsend_hub.ui.visit import read_visit
from suprsend_hub.ui.webhook_editor import webhook_editor_routes
from suprsend_hub.ui.webhooks import webhook_routes
from suprsend_hub.ui.workflow_editor import workflow_editor_routes
from suprsend_hub.ui.workflow_switches import workflow_switch_routes
from suprsend_hub.ui.workflow_trial import workflow_trial_routes
from suprsend_hub.ui.workflow_versions import workflow_version_routes
from suprsend_hub.ui.workflows import workflow_routes
from suprsend_hub.ui.workspaces import workspace_routes

PATH = "/console"
NO_PROXIES = TrustedProxies()


def make_console(
    pool: Pool,
    vault: Vault,
    public_url: str,
    vendors: VendorDesk,
    webhooks: WebhookDesk,
    now: Callable[[], datetime],
    usual_rate: float = 0,
    proxies: TrustedProxies = NO_PROXIES,
    development: Development | None = None,
) -> Console:
    """The console; over https, as `public_url` says, its cookies never leave https."""
    outside = urlsplit(public_url)
    root = outside.path.rstrip("/")
    cookies = Cookies(is_secure=outside.scheme == "https")
    guard = Guard(pool, vault, cookies, public_url)
    return Console(
        pool=pool,
        vault=vault,
        look=make_look(root),
        cookies=cookies,
        guard=guard,
        root=root,
        vendors=vendors,
        webhooks=webhooks,
        now=now,
        usual_rate=usual_rate,
        proxies=proxies,
        development=development,
    )


def make_router(console: Console) -> Router:
    """Everything below `/console`; each route's access stands in ui/access.py."""
    return Router(
        path=PATH,
        route_handlers=[
            *console.look.files.routes(),
            *sign_in_routes(console),
            *account_routes(console),
            *team_routes(console),
            *audit_log_routes(console),
            *service_token_routes(console),
            *workspace_routes(console),
            *overview_routes(console),
            *request_routes(console),
            *run_routes(console),
            *user_routes(console),
            *user_preference_routes(console),
            *list_routes(console),
            *broadcast_routes(console),
            *tenant_routes(console),
            *category_routes(console),
            *object_routes(console),
            *message_routes(console),
            *vendor_routes(console),
            *key_routes(console),
            *key_limit_routes(console),
            *webhook_routes(console),
            *webhook_editor_routes(console),
            *template_routes(console),
            *template_version_routes(console),
            *variant_routes(console),
            *template_trial_routes(console),
            *_workflow_pages(console),
            *outbox_routes(console),
        ],
        guards=[_guarded_by(console.guard)],
        dependencies={"visit": Provide(read_visit, sync_to_thread=False)},
        include_in_schema=False,
    )


def _guarded_by(guard: Guard) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    async def admit(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        assert isinstance(connection, Request), "there are no sockets here"
        await guard.admit(connection)

    return admit


def _workflow_pages(console: Console) -> list[HTTPRouteHandler]:
    return [
        *workflow_routes(console),
        *workflow_editor_routes(console),
        *workflow_switch_routes(console),
        *workflow_version_routes(console),
        *workflow_trial_routes(console),
        *event_routes(console),
        *payload_schema_routes(console),
    ]
