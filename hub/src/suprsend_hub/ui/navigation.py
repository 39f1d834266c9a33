"""The sections of the console, in the order in which they stand beside every page of a workspace."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A section; its path is the first part below the workspace, and `icon` one of templates/icons.html."""

    label: str
    path: str
    icon: str


SECTIONS: tuple[Section, ...] = (
    Section("Overview", "", "overview"),
    Section("Requests", "requests", "requests"),
    Section("Workflows", "workflows", "workflows"),
    Section("Events", "events", "events"),
    Section("Schemas", "schemas", "schemas"),
    Section("Templates", "templates", "templates"),
    Section("Users", "users", "users"),
    Section("Objects", "objects", "objects"),
    Section("Lists", "lists", "lists"),
    Section("Broadcasts", "broadcasts", "broadcasts"),
    Section("Tenants", "tenants", "tenants"),
    Section("Categories", "categories", "categories"),
    Section("Vendors", "vendors", "vendors"),
    Section("Webhooks", "webhooks", "webhooks"),
    Section("Keys", "keys", "keys"),
)

# Pages that belong to a section of another name.
_BELONGS_TO = {"runs": "requests", "messages": "requests"}


@dataclass(frozen=True, slots=True)
class Link:
    """A section as it stands beside a page."""

    label: str
    href: str
    icon: str
    is_current: bool


def sections_of(root: str, workspace: str, path: str) -> list[Link]:
    """The sections of a workspace, seen from the page at `path`; `root` is what stands before `/console`."""
    home = f"/console/{workspace}"
    first = path.removeprefix(home).strip("/").partition("/")[0]
    here = _BELONGS_TO.get(first, first)
    return [
        Link(each.label, f"{root}{home}/{each.path}".rstrip("/"), each.icon, here == each.path) for each in SECTIONS
    ]
