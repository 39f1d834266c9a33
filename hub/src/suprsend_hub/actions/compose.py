"""From a claimed message to one that a vendor can take: data, profile, template and account put together."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from suprsend_hub.actions.dress_mail import MailDressing
from suprsend_hub.actions.links import CentreTarget, LinkMaker
from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.message import OutgoingMessage, Status
from suprsend_hub.domain.preference import Preferences
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.recipient import read_recipient
from suprsend_hub.domain.rendering import CompiledContent, RenderFailed, TemplateSyntax, compile_content
from suprsend_hub.domain.routing import EXPLANATIONS, ExclusionReason, objection_to
from suprsend_hub.domain.suppression import AddressUse, Cause, suppressible
from suprsend_hub.domain.template import DEFAULT_TENANT, TemplateVersion, choose_variant
from suprsend_hub.domain.tenant import Tenants
from suprsend_hub.domain.trigger import read_attachments
from suprsend_hub.domain.vendor import VendorAccount, choose_accounts, why_no_account
from suprsend_hub.store.categories import find_commercial
from suprsend_hub.store.claims import ClaimedMessage
from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.preferences import Asked, read_preferences
from suprsend_hub.store.profiles import find_profile_ids, read_properties
from suprsend_hub.store.requests import read_bodies
from suprsend_hub.store.runs import RunContext, read_runs
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.suppressions import find_suppressed
from suprsend_hub.store.templates import read_versions
from suprsend_hub.store.tenants import read_tenants
from suprsend_hub.store.vendors import list_vendors
from suprsend_hub.store.workspaces import read_tracking

_MOST_VERSIONS = 500


class _Body(msgspec.Struct, frozen=True):
    """What rendering needs of a request: a dynamic trigger has users, a workflow's has recipients.

    Of these fields only those of its own kind were read at the door; the others may hold anything.
    """

    users: Any = None
    recipients: Any = None
    actor: Any = None
    data: Document | None = None

    def inline(self, position: int) -> Document:
        """What the request says of the person at this place; nothing of those that it does not name."""
        named = self.users if isinstance(self.users, list) else self.recipients
        return _said_of(named[position]) if isinstance(named, list) and 0 <= position < len(named) else {}

    def acting(self) -> Document | None:
        """What the request says of whoever acts; None where it says nothing that can be read."""
        try:
            return None if self.actor is None else _said_of(self.actor)
        except Invalid:
            return None


_BODY = msgspec.json.Decoder(_Body)


class Composed(Struct, frozen=True):
    """A message ready to go; `content` is what the person sees of it, without what only tracks it."""

    message: OutgoingMessage
    variant_id: str
    content: Document


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why there is nothing to hand to a vendor."""

    code: str
    reason: str
    variant_id: str | None = None
    status: Status = "trigger_failed"


@dataclass(frozen=True, slots=True)
class _CompiledVersion:
    """A published version with the variants compiled so far; it never changes, so it may be kept."""

    version: TemplateVersion
    compiled: dict[tuple[Channel, str], CompiledContent] = field(default_factory=dict)

    def content(self, channel: Channel, variant_id: str, content: Document) -> CompiledContent:
        key = (channel, variant_id)
        if key not in self.compiled:
            self.compiled[key] = compile_content(channel, content)
        return self.compiled[key]


