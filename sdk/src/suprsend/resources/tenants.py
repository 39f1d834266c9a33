"""Tenants, and brands, their old name (wire.md 3.7 and 3.8)."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from suprsend.operation import HasSettings, operation
from suprsend.protocol import Steps
from suprsend.resources.call import Done, OffsetPage, Options, call, delete, form_quoted, named, page, query, quoted

C = TypeVar("C", bound=HasSettings)

TENANTS = "v1/tenant/"
BRANDS = "v1/brand/"


def _tenant_path(tenant_id: object) -> str:
    return f"{TENANTS}{form_quoted(named('tenant_id', tenant_id))}/"


def _category_path(tenant_id: object, category: object) -> str:
    return f"{_tenant_path(tenant_id)}preference/category/{quoted(named('category', category))}/"


class Tenants(Generic[C]):
    """Tenants, by `client.tenants`.

    Every call returns the server's JSON. Raises SuprsendValidationError for an id that is no text,
    SuprsendAPIException if the server refuses, TransportError if no answer comes. `options` become the query.
    """

    def __init__(self, client: C) -> None:
        self.client = client

    @operation
    def list(self, limit: int = 20, offset: int = 0) -> Steps[OffsetPage]:
        """Return a page of tenants: `{"meta": {"count", "limit", "offset"}, "results": [...]}`."""
        return call(self.client.settings, "GET", TENANTS + query(page(limit, offset)))

    @operation
    def get(self, tenant_id: str) -> Steps[dict[str, Any]]:
        """Return a tenant."""
        return call(self.client.settings, "GET", _tenant_path(tenant_id))

    @operation
    def upsert(self, tenant_id: str, tenant_payload: dict[str, Any] | None) -> Steps[dict[str, Any]]:
        """Create or change a tenant, and return it.

        client.tenants.upsert("acme", {"tenant_name": "Acme", "primary_color": "#ff0000"})
        """
        return call(self.client.settings, "POST", _tenant_path(tenant_id), tenant_payload or {})

    @operation
    def delete(self, tenant_id: str) -> Steps[Done]:
        """Delete a tenant; returns `{"success": True, "status_code": 204}`."""
        return delete(self.client.settings, _tenant_path(tenant_id))

    @operation
    def list_preference_categories(self, tenant_id: str, options: Options | None = None) -> Steps[OffsetPage]:
        """Return a page of a tenant's categories; options are limit, offset, tags, locale, include_disabled."""
        path = f"{_tenant_path(tenant_id)}preference/category/{query(options)}"
        return call(self.client.settings, "GET", path)

    @operation
    def get_preference_category(
        self, tenant_id: str, category: str, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Return one of a tenant's categories."""
        path = _category_path(tenant_id, category) + query(options)
        return call(self.client.settings, "GET", path)

    @operation
    def update_preference_category(
        self, tenant_id: str, category: str, payload: dict[str, Any] | None, options: Options | None = None
    ) -> Steps[dict[str, Any]]:
        """Change one of a tenant's categories, and return it: `{"preference": "opt_in"}`."""
        path = _category_path(tenant_id, category) + query(options)
        return call(self.client.settings, "PATCH", path, payload or {})


class Brands(Generic[C]):
    """Brands, by `client.brands`: what tenants were called first. Returns and raises what `Tenants` does."""

    def __init__(self, client: C) -> None:
        self.client = client

    @operation
    def list(self, limit: int = 20, offset: int = 0) -> Steps[OffsetPage]:
        """Return a page of brands."""
        return call(self.client.settings, "GET", BRANDS + query(page(limit, offset)))

    @operation
    def get(self, brand_id: str) -> Steps[dict[str, Any]]:
        """Return a brand."""
        return call(self.client.settings, "GET", _brand_path(brand_id))

    @operation
    def upsert(self, brand_id: str, brand_payload: dict[str, Any] | None) -> Steps[dict[str, Any]]:
        """Create or change a brand, and return it: `client.brands.upsert("acme", {"brand_name": "Acme"})`."""
        return call(self.client.settings, "POST", _brand_path(brand_id), brand_payload or {})


def _brand_path(brand_id: object) -> str:
    return f"{BRANDS}{form_quoted(named('brand_id', str(brand_id)))}/"
