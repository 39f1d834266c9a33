"""Templates through the management API: push a folder, pull into one, list what is there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import urllib3
from msgspec import Struct

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import HubError
from suprsend_hub.domain.template import DEFAULT_LOCALE, Variant
from suprsend_hub.domain.template_source import TemplateSource
from suprsend_hub.template_folder import find_templates, read_template, write_template

T = TypeVar("T")

PAGE = 50
TIMEOUT = urllib3.Timeout(connect=5, read=60)


@dataclass(frozen=True, slots=True)
class Destination:
    """Which workspace of which hub, and what opens it."""

    base_url: str
    workspace: str
    service_token: str = field(repr=False)


class ManagementRefused(HubError):
    """The hub did not do what it was asked, or did not answer."""

    code = "management_refused"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class PushedTemplate:
    """What became of one template; `problem` is None unless it failed."""

    slug: str
    variants: int
    outcome: Literal["committed", "unchanged", "draft", "failed"]
    version_no: int | None = None
    problem: str | None = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PushReport:
    """What became of each template of a folder."""

    templates: tuple[PushedTemplate, ...]

    @property
    def has_failed(self) -> bool:
        """Whether any template did not arrive."""
        return any(each.problem is not None for each in self.templates)


@dataclass(frozen=True, slots=True)
class PulledTemplate:
    """A template that was written into a folder."""

    slug: str
    variants: int
    folder: Path


class ListedTemplate(Struct, frozen=True):
    """A template of a workspace, without its content."""

    slug: str
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    enabled_channels: tuple[Channel, ...] = ()
    status: str = ""
    version_no: int | None = None
    updated_at: str | None = None


class _ListedVariant(Struct, frozen=True):
    channel: Channel
    id: str
    content: Document
    tenant_id: str | None = None
    locale: str = DEFAULT_LOCALE


class _TemplatePage(Struct, frozen=True):
    results: list[ListedTemplate]


class _VariantPage(Struct, frozen=True):
    results: list[_ListedVariant]


class _MockData(Struct, frozen=True):
    data: Document


class _Review(Struct, frozen=True):
    has_changes: bool


class _Refusal(Struct, frozen=True):
    message: str


def push_templates(folder: Path, destination: Destination, *, commit: bool = True, message: str = "") -> PushReport:
    """Send every template of a folder; a folder with a fault in it sends nothing."""
    sources: list[TemplateSource] = []
    faults: list[PushedTemplate] = []
    for each in find_templates(folder):
        try:
            sources.append(read_template(each))
        except HubError as error:
            faults.append(PushedTemplate(each.resolve().name, 0, "failed", problem=error.message))
    if faults:
        return PushReport(tuple(faults))
    with _Api(destination) as api:
        return PushReport(tuple(_push(api, source, commit, message) for source in sources))


def pull_templates(
    folder: Path, destination: Destination, *, mode: Literal["live", "draft"] = "live"
) -> list[PulledTemplate]:
    """Write every template of a workspace into a folder, one folder each."""
    pulled: list[PulledTemplate] = []
    with _Api(destination) as api:
        for listed in list(_list(api, mode)):
            source = _fetch(api, listed, mode)
            write_template(folder, source)
            pulled.append(PulledTemplate(listed.slug, len(source.variants), folder / listed.slug))
    return pulled


def list_templates(destination: Destination) -> list[ListedTemplate]:
    """Every template of a workspace."""
    with _Api(destination) as api:
        return list(_list(api, "draft"))


class _Api:
    """The management API of one workspace."""

    def __init__(self, destination: Destination) -> None:
        self._headers = {
            "Authorization": f"ServiceToken {destination.service_token}",
            "Content-Type": "application/json",
        }
        self._base = f"{destination.base_url.rstrip('/')}/v2/{quote(destination.workspace, safe='')}/template/"
        self._pool = urllib3.PoolManager(timeout=TIMEOUT, retries=False)

    def __enter__(self) -> "_Api":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def call(self, method: str, *path: str, body: object = None, query: dict[str, object] | None = None) -> bytes:
        """One call; what the hub refuses is raised in its own words."""
        url = self._base + "".join(f"{quote(each, safe='')}/" for each in path)
        if query:
            url += f"?{urlencode(query)}"
        sent = None if body is None else msgspec.json.encode(body)
        try:
            answer = self._pool.request(method, url, headers=self._headers, body=sent, redirect=False)
        except (urllib3.exceptions.HTTPError, UnicodeError) as error:
            raise ManagementRefused(f"can't reach {url}: {error}") from None
        if not 200 <= answer.status < 300:
            raise ManagementRefused(_explained(answer.status, answer.data), answer.status)
        return answer.data

    def read(self, form: type[T], *path: str, query: dict[str, object] | None = None) -> T:
        """What the hub has at a path."""
        return _decoded(self.call("GET", *path, query=query), form)


def _push(api: _Api, source: TemplateSource, commit: bool, message: str) -> PushedTemplate:
    count = len(source.variants)
    try:
        _send(api, source)
        if not commit:
            return PushedTemplate(source.slug, count, "draft", warnings=source.warnings)
        review = _decoded(api.call("POST", source.slug, "pre_commit_validate"), _Review)
        answer = api.call("PATCH", source.slug, "commit", body={"commit_message": message or None})
        live = _decoded(answer, ListedTemplate)
    except ManagementRefused as error:
        return PushedTemplate(source.slug, count, "failed", problem=error.message, warnings=source.warnings)
    outcome: Literal["committed", "unchanged"] = "committed" if review.has_changes else "unchanged"
    return PushedTemplate(source.slug, count, outcome, live.version_no, warnings=source.warnings)


def _send(api: _Api, source: TemplateSource) -> None:
    said = {
        "name": source.name,
        "description": source.description,
        "tags": source.tags,
        "enabled_channels": source.enabled_channels,
    }
    api.call("POST", source.slug, body=said)
    for variant in source.variants:
        try:
            api.call("POST", source.slug, "channel", variant.channel, "variant", variant.id, body=variant)
        except ManagementRefused as error:
            raise ManagementRefused(f"{variant.channel}/{variant.id}: {error.message}", error.status) from None
    if source.variants:
        api.call("POST", source.slug, "variant", "order", body={"channels": _order(source.variants)})
    if source.mock_data is not None:
        api.call("PATCH", source.slug, "mock_data", body={"data": source.mock_data})


def _order(variants: Sequence[Variant]) -> list[Document]:
    channels: dict[str, dict[str | None, list[str]]] = {}
    for each in variants:
        channels.setdefault(each.channel, {}).setdefault(each.tenant_id, []).append(each.id)
    return [
        {"channel": channel, "tenants": [{"tenant_id": tenant, "variants": ids} for tenant, ids in tenants.items()]}
        for channel, tenants in channels.items()
    ]


def _list(api: _Api, mode: str) -> Iterator[ListedTemplate]:
    offset = 0
    while True:
        found = api.read(_TemplatePage, query={"limit": PAGE, "offset": offset, "mode": mode}).results
        yield from found
        offset += len(found)
        if len(found) < PAGE:
            return


def _fetch(api: _Api, listed: ListedTemplate, mode: str) -> TemplateSource:
    variants: list[Variant] = []
    while True:
        query: dict[str, Any] = {"include_content": "true", "mode": mode, "limit": PAGE, "offset": len(variants)}
        found = api.read(_VariantPage, listed.slug, "variant", query=query).results
        variants += (Variant(each.channel, each.id, each.tenant_id, each.locale, each.content) for each in found)
        if len(found) < PAGE:
            break
    return TemplateSource(
        slug=listed.slug,
        name=listed.name,
        description=listed.description,
        tags=listed.tags,
        enabled_channels=listed.enabled_channels,
        variants=tuple(variants),
        mock_data=_fetch_mock_data(api, listed.slug),
    )


def _fetch_mock_data(api: _Api, slug: str) -> Document | None:
    try:
        return api.read(_MockData, slug, "mock_data").data
    except ManagementRefused as error:
        if error.status == 404:
            return None
        raise


def _decoded(raw: bytes, form: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManagementRefused(f"the hub's answer can't be read: {error}") from None


def _explained(status: int, raw: bytes) -> str:
    try:
        return msgspec.json.decode(raw, type=_Refusal).message
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return f"the hub answered HTTP {status}: {raw[:200].decode('utf-8', 'replace').strip()}"