class Composer:
    """Reads what a chunk of messages needs in a handful of statements; keeps compiled templates."""

    def __init__(self, pool: Pool, vault: Vault, links: LinkMaker) -> None:
        self._links = links
        self._pool = pool
        self._vault = vault
        self._versions: OrderedDict[int, _CompiledVersion] = OrderedDict()

    async def prepare(
        self, workspace_id: int, root: Root, messages: Sequence[ClaimedMessage], now: datetime
    ) -> "Composition":
        """Everything that composing these messages takes; they are all of one channel and root."""
        async with self._pool.acquire() as connection:
            runs = await read_runs(connection, workspace_id, list({each.run_id for each in messages}))
            bodies = await read_bodies(connection, workspace_id, list({run.request_id for run in runs.values()}))
            wanted_profiles = {key for each in messages if (key := _profile_of(runs[each.run_id], each)) is not None}
            profiles = await read_properties(connection, workspace_id, wanted_profiles)
            accounts = await list_vendors(connection, self._vault, workspace_id)
            wanted = {each.template_version_id for each in messages}
            tenants = await read_tenants(connection, workspace_id, {each.tenant_id for each in messages})
            suppressed = await find_suppressed(connection, workspace_id, _uses(messages), now)
            holders = await _holders(connection, workspace_id, runs, messages)
            asked = (Asked(holders.get(each.id), each.tenant_id, each.category) for each in messages)
            preferences = await read_preferences(connection, workspace_id, asked)
            mails = await self._dressing(connection, workspace_id, messages)
            fresh = await read_versions(connection, wanted - self._versions.keys())
        versions = {key: self._versions[key] for key in wanted if key in self._versions}
        versions |= {key: _CompiledVersion(version) for key, version in fresh.items()}
        self._keep(versions)
        return Composition(
            runs=runs,
            bodies={key: _BODY.decode(body) for key, body in bodies.items()},
            profiles=profiles,
            accounts=accounts,
            root=root,
            tenants=tenants,
            suppressed=suppressed,
            holders=holders,
            preferences=preferences,
            mails=mails,
            centre_of=partial(self._centre_of, workspace_id),
            versions=versions,
        )

    async def _dressing(
        self, connection: Connection, workspace_id: int, messages: Sequence[ClaimedMessage]
    ) -> MailDressing:
        categories = {each.category for each in messages if each.channel == "email"}
        if not categories or not self._links.is_reachable:
            return MailDressing(workspace_id, self._links, None, frozenset())
        commercial = await find_commercial(connection, workspace_id, categories)
        return MailDressing(workspace_id, self._links, await read_tracking(connection, workspace_id), commercial)

    def _centre_of(self, workspace_id: int, tenant_id: str | None, distinct_id: str | None) -> str:
        """Where a person changes what they get from a tenant; objects have no page of their own."""
        if distinct_id is None:
            return ""
        return self._links.preferences(CentreTarget(workspace_id, tenant_id or DEFAULT_TENANT, distinct_id))

    def _keep(self, versions: Mapping[int, _CompiledVersion]) -> None:
        for key, version in versions.items():
            self._versions[key] = version
            self._versions.move_to_end(key)
        while len(self._versions) > _MOST_VERSIONS:
            self._versions.popitem(last=False)


def _profile_of(run: RunContext, message: ClaimedMessage) -> tuple[int, str] | None:
    """Whose properties a message is written with, as its tenant sees them."""
    return None if run.profile_id is None else (run.profile_id, message.tenant_id or DEFAULT_TENANT)


async def _holders(
    connection: Connection, workspace_id: int, runs: Mapping[str, RunContext], messages: Sequence[ClaimedMessage]
) -> dict[str, int]:
    """Whose preferences count for each message, by the rows of their profiles; also where the run uses none."""
    used = {each.id: runs[each.run_id].profile_id for each in messages}
    transient = {each.id: ProfileKey(each.distinct_id) for each in messages if not used[each.id] and each.distinct_id}
    known = await find_profile_ids(connection, workspace_id, transient.values())
    found = {key: used[key] or known.get(transient[key]) for key in used if used[key] or key in transient}
    return {key: profile_id for key, profile_id in found.items() if profile_id}


def _uses(messages: Sequence[ClaimedMessage]) -> Iterator[AddressUse]:
    for each in messages:
        address = suppressible(each.channel, each.provider, each.address)
        if address is not None:
            yield AddressUse(address, each.category)


