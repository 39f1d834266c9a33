"""The accounts through which a workspace sends: which come first, how they do, and setting them up."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_vendors import (
    TEST_CONTENT,
    add_account,
    find_account,
    noted,
    remove_account,
    replace_account,
    switch_account,
    try_account,
)
from suprsend_hub.domain.category import ROOTS
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.health import circuit
from suprsend_hub.domain.outcome import Accepted
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.domain.vendor_kind import VendorKind
from suprsend_hub.store.vendor_budgets import read_queues
from suprsend_hub.store.vendor_health import read_health
from suprsend_hub.store.vendors import list_vendors
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_query, read_texts
from suprsend_hub.ui.numbers import read_number
from suprsend_hub.ui.vendor_form import SETTING, AccountForm, open_settings, read_account, write_account
from suprsend_hub.ui.visit import ThisVisit, Visit


class ChoiceForm(Struct, frozen=True):
    """Which vendor an account is to be added of."""

    vendor: str | None = None


class TrialForm(Struct, frozen=True):
    """Where a test is sent to."""

    to: Annotated[str, Meta(max_length=4000)] = ""


def vendor_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of vendor accounts."""
    return [*_reading(console), *_changing(console), *_switching(console), *_using(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @get("/{workspace:str}/vendors")
    async def list_accounts(visit: ThisVisit) -> Page:
        """All accounts by channel, the one that is used first on top."""
        async with console.pool.acquire() as connection:
            accounts = await list_vendors(connection, console.vault, visit.workspace_id)
            health = await read_health(connection, visit.workspace_id)
            queues = await read_queues(connection, visit.workspace_id)
        by_channel = {channel: [each for each in accounts if each.channel == channel] for channel in CHANNELS}
        return console.page(
            visit,
            "vendors/list.html",
            part="vendors/_live.html",
            facts=(accounts, health, queues),
            by_channel=by_channel,
            health=health,
            queues=queues,
            circuit=circuit,
            ladder=_ladder(accounts),
        )

    @get("/{workspace:str}/vendors/new")
    async def choose(visit: ThisVisit) -> Page:
        """The vendors that there are, or the form of one of them."""
        form = read_query(visit.request, ChoiceForm)
        if form.vendor is None:
            return console.page(visit, "vendors/choose.html", kinds=console.vendors.kinds.values(), channels=CHANNELS)
        kind = console.vendors.kind(form.vendor)
        return _form(console, visit, kind, None, {"vendor": kind.name, "nickname": kind.name}, {})

    @get("/{workspace:str}/vendors/{account_id:str}")
    async def show(visit: ThisVisit, account_id: FromPath[str]) -> Page:
        """The form of an account; its secrets are not in it."""
        account = await _find(console, visit, account_id)
        kind = console.vendors.kind(account.vendor)
        return _form(console, visit, kind, account, write_account(account), open_settings(kind, account))

    return [list_accounts, choose, show]


def _changing(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/vendors")
    async def add(visit: ThisVisit) -> Page:
        """One more account."""
        kind = console.vendors.kind((await read_form(visit.request, ChoiceForm)).vendor or "")
        typed = await read_texts(visit.request, SETTING, only_filled=True)
        try:
            account = read_account(kind, await read_form(visit.request, AccountForm), typed, None)
            noting = visit.actor.noting("added vendor", account.nickname, **noted(account))
            await add_account(console.pool, console.vault, visit.workspace_id, account, noting)
        except Invalid as fault:
            return _form(console, visit, kind, None, await _typed(visit), typed, fault)
        return console.go(visit, f"{visit.home}/vendors", f"{account.nickname} now sends {account.channel}.")

    @post("/{workspace:str}/vendors/{account_id:str}")
    async def change(visit: ThisVisit, account_id: FromPath[str]) -> Page:
        """An account set up anew; secrets that were left empty stay as they are."""
        former = await _find(console, visit, account_id)
        kind, typed = console.vendors.kind(former.vendor), await read_texts(visit.request, SETTING, only_filled=True)
        try:
            account = read_account(kind, await read_form(visit.request, AccountForm), typed, former)
            noting = visit.actor.noting("changed vendor", account.nickname, **noted(account))
            await replace_account(console.pool, console.vault, visit.workspace_id, account, noting)
        except Invalid as fault:
            return _form(console, visit, kind, former, await _typed(visit), typed, fault)
        return console.go(visit, f"{visit.home}/vendors", f"{account.nickname} was changed.")

    return [add, change]


def _using(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/vendors/{account_id:str}/remove")
    async def remove(visit: ThisVisit, account_id: FromPath[str]) -> Page:
        """One account less."""
        account = await _find(console, visit, account_id)
        noting = visit.actor.noting("removed vendor", account.nickname)
        await remove_account(console.pool, visit.workspace_id, account.nickname, noting)
        return console.go(visit, f"{visit.home}/vendors", f"{account.nickname} was removed.")

    @post("/{workspace:str}/vendors/{account_id:str}/test")
    async def send_test(visit: ThisVisit, account_id: FromPath[str]) -> Page:
        """One test message through an account; the next page says what the vendor said."""
        account, form = await _find(console, visit, account_id), await read_form(visit.request, TrialForm)
        here = f"{visit.home}/vendors/{account.id}"
        if not form.to:
            return console.go(visit, here, "Say where the test is to go.", "bad")
        async with console.pool.acquire() as connection:
            await visit.actor.noting("sent a test", account.nickname)(connection)
        outcome = await try_account(console.vendors.deliver, account, form.to.strip(), console.now())
        if isinstance(outcome, Accepted):
            return console.go(visit, here, f"{account.nickname} took the test message.")
        kind = type(outcome).__name__.lower()
        return console.go(visit, here, f"{kind}: {outcome.code}: {outcome.detail[:500]}", "bad")

    return [remove, send_test]


def _switching(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/vendors/{account_id:str}/disable")
    async def disable(visit: ThisVisit, account_id: FromPath[str]) -> Page:
        """An account that stays, and through which nothing goes."""
        account = await _find(console, visit, account_id)
        noting = visit.actor.noting("disabled vendor", account.nickname)
        await switch_account(console.pool, visit.workspace_id, account.nickname, is_enabled=False, along=noting)
        return console.go(visit, f"{visit.home}/vendors", f"Nothing goes through {account.nickname} any more.")

    @post("/{workspace:str}/vendors/{account_id:str}/enable")
    async def enable(visit: ThisVisit, account_id: FromPath[str]) -> Page:
        """An account that is used again."""
        account = await _find(console, visit, account_id)
        noting = visit.actor.noting("enabled vendor", account.nickname)
        await switch_account(console.pool, visit.workspace_id, account.nickname, is_enabled=True, along=noting)
        return console.go(visit, f"{visit.home}/vendors", f"{account.nickname} is used again.")

    return [disable, enable]


def _ladder(accounts: Sequence[VendorAccount]) -> list[tuple[Channel, float]]:
    """The channels in the order in which smart delivery tries them, with the cost of the account that is used first."""
    costs: dict[Channel, float] = {}
    for each in accounts:
        if each.is_enabled and each.tenant_id is None:
            costs.setdefault(each.channel, each.notification_cost)
    return sorted(costs.items(), key=lambda rung: (rung[1], rung[0]))


async def _find(console: Console, visit: Visit, account_id: str) -> VendorAccount:
    number = read_number(account_id, "There is no such account in this workspace.")
    async with console.pool.acquire() as connection:
        return await find_account(connection, console.vault, visit.workspace_id, number)


async def _typed(visit: Visit) -> dict[str, Any]:
    """The form as it was sent, to be shown again."""
    chosen = [value for name, value in (await visit.request.form()).multi_items() if name == "category"]
    return {**await read_texts(visit.request, "", only_filled=True), "categories": chosen}


def _form(
    console: Console,
    visit: Visit,
    kind: VendorKind,
    account: VendorAccount | None,
    typed: dict[str, Any],
    settings: dict[str, str],
    fault: Invalid | None = None,
) -> Page:
    return console.page(
        visit,
        "vendors/form.html",
        status=400 if fault else 200,
        kind=kind,
        account=account,
        typed=typed,
        settings=settings,
        fault=fault,
        roots=ROOTS,
        channels=[each for each in CHANNELS if each != "inbox"],
        can_test=account is not None and account.channel in TEST_CONTENT,
    )
