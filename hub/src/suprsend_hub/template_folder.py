"""Templates as a folder of files, in the layout of the official command-line client (docs/templates.md)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import HubError, Invalid
from suprsend_hub.domain.reading import read_json
from suprsend_hub.domain.template import DEFAULT_LOCALE, Variant
from suprsend_hub.domain.template_content import read_channel, read_content, read_document
from suprsend_hub.domain.template_name import TENANTS, Locale, check_slug, check_tenant_id, check_variant_id
from suprsend_hub.domain.template_source import TemplateSource
from suprsend_hub.template_bodies import extract_bodies, insert_bodies, read_text, write_json

T = TypeVar("T")

TEMPLATE_FILE = "template.json"
MOCK_DATA_FILE = "mock_data.json"
VARIANT_FILE = "variant.json"


class TemplateFile(Struct, frozen=True, kw_only=True):
    """`template.json`; the keys of `variant_order` are `email` or, for a tenant's own variants, `email/acme`."""

    slug: str | None = None
    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    description: Annotated[str, Meta(max_length=500)] | None = None
    tags: list[str] | None = None
    enabled_channels: list[Channel] | None = None
    variant_order: dict[str, list[str]] | None = None


class VariantFile(Struct, frozen=True, kw_only=True):
    """`variant.json`; channel, id and tenant are what its folder says."""

    content: dict[str, Any]
    locale: Locale = DEFAULT_LOCALE
    conditions: list[Any] | None = None


class FolderFault(HubError):
    """A file or folder of templates is not as it must be; the message begins with its path."""

    code = "template_folder"

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


_TEMPLATE = msgspec.json.Decoder(TemplateFile)
_VARIANT = msgspec.json.Decoder(VariantFile)


def find_templates(folder: Path) -> list[Path]:
    """The folders of templates in `folder`, or `folder` itself where it is one."""
    if not folder.is_dir():
        raise FolderFault(folder, "there is no such folder")
    if (folder / TEMPLATE_FILE).is_file():
        return [folder]
    found = [each for each in _folders(folder) if (each / TEMPLATE_FILE).is_file()]
    if not found:
        raise FolderFault(folder, f"holds no template; each is a folder with a {TEMPLATE_FILE} in it")
    return found


def read_template(folder: Path) -> TemplateSource:
    """The template in a folder; FolderFault names the file and the field that is wrong."""
    file = folder / TEMPLATE_FILE
    slug = folder.resolve().name
    with _faults_in(file):
        said = read_json(_read(file), _TEMPLATE)
        check_slug(slug, "slug")
        if said.slug not in (None, slug):
            raise Invalid("slug", f"is {said.slug!r}, but the folder is named {slug!r}")
        found = _read_variants(folder)
        variants, unordered = _in_order(found, said.variant_order or {})
        enabled, empty = _enabled_channels(found, said.enabled_channels)
    return TemplateSource(
        slug=slug,
        name=said.name or slug,
        description=said.description or "",
        tags=tuple(said.tags or ()),
        enabled_channels=enabled,
        variants=variants,
        mock_data=_read_mock_data(folder / MOCK_DATA_FILE),
        warnings=(*unordered, *empty),
    )


def write_template(folder: Path, source: TemplateSource) -> None:
    """Write a template into `folder/<slug>`; files that are there already are replaced, others stay."""
    check_slug(source.slug, "slug")
    order: dict[str, list[str]] = {}
    files: dict[Path, str] = {}
    home = folder / source.slug
    for variant in source.variants:
        order.setdefault(_place(variant.channel, variant.tenant_id), []).append(variant.id)
        place = _variant_folder(home, variant)
        content, bodies = extract_bodies(variant.channel, variant.content)
        files |= {place / name: text for name, text in bodies.items()}
        files[place / VARIANT_FILE] = write_json(
            {
                "id": variant.id,
                "channel": variant.channel,
                "tenant_id": variant.tenant_id,
                "locale": variant.locale,
                "conditions": None,
                "needs_vendor_approval": False,
                "content": content,
            }
        )
    said = {
        "slug": source.slug,
        "name": source.name,
        "description": source.description,
        "tags": source.tags,
        "enabled_channels": source.enabled_channels,
        "variant_order": order,
    }
    files[home / TEMPLATE_FILE] = write_json(said)
    if source.mock_data is not None:
        files[home / MOCK_DATA_FILE] = write_json(source.mock_data)
    for file, text in files.items():
        _write(file, text)