@dataclass(frozen=True, slots=True)
class Composition:
    """What was read for one chunk, whose messages are all of one channel and root."""

    runs: Mapping[str, RunContext]
    bodies: Mapping[str, _Body]
    profiles: Mapping[tuple[int, str], tuple[str, Document]]
    accounts: Sequence[VendorAccount]
    root: Root
    tenants: Tenants
    suppressed: Mapping[AddressUse, Cause]
    holders: Mapping[str, int]
    preferences: Preferences
    mails: MailDressing
    centre_of: Callable[[str | None, str | None], str]
    versions: Mapping[int, _CompiledVersion]
    _chosen: dict[tuple[str, str | None], tuple[VendorAccount, ...]] = field(default_factory=dict)
    _namespaces: dict[str | None, Document] = field(default_factory=dict)

    def accounts_for(self, message: ClaimedMessage) -> tuple[VendorAccount, ...]:
        """The accounts that may carry a message, by priority; none for the inbox, which needs no vendor."""
        key = (message.provider, message.tenant_id)
        if key not in self._chosen:
            self._chosen[key] = choose_accounts(
                self.accounts, message.channel, message.provider, self.root, message.tenant_id
            )
        return self._chosen[key]

    def compose(self, message: ClaimedMessage, now: datetime) -> Composed | Unsendable:
        """The message as its vendor gets it, or why there is none."""
        run = self.runs[message.run_id]
        body = self.bodies[run.request_id]
        version = self.versions.get(message.template_version_id)
        if message.template_deleted or version is None:
            return Unsendable("template_deleted", EXPLANATIONS["template_deleted"])
        left = self._objection(message)
        if left is not None:
            return Unsendable(left, EXPLANATIONS[left], status="not_to_be_triggered")
        if message.channel != "inbox" and not self.accounts_for(message):
            code = why_no_account(self.accounts, message.channel, message.provider, self.root, message.tenant_id)
            return Unsendable(code, EXPLANATIONS[code])
        recipient = self._recipient(run, body, message)
        locale = read_locale(recipient)
        variant = choose_variant(version.version.variants, message.channel, message.tenant_id, locale)
        if variant is None:
            return Unsendable("no_variant", f"the template has nothing for {message.channel} and this tenant")
        try:
            compiled = version.content(message.channel, variant.id, variant.content)
            content = compiled.render(self._context(body, recipient, message), now)
        except (RenderFailed, TemplateSyntax) as fault:
            return Unsendable("render_failed", str(fault), variant.id)
        outgoing = OutgoingMessage(
            id=message.id,
            channel=message.channel,
            address=message.address,
            content=content,
            attachments=read_attachments(body.data or {}) if message.channel == "email" else (),
            created_at=message.created_at,
            details=message.details,
        )
        return Composed(self.mails.dress(outgoing, message.category), variant.id, content)

    def _objection(self, message: ClaimedMessage) -> ExclusionReason | None:
        """Why the recipient must not get this message any more, whatever held when it was planned."""
        if message.channel in self.tenants.find(message.tenant_id).blocked_channels:
            return "channel_blocked_for_tenant"
        suppressed = objection_to(self.suppressed, message.channel, message.provider, message.address, message.category)
        return suppressed or self.preferences.objection(
            self.holders.get(message.id), message.tenant_id, message.category, message.channel
        )

    def _recipient(self, run: RunContext, body: _Body, message: ClaimedMessage) -> Document:
        key = _profile_of(run, message)
        if key is not None and key in self.profiles:
            distinct_id, properties = self.profiles[key]
            return {**properties, "distinct_id": distinct_id}
        return {**body.inline(run.position), "distinct_id": message.distinct_id}

    def _context(self, body: _Body, recipient: Document, message: ClaimedMessage) -> Document:
        if message.tenant_id not in self._namespaces:
            self._namespaces[message.tenant_id] = self.tenants.namespace(message.tenant_id)
        tenant, centre = self._namespaces[message.tenant_id], self.centre_of(message.tenant_id, message.distinct_id)
        return render_context(body.data or {}, recipient, tenant, body.acting(), centre)


def read_locale(recipient: Document) -> str | None:
    """The language that a person's variant is chosen by."""
    locale = recipient.get("$preferred_language") or recipient.get("$locale")
    return locale if isinstance(locale, str) else None


def render_context(
    data: Document, recipient: Document, tenant: Document, actor: Document | None = None, centre: str = ""
) -> Document:
    """What the texts of a template see; `centre` is where the recipient changes what they get."""
    timezone = recipient.get("$timezone") or tenant["timezone"]
    whom = {**recipient, "$timezone": timezone} if timezone else recipient
    known = {"$recipient": whom, "$actor": actor, "$tenant": tenant, "$brand": tenant, "$hosted_preference_url": centre}
    return data | known


def _said_of(person: object) -> Document:
    """What a request says of a person: a user object with properties, or no more than an id."""
    if not isinstance(person, dict):
        return {"distinct_id": person}
    said = read_recipient(person)
    return {**said.properties, "distinct_id": said.distinct_id}
