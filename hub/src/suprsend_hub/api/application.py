"""The HTTP application: routes, errors, limits, CORS, and the description of it all."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp

from suprsend_hub.api.errors import Answer, handlers_of_errors
from suprsend_hub.api.openapi import SteadyDescription
from suprsend_hub.api.paths import WholeNames, read_names

_NO_PAGES: Mapping[str, Answer] = MappingProxyType({})


def make_application(
    routes: Sequence[HTTPRouteHandler | Router],
    *,
    most_body_bytes: int,
    version: str,
    socket: ASGIApp | None = None,
    pages: Mapping[str, Answer] = _NO_PAGES,
) -> WholeNames:
    """An application of these routes and the socket; the OpenAPI document is at /openapi.json.

    `pages` are the paths below which people are answered, with what answers their errors.
    """
    application = Litestar(
        route_handlers=routes,
        before_request=read_names,
        exception_handlers=handlers_of_errors(pages),
        request_max_body_size=most_body_bytes,
        # wire.md 0.1, rule 11: what browsers send before they send anything.
        cors_config=CORSConfig(
            allow_origins=["*"],
            allow_methods=["GET", "POST", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=["authorization", "content-type", "x-ss-signature", "x-amz-date"],
            expose_headers=["retry-after"],
        ),
        openapi_config=OpenAPIConfig(
            title="suprsend-hub",
            version=version,
            # With its own folder of paths the framework would answer every unknown path with a page of HTML.
            path="/openapi.json",
            render_plugins=[SteadyDescription(path="/")],
        ),
        logging_config=None,
        debug=False,
    )
    return WholeNames(application, socket)
