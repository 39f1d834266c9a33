"""`/v2/{workspace}/template/{slug}/preview/` and `/test/`: what a template looks like, and one message of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, assert_never

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.send import Deliver
from suprsend_hub.actions.try_template import (
    Audience,
    Preview,
    Trial,
    Tried,
    Workshop,
    preview_template,
    try_template,
)
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import PAGE, Management, Mode
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.api.template_documents import variant_document
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.identity import read_identity
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected, Uncertain
from suprsend_hub.domain.reading import refuse_depth
from suprsend_hub.domain.template_content import read_channel
from suprsend_hub.domain.template_name import Locale, TenantId
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault


class PreviewForm(Struct, frozen=True):
    """For whom to fill a template in; its sample data where `data` is missing, every channel where `channel` is."""

    data: dict[str, Any] | None = None
    channel: str | None = None
    tenant_id: TenantId | None = None
    locale: Locale | None = None
    recipient: dict[str, Any] | None = None


class TrialForm(Struct, frozen=True):
    """Where one message goes; `address` is written as in a trigger, `vendor` is an account's nickname."""

    channel: str
    address: str | dict[str, Any]
    provider: str | None = None
    vendor: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    data: dict[str, Any] | None = None
    tenant_id: TenantId | None = None
    locale: Locale | None = None
    recipient: dict[str, Any] | None = None


_PREVIEW = msgspec.json.Decoder(PreviewForm)
_TRIAL = msgspec.json.Decoder(TrialForm)


def template_trial_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, deliver: Deliver, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes by which templates are tried; `deliver` hands a message to an account's vendor."""
    management = Management(gatekeeper, pool, vault, now)
    workshop = Workshop(pool, vault, deliver, now)

    @post(
        "/v2/{workspace:str}/template/{slug:str}/preview/",
        operation_class=body_of(PreviewForm, example={"data": {"first_name": "Ada"}, "channel": "email"}),
        status_code=200,
        summary="Fill a template in",
        tags=["templates"],
    )
    async def preview(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        mode: Mode = "draft",
        limit: Limit = PAGE,
        offset: Offset = 0,
    ) -> Document:
        """A page of variants as the recipient would see them; `is_chosen` marks what would be sent on its channel."""
        opened = await management.open_workspace(request, workspace)
        form = await read_body(request, _PREVIEW, empty=PreviewForm())
        channel = None if form.channel is None else read_channel(form.channel)
        audience = _audience(form)
        found = await preview_template(workshop, opened.id, slug, audience, channel, live=mode == "live")
        return page([_preview(each) for each in found[offset : offset + limit]], len(found), limit, offset)

    @post(
        "/v2/{workspace:str}/template/{slug:str}/test/",
        operation_class=body_of(TrialForm, example={"channel": "email", "address": "ada@example.com"}),
        status_code=200,
        summary="Send a template once",
        tags=["templates"],
    )
    async def send_test(
        request: AnyRequest, workspace: FromPath[str], slug: FromPath[str], mode: Mode = "draft"
    ) -> Document:
        """Send one message to one address, and answer what the vendor said; no run, message or profile is kept."""
        opened, actor = await management.open_to_change(request, workspace)
        form = await read_body(request, _TRIAL)
        identity = read_identity(read_channel(form.channel), form.address, form.provider, "address")
        trial, audience = Trial(identity, form.vendor), _audience(form)
        noting = actor.noting("sent test", slug, channel=identity.channel)
        return _tried(await try_template(workshop, opened.id, slug, audience, trial, noting, live=mode == "live"))

    return [preview, send_test]


def _audience(form: PreviewForm | TrialForm) -> Audience:
    for name, given in (("data", form.data), ("recipient", form.recipient)):
        refuse_depth(given, name)
    return Audience(form.data, form.recipient or {}, form.tenant_id or None, form.locale)


def _preview(preview: Preview) -> Document:
    return variant_document(preview.variant, include_content=False) | {
        "is_chosen": preview.is_chosen,
        "content": preview.content,
        "errors": preview.faults,
    }


def _tried(tried: Tried) -> Document:
    match tried.outcome:
        case Accepted(vendor_message_id):
            answer = {"vendor_message_id": vendor_message_id, "failure_code": None, "failure_reason": None}
        case Rejected() | Deferred() | Uncertain() as failure:
            answer = {"vendor_message_id": None, "failure_code": failure.code, "failure_reason": failure.detail}
        case _:
            assert_never(tried.outcome)
    return {
        "outcome": type(tried.outcome).__name__.lower(),
        "vendor": tried.account.vendor,
        "vendor_nickname": tried.account.nickname,
        **answer,
        "message_id": tried.message.id,
        "variant_id": tried.variant_id,
        "content": tried.message.content,
    }