def _read_variants(folder: Path) -> list[Variant]:
    """Every variant below a template's folder, by path."""
    found: list[Variant] = []
    for channel_folder in _folders(folder):
        with _faults_in(channel_folder):
            channel = read_channel(channel_folder.name)
        found.extend(_read_variant(each, channel, None) for each in _folders(channel_folder) if each.name != TENANTS)
        for tenant_folder in _folders(channel_folder / TENANTS):
            with _faults_in(tenant_folder):
                check_tenant_id(tenant_folder.name, "tenant_id")
            found.extend(_read_variant(each, channel, tenant_folder.name) for each in _folders(tenant_folder))
    return found


def _read_variant(folder: Path, channel: Channel, tenant_id: str | None) -> Variant:
    file = folder / VARIANT_FILE
    with _faults_in(file):
        check_variant_id(folder.name, "id")
        said = read_json(_read(file), _VARIANT)
        if said.conditions:
            raise Invalid("conditions", "are not supported; use tenants, locale, or {{#if}} in the content")
        whole = insert_bodies(folder, channel, said.content)
        content = read_content(channel, msgspec.json.encode(whole))
    return Variant(channel, folder.name, tenant_id, said.locale, content)


def _in_order(found: Sequence[Variant], order: Mapping[str, Sequence[str]]) -> tuple[tuple[Variant, ...], list[str]]:
    """The variants as `variant_order` wants them, and a warning for each that it does not name."""
    known: dict[tuple[str, str], Variant] = {}
    owners: dict[tuple[Channel, str], Variant] = {}
    for variant in found:
        twin = owners.setdefault((variant.channel, variant.id), variant)
        if twin is not variant:
            problem = "an id is used once in a channel, also across tenants; rename one of the folders"
            raise Invalid(f"{variant.channel}/{variant.id}", problem)
        known[_place(variant.channel, variant.tenant_id), variant.id] = variant
    named: dict[tuple[str, str], Variant] = {}
    for place, ids in order.items():
        for variant_id in ids:
            if (place, variant_id) not in known:
                raise Invalid(f"variant_order.{place}", f"names {variant_id!r}, for which there is no folder")
            named[place, variant_id] = known[place, variant_id]
    rest = {key: variant for key, variant in known.items() if key not in named}
    warnings = [f"{place}/{variant_id} is not in variant_order; it comes last" for place, variant_id in rest]
    return (*named.values(), *rest.values()), warnings if order else []


def _enabled_channels(
    found: Sequence[Variant], said: Sequence[Channel] | None
) -> tuple[tuple[Channel, ...], list[str]]:
    """The channels to enable, and a warning for each that has no variant yet."""
    present = tuple(dict.fromkeys(variant.channel for variant in found))
    if said is None:
        return present, []
    for channel in present:
        if channel not in said:
            raise Invalid("enabled_channels", f"lacks {channel!r}, for which there is a folder")
    warnings = [f"{channel} is enabled, but has no folder" for channel in said if channel not in present]
    return tuple(dict.fromkeys(said)), warnings


def _read_mock_data(file: Path) -> Document | None:
    if not file.exists():
        return None
    with _faults_in(file):
        return read_document(_read(file), "mock_data")


def _place(channel: Channel, tenant_id: str | None) -> str:
    return f"{channel}/{tenant_id}" if tenant_id else channel


def _variant_folder(home: Path, variant: Variant) -> Path:
    """Where a variant lives; names that come from elsewhere must not lead out of the folder."""
    read_channel(variant.channel)
    check_variant_id(variant.id, "id")
    if not variant.tenant_id:
        return home / variant.channel / variant.id
    check_tenant_id(variant.tenant_id, "tenant_id")
    return home / variant.channel / TENANTS / variant.tenant_id / variant.id


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def _read(file: Path) -> bytes:
    return read_text(file).encode()


def _write(file: Path, text: str) -> None:
    with _faults_in(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())


@contextmanager
def _faults_in(file: Path) -> Iterator[None]:
    """Say of what goes wrong inside in which file it did."""
    try:
        yield
    except Invalid as fault:
        raise FolderFault(file, fault.message) from None
    except FileNotFoundError:
        raise FolderFault(file, "is missing") from None
    except (OSError, ValueError) as error:
        raise FolderFault(file, str(error)) from None
