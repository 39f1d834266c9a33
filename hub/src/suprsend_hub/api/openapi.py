"""The description of the API, the same text from every process."""

from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from suprsend_hub.domain.document import Document


class SteadyDescription(JsonRenderPlugin):
    """Answers the description as JSON."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """The JSON of a description."""
        return self.render_json(request, in_order(openapi_schema))


def in_order(description: Document) -> Document:
    """The description with its parameters in an order of their own: the framework's changes from process to process."""
    for path in description["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "parameters" in operation:
                operation["parameters"].sort(key=lambda each: (each["in"], each["name"]))
    return description
