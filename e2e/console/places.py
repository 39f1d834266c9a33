"""Where every page is: each route of the console that is read, found as people find it, by the links on other pages."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from playwright.sync_api import APIRequestContext
from suprsend_hub.ui.access import ACCESS

from e2e.console.story import Story

SIGN_IN = "/console/~/sign-in"
# Whoever is signed in is led on from the form.
READ = tuple(path for method, path in ACCESS if method == "GET" and path != SIGN_IN)
_LINK = re.compile(r'(?:href|src|hx-get)="([^"#]+)')
_FIRST = "/console/?all"
ENOUGH = 3
_PARAMETER = re.compile(r"\{\w+\}")
# Beside the pages that routes name: such that only a question leads to, and those of everybody.
_BESIDE = {
    "vendors-new-smtp": "/console/{workspace}/vendors/new?vendor=smtp",
    "requests-failed": "/console/{workspace}/requests?state=failed",
    "users-not-found": "/console/{workspace}/users?user=nobody",
    "page-not-found": "/console/{workspace}/nowhere",
    "workspaces": "/console/?all",
    "inbox-example": "/inbox/example/?user=ines-carvalho",
    "preference-centre-error": "/preferences/nothing/",
}
BESIDE = (*_BESIDE, "preference-centre", "unsubscribe")


def find_places(asking: APIRequestContext, story: Story) -> dict[str, str]:
    """The address of each route, by the route; of several, the one that the story is about."""
    found: dict[str, str] = {}
    for path in _walk(asking, story):
        route = _route_of(path)
        if route and (route not in found or _told(path, story) > _told(found[route], story)):
            found[route] = path
    for route in sorted(set(READ) - set(found)):
        # A part of a page that asks for itself stands below its page.
        page, _, rest = route.rpartition("/")
        if page in found and "{" not in rest:
            found[route] = f"{found[page]}/{rest}"
    return found


def beside(story: Story) -> Mapping[str, str]:
    """The address of each page that no route names, by a name of its own."""
    filled = {name: path.replace("{workspace}", story.names["workspace"]) for name, path in _BESIDE.items()}
    return {
        **filled,
        "preference-centre": story.preference_page.removeprefix(story.base_url),
        "unsubscribe": story.unsubscribe_page.removeprefix(story.base_url),
    }


def _walk(asking: APIRequestContext, story: Story) -> Iterator[str]:
    """Every address that a click leads to, page by page from the first; some of a kind are enough to go on from."""
    waiting, seen, gone = [_FIRST], {_FIRST}, Counter[str]()
    while waiting:
        address = waiting.pop(0)
        path = address.partition("?")[0]
        yield path
        route = _route_of(path)
        if route is None or (gone[route] >= ENOUGH and not _told(path, story)):
            continue
        gone[route] += 1
        answer = asking.get(story.base_url + address)
        if "html" not in answer.headers.get("content-type", ""):
            continue
        for link in _LINK.findall(answer.text()):
            found = link.replace("&amp;", "&").removeprefix(story.base_url)
            if found.startswith("/console") and found not in seen:
                seen.add(found)
                waiting.append(found)


def _route_of(path: str) -> str | None:
    """The route of an address: of several that fit, the one with the most words of its own."""
    fitting = [route for route in READ if _fits(route, path)]
    return min(fitting, key=lambda route: route.count("{"), default=None)


def _fits(route: str, path: str) -> bool:
    pattern = "/".join("[^/]+" if _PARAMETER.fullmatch(part) else re.escape(part) for part in route.split("/"))
    return re.fullmatch(f"{pattern}/?", path) is not None


def _told(path: str, story: Story) -> int:
    """How much of what an address names is what the story is about."""
    return len(set(path.split("/")) & (set(story.names.values()) - {story.names["workspace"]}))
