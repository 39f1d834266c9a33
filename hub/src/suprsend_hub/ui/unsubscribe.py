"""The page of the links that unsubscribe with one click, in the tenant's look."""

from litestar import MediaType, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.links import CentreTarget, LinkTarget
from suprsend_hub.actions.read_preferences import read_tenant
from suprsend_hub.actions.unsubscribe import Subscription, read_subscription, set_subscription
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.tenants import read_tenants
from suprsend_hub.ui.brand import brand_of
from suprsend_hub.ui.console import Page
from suprsend_hub.ui.public_pages import PublicPages
from suprsend_hub.ui.visit import AnyRequest

_PATH = "/v1/unsubscribe/{token:str}"


def unsubscribe_routes(pages: PublicPages) -> list[HTTPRouteHandler]:
    """The routes to unsubscribe; the signature in each is the credential."""
    pool, now = pages.console.pool, pages.console.now

    def known(token: str) -> LinkTarget:
        target = pages.links.read("unsubscribe", token)
        if target is None:
            raise NotFound("This link is not one that was sent to you, or was changed on its way.")
        return target

    async def shown(target: LinkTarget, subscription: Subscription | None) -> Page:
        if subscription is None:
            raise NotFound("The message of this link is no more.")
        tenant_id, workspace_id = subscription.tenant_id, target.workspace_id
        async with pool.acquire() as connection:
            entry = (await read_tenant(connection, workspace_id, tenant_id)).tree.find(subscription.category)
            brand = brand_of(await read_tenants(connection, workspace_id, [tenant_id]), tenant_id)
        person = subscription.distinct_id
        token = pages.links.preferences_token(CentreTarget(workspace_id, tenant_id, person)) if person else ""
        name = entry.category.name if entry else subscription.category
        return pages.page("centre/unsubscribe.html", brand, subscription=subscription, category=name, token=token)

    @get(_PATH, summary="The page to unsubscribe", tags=["links"], media_type=MediaType.HTML)
    async def show(token: FromPath[str]) -> Page:
        """Changes nothing: programs follow links too."""
        target = known(token)
        return await shown(target, await read_subscription(pool, target))

    @post(
        _PATH,
        summary="Unsubscribe with one click (RFC 8058)",
        tags=["links"],
        media_type=MediaType.HTML,
        status_code=200,
    )
    async def unsubscribe(request: AnyRequest, token: FromPath[str]) -> Page:
        """End the category for this address; with `again=1` begin it again."""
        target = known(token)
        again = b"again=1" in await request.body()
        return await shown(target, await set_subscription(pool, target, now(), subscribed=again))

    return [show, unsubscribe]
