"""Templates are tried before people get them: filled in to be looked at, or sent once to one address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.actions.compose import read_locale, render_context
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.publish import find_template_or_refuse, read_variants
from suprsend_hub.actions.send import Deliver
from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Outcome
from suprsend_hub.domain.rendering import RenderFailed, TemplateSyntax, compile_content
from suprsend_hub.domain.routing import EXPLANATIONS, objection_to
from suprsend_hub.domain.suppression import AddressUse, suppressible
from suprsend_hub.domain.template import Variant, choose_variant
from suprsend_hub.domain.template_content import find_faults
from suprsend_hub.domain.trigger import read_attachments
from suprsend_hub.domain.vendor import VendorAccount, choose_accounts, why_no_account
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.suppressions import find_suppressed
from suprsend_hub.store.templates import read_mock_data
from suprsend_hub.store.tenants import read_tenants
from suprsend_hub.store.vendors import list_vendors

# A test is of no category; it is left alone as a message of this root would be.
TEST_ROOT: Root = "system"


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a template is filled in; `data` is None where the sample data is meant."""

    data: Document | None = None
    recipient: Document = field(default_factory=dict)
    tenant_id: str | None = None
    locale: str | None = None

    @property
    def language(self) -> str | None:
        """The language that is asked for, else the recipient's."""
        return self.locale or read_locale(self.recipient)


@dataclass(frozen=True, slots=True)
class Preview:
    """A variant as this audience would see it, or what is wrong with it by field."""

    variant: Variant
    is_chosen: bool
    content: Document | None
    faults: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One message to one address; None is the account and the variant that would be used.

    A variant goes out as it is given, whether the draft has it so or not.
    """

    identity: Identity
    nickname: str | None = None
    variant: Variant | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial."""

    message: OutgoingMessage
    variant_id: str
    account: VendorAccount
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Workshop:
    """What trying takes; `deliver` is how a message reaches its vendor."""

    pool: Pool
    vault: Vault
    deliver: Deliver
    now: Callable[[], datetime]


async def preview_template(
    workshop: Workshop, workspace_id: int, slug: str, audience: Audience, channel: Channel | None, *, live: bool
) -> list[Preview]:
    """Each variant filled in, or those of one channel; those that this audience would get are marked."""
    async with workshop.pool.acquire() as connection:
        variants, context = await _read(connection, workspace_id, slug, audience, live=live)
    shown = [each for each in variants if channel is None or each.channel == channel]
    chosen = {
        channel: choose_variant(variants, channel, audience.tenant_id, audience.language)
        for channel in {each.channel for each in shown}
    }
    return [_preview(each, chosen[each.channel] is each, context, workshop.now()) for each in shown]


async def preview_variant(
    workshop: Workshop, workspace_id: int, slug: str, variant: Variant, audience: Audience
) -> Preview:
    """A variant filled in, whether the draft has it as it is or not."""
    async with workshop.pool.acquire() as connection:
        _, context = await _read(connection, workspace_id, slug, audience, live=False)
    return _preview(variant, False, context, workshop.now())


async def try_template(
    workshop: Workshop,
    workspace_id: int,
    slug: str,
    audience: Audience,
    trial: Trial,
    along: Along = nothing_along,
    *,
    live: bool,
) -> Tried:
    """Send a template once to one address and wait for the vendor's answer; nothing is kept of it."""
    now, channel = workshop.now(), trial.identity.channel
    if channel == "inbox":
        raise Invalid("channel", "an inbox has no address that a test could go to; trigger a workflow instead")
    async with workshop.pool.acquire() as connection:
        variants, context = await _read(connection, workspace_id, slug, audience, live=live)
        await _refuse_suppressed(connection, workspace_id, trial.identity, now)
        accounts = await list_vendors(connection, workshop.vault, workspace_id)
    variant = trial.variant or choose_variant(variants, channel, audience.tenant_id, audience.language)
    if variant is None:
        raise NotFound(f"template {slug!r} has nothing for {channel} and this tenant")
    account = _choose_account(accounts, trial, audience.tenant_id)
    content = _fill(variant, context, now)
    message = OutgoingMessage(
        id=make_id(now),
        channel=channel,
        address=trial.identity.value,
        content=content,
        attachments=read_attachments(context) if channel == "email" else (),
        created_at=now,
        details=trial.identity.details,
    )
    await transact(workshop.pool, along)
    return Tried(message, variant.id, account, await workshop.deliver(account, message))


async def _read(
    connection: Connection, workspace_id: int, slug: str, audience: Audience, *, live: bool
) -> tuple[Sequence[Variant], Document]:
    template = await find_template_or_refuse(connection, workspace_id, slug)
    data = audience.data
    if data is None:
        data = await read_mock_data(connection, template.id) or {}
    variants = await read_variants(connection, template, live=live)
    tenants = await read_tenants(connection, workspace_id, [audience.tenant_id])
    return variants, render_context(data, audience.recipient, tenants.namespace(audience.tenant_id))


async def _refuse_suppressed(connection: Connection, workspace_id: int, identity: Identity, now: datetime) -> None:
    address = suppressible(identity.channel, identity.provider, identity.value)
    uses = [] if address is None else [AddressUse(address, TEST_ROOT)]
    suppressed = await find_suppressed(connection, workspace_id, uses, now)
    objection = objection_to(suppressed, identity.channel, identity.provider, identity.value, TEST_ROOT)
    if objection is not None:
        raise Invalid("address", EXPLANATIONS[objection])


def _choose_account(accounts: Sequence[VendorAccount], trial: Trial, tenant_id: str | None) -> VendorAccount:
    identity = trial.identity
    if trial.nickname is None:
        fitting = choose_accounts(accounts, identity.channel, identity.provider, TEST_ROOT, tenant_id)
        if not fitting:
            why = why_no_account(accounts, identity.channel, identity.provider, TEST_ROOT, tenant_id)
            raise Invalid("channel", EXPLANATIONS[why])
        return fitting[0]
    for account in accounts:
        if account.nickname == trial.nickname:
            if account.channel != identity.channel or account.provider not in ("", identity.provider):
                raise Invalid("vendor", f"{trial.nickname!r} does not carry messages to such an address")
            return account
    raise Invalid("vendor", f"there is no account {trial.nickname!r} in this workspace")


def _preview(variant: Variant, is_chosen: bool, context: Document, now: datetime) -> Preview:
    faults = find_faults(variant.channel, variant.content)
    if faults:
        return Preview(variant, is_chosen, None, faults)
    try:
        return Preview(variant, is_chosen, _fill(variant, context, now), {})
    except Invalid as fault:
        return Preview(variant, is_chosen, None, {fault.field: [fault.problem]})


def _fill(variant: Variant, context: Document, now: datetime) -> Document:
    try:
        return compile_content(variant.channel, variant.content).render(context, now)
    except (RenderFailed, TemplateSyntax) as fault:
        raise Invalid(f"content.{fault.field}", fault.problem) from None
