"""Users: finding them, what is known of one, and erasing it."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta, Struct

from suprsend_hub.actions.audit import name_user
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.export_user import export_user
from suprsend_hub.actions.lift_suppression import use_again
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.database import Connection, transact
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.message_log import MessageFilter, page_messages
from suprsend_hub.store.profile_pages import find_users, page_own_profiles, page_profiles
from suprsend_hub.store.profiles import StoredProfile, read_profiles
from suprsend_hub.store.subscriber_lists import page_lists_of
from suprsend_hub.store.subscriptions import page_objects
from suprsend_hub.ui.addresses import name_of, show_addresses
from suprsend_hub.ui.console import HEADERS, Console, Page
from suprsend_hub.ui.forms import read_form, read_query
from suprsend_hub.ui.pager import cut, read_position
from suprsend_hub.ui.shown import part_of_path
from suprsend_hub.ui.visit import ThisVisit, Visit

# So many tenants and lists stand on the pages of a user; nobody is known to more than a few.
MOST_NAMED = 50


class SearchForm(Struct, frozen=True):
    """Who is looked for: a distinct id, or one of their addresses."""

    user: Annotated[str, Meta(max_length=2048)] | None = None


class TenantQuery(Struct, frozen=True):
    """As which tenant knows them; without one, what all tenants know."""

    tenant: Annotated[str, Meta(max_length=255)] = ""


class AddressForm(Struct, frozen=True):
    """An address of a user by its name on the page."""

    address: Annotated[str, Meta(max_length=64)] = ""
    tenant: Annotated[str, Meta(max_length=255)] = ""


class ErasureForm(Struct, frozen=True):
    """The distinct id once more, so that nobody is erased by a slip."""

    distinct_id: Annotated[str, Meta(max_length=255)] = ""


def user_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of users."""
    return [*_finding_routes(console), *_history_routes(console), *_changing_routes(console)]


async def find_user(connection: Connection, workspace_id: int, distinct_id: str, tenant: str = "") -> StoredProfile:
    """What all tenants know of a user, or what one does; NotFound where there is nothing."""
    key = ProfileKey(distinct_id, tenant_id=tenant)
    found = (await read_profiles(connection, workspace_id, [key])).get(key)
    if found is None:
        raise NotFound("There is no such user in this workspace, or this tenant knows nothing of its own of them.")
    return found


def address_of(visit: Visit, distinct_id: str) -> str:
    """Where the page of a user is."""
    return f"{visit.home}/users/{part_of_path(distinct_id)}"


def _number(wanted: str) -> int | None:
    """The number by which the audit log names a user, where one is written."""
    digits = wanted.removeprefix("user ").removeprefix("#")
    is_number = digits != wanted and digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(digits) if is_number else None


