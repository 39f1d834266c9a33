"""Every route of the inbox."""

from collections.abc import Callable
from datetime import datetime

from litestar.handlers import HTTPRouteHandler

from suprsend_hub.inbox.feed import feed_routes
from suprsend_hub.inbox.first_feed import AuthenticateFirst, first_feed_routes, first_mark_routes
from suprsend_hub.inbox.marks import mark_routes
from suprsend_hub.inbox.opening import Authenticate
from suprsend_hub.inbox.widget import widget_routes
from suprsend_hub.store.database import Pool


def inbox_routes(
    authenticate: Authenticate, authenticate_first: AuthenticateFirst, pool: Pool, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of today's clients and of the first ones."""
    return [
        *feed_routes(authenticate, pool, now),
        *mark_routes(authenticate, pool, now),
        *first_feed_routes(authenticate_first, pool, now),
        *first_mark_routes(authenticate_first, pool, now),
        *widget_routes(),
    ]
