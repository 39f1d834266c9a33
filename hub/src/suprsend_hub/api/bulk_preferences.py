"""`/v1/bulk/user/preference/`: what many users want, changed at once (wire.md 3.11)."""

from collections.abc import Callable
from datetime import datetime

from litestar import patch
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.actions.edit_preferences import Scope, choose_for_many, reset_many
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.preference_forms import (
    BULK,
    BULK_EXAMPLE,
    RESET,
    RESET_EXAMPLE,
    BulkForm,
    ResetForm,
    read_choices,
    read_keys,
    read_restrictions,
)
from suprsend_hub.api.preference_queries import TenantId
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.store.database import Pool


def bulk_preference_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes that change the preferences of many users."""

    @patch(
        "/v1/bulk/user/preference/",
        operation_class=body_of(BulkForm, example=BULK_EXAMPLE),
        status_code=202,
        summary="Choose for several users",
        tags=["preferences"],
    )
    async def set_many(request: AnyRequest, tenant_id: TenantId = None) -> Document:
        """The same for all of them, or nothing for any."""
        workspace = await gatekeeper.workspace(request)
        form = await read_body(request, BULK)
        await choose_for_many(
            pool,
            Scope(workspace.id, tenant_id or DEFAULT_TENANT),
            read_keys(form.distinct_ids),
            read_choices(form.categories or []),
            read_restrictions(form.channel_preferences or []),
            now(),
        )
        return {"success": True}

    @patch(
        "/v1/bulk/user/preference/reset/",
        operation_class=body_of(ResetForm, example=RESET_EXAMPLE),
        status_code=202,
        summary="Reset several users",
        tags=["preferences"],
    )
    async def reset(request: AnyRequest, tenant_id: TenantId = None) -> Document:
        """Let the defaults hold again."""
        workspace = await gatekeeper.workspace(request)
        form = await read_body(request, RESET)
        await reset_many(
            pool,
            Scope(workspace.id, tenant_id or DEFAULT_TENANT),
            read_keys(form.distinct_ids),
            categories=bool(form.reset_categories),
            channels=bool(form.reset_channel_preferences),
        )
        return {"success": True}

    return [set_many, reset]