def _finding_routes(console: Console) -> list[HTTPRouteHandler]:
    @get("/{workspace:str}/users")
    async def search(visit: ThisVisit) -> Page:
        """A page of users, newest first."""
        form, keyset = read_query(visit.request, SearchForm), read_position(visit.request, numeric=True)
        wanted = form.user.strip() if form.user else None
        async with console.pool.acquire() as connection:
            if wanted:
                rows = await find_users(connection, visit.workspace_id, wanted, _number(wanted), keyset)
            else:
                rows = await page_profiles(connection, visit.workspace_id, "", keyset)
        users, pager = cut(visit.request, rows, keyset, lambda row: row.position)
        return console.page(visit, "users/list.html", part="users/_rows.html", form=form, users=users, pager=pager)

    @get("/{workspace:str}/users/{distinct_id:str}")
    async def show(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """What is known of a user: addresses and how they fare, and properties."""
        return await _show(console, visit, distinct_id, read_query(visit.request, TenantQuery).tenant)

    return [search, show]


def _history_routes(console: Console) -> list[HTTPRouteHandler]:
    @get("/{workspace:str}/users/{distinct_id:str}/messages")
    async def show_messages(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """What was sent to a user, newest first."""
        keyset = read_position(visit.request)
        async with console.pool.acquire() as connection:
            await find_user(connection, visit.workspace_id, distinct_id)
            narrowed = MessageFilter(recipients=[distinct_id])
            rows = await page_messages(connection, visit.workspace_id, narrowed, keyset)
        messages, pager = cut(visit.request, rows, keyset, lambda row: str(row["id"]))
        return console.page(
            visit,
            "users/messages.html",
            part="users/_messages.html",
            facts=(messages, pager) if keyset.is_first else None,
            distinct_id=distinct_id,
            messages=messages,
            pager=pager,
        )

    @get("/{workspace:str}/users/{distinct_id:str}/subscriptions")
    async def show_subscriptions(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """The objects that a user subscribes to, a page at a time, and the lists that they are on."""
        keyset = read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            stored = await find_user(connection, visit.workspace_id, distinct_id)
            rows = await page_objects(connection, stored.id, keyset)
            lists = await page_lists_of(connection, visit.workspace_id, distinct_id, Keyset(MOST_NAMED))
        objects, pager = cut(visit.request, rows, keyset, lambda row: row.other.position)
        return console.page(
            visit,
            "users/subscriptions.html",
            distinct_id=distinct_id,
            objects=objects,
            pager=pager,
            lists=lists[:MOST_NAMED],
            most=MOST_NAMED,
            has_more=len(lists) > MOST_NAMED,
        )

    return [show_messages, show_subscriptions]


def _changing_routes(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/users/{distinct_id:str}/lift")
    async def lift(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """Use an address again that was left alone."""
        form = await read_form(visit.request, AddressForm)
        async with console.pool.acquire() as connection:
            user = await find_user(connection, visit.workspace_id, distinct_id)
            known = await find_user(connection, visit.workspace_id, distinct_id, form.tenant)
        address = next((each for each in known.profile.identities if name_of(each) == form.address), None)
        if address is None:
            raise NotFound("This user has that address no more.")
        noting = visit.actor.noting("lifted suppression", name_user(user.id), channel=address.channel)
        done = await use_again(console.pool, visit.workspace_id, address.value, console.now(), noting)
        said = "The address is used again." if done else "The address was not left alone any more."
        query = f"?tenant={part_of_path(form.tenant)}" if form.tenant else ""
        return console.go(visit, address_of(visit, distinct_id) + query, said, "good" if done else "bad")

    @post("/{workspace:str}/users/{distinct_id:str}/export")
    async def export(visit: ThisVisit, distinct_id: FromPath[str]) -> Response[Any]:
        """Everything that is known of a user, as a file; it holds their credentials too."""

        async def note(connection: Connection) -> StoredProfile:
            stored = await find_user(connection, visit.workspace_id, distinct_id)
            await visit.actor.noting("exported user", name_user(stored.id))(connection)
            return stored

        stored = await transact(console.pool, note)
        headers = HEADERS | {"Content-Disposition": f'attachment; filename="user-{stored.id}.json"'}
        content = export_user(console.pool, visit.workspace_id, distinct_id)
        return Stream(content, media_type="application/json", headers=headers, status_code=200)

    @post("/{workspace:str}/users/{distinct_id:str}/erase")
    async def forget(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """Erase a user, if whoever asks wrote down whom."""
        form = await read_form(visit.request, ErasureForm)
        async with console.pool.acquire() as connection:
            stored = await find_user(connection, visit.workspace_id, distinct_id)
        if form.distinct_id.strip() != distinct_id.strip():
            fault = Invalid("distinct_id", "is not the distinct id of this user")
            return await _show(console, visit, distinct_id, "", status=400, fault=fault)
        noting = visit.actor.noting("erased user", name_user(stored.id))
        await erase(console.pool, visit.workspace_id, ProfileKey(distinct_id), console.now(), noting)
        return console.go(visit, f"{visit.home}/users", "The user was erased.")

    return [lift, export, forget]


async def _show(
    console: Console, visit: Visit, distinct_id: str, tenant: str, status: int = 200, fault: Invalid | None = None
) -> Page:
    async with console.pool.acquire() as connection:
        stored = await find_user(connection, visit.workspace_id, distinct_id, tenant)
        addresses = await show_addresses(connection, visit.workspace_id, stored.profile, console.now())
        key = ProfileKey(distinct_id)
        known_by = await page_own_profiles(connection, visit.workspace_id, key, Keyset(MOST_NAMED))
    return console.page(
        visit,
        "users/show.html",
        status=status,
        fault=fault,
        distinct_id=distinct_id,
        tenant=tenant,
        stored=stored,
        addresses=addresses,
        tenants=[each.key.tenant_id for each in known_by[:MOST_NAMED]],
    )
