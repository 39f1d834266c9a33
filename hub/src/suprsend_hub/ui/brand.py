"""The look of a tenant on the pages that its people see: its name, its logo, its colour."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from suprsend_hub.domain.colour import Colour, legible_on, read_colour, words_on
from suprsend_hub.domain.tenant import Tenants

# What words of the brand's colour stand on, in light and in dark; --surface in console.css.
LIGHT, DARK = Colour(0xFF, 0xFF, 0xFF), Colour(0x17, 0x19, 0x1E)
# What may stand in a policy: anything else would begin another of its directives.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Brand:
    """What of a tenant is shown; `colour` is six digits, and a logo is only there where it can be loaded."""

    name: str = ""
    logo: str | None = None
    logo_origin: str = ""
    colour: str | None = None


def brand_of(tenants: Tenants, tenant_id: str) -> Brand:
    """The look of a tenant; a colour that is missing is the default tenant's."""
    tenant = tenants.find(tenant_id)
    colour = read_colour(tenant.primary_color or tenants.default.primary_color)
    origin = _origin(tenant.logo or "")
    return Brand(
        tenant.tenant_name,
        tenant.logo if origin else None,
        origin,
        colour.written.removeprefix("#") if colour else None,
    )


def stylesheet(colour: Colour) -> str:
    """The colours of a page with this one as its accent."""
    light, dark = legible_on(LIGHT, colour), legible_on(DARK, colour)
    return (
        f":root {{\n  --accent: light-dark({light.written}, {dark.written});\n"
        f"  --accent-text: light-dark({words_on(light).written}, {words_on(dark).written});\n"
        "  --accent-soft: color-mix(in srgb, var(--accent) 12%, var(--surface));\n}\n"
    )


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin if _ORIGIN.fullmatch(origin) else ""
