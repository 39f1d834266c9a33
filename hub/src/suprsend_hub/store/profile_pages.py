"""Pages of profiles: of users, of objects of one type, and of what tenants know of one of them."""

from dataclasses import dataclass

from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.keyset import Keyset, fetch_page
from suprsend_hub.store.profiles import StoredProfile, read_identities, stored_profile

COLUMNS = "p.id, p.distinct_id, p.object_type, p.tenant_id, p.properties, p.created_at, p.updated_at"


@dataclass(frozen=True, slots=True)
class Listed:
    """A profile on a page, whose place there `position` is."""

    position: int
    key: ProfileKey
    stored: StoredProfile


async def page_profiles(connection: Connection, workspace_id: int, object_type: str, keyset: Keyset) -> list[Listed]:
    """Users, or objects of one type, newest first."""
    rows = await fetch_page(
        connection,
        f"select p.id as position, {COLUMNS} from profile p"  # noqa: S608 - made of constants
        " where p.workspace_id = $1 and p.object_type = $2 and p.tenant_id = ''",
        # The expression of the index that leaves out what tenants have of their own (migration 0036).
        "(p.id + 0)",
        keyset,
        workspace_id,
        object_type,
    )
    return await list_rows(connection, rows)


async def list_object_types(connection: Connection, workspace_id: int, limit: int) -> list[str]:
    """So many of the types of objects that there are, in their order; one look into the index each."""
    rows = await connection.fetch(
        "with recursive kind as ("
        "(select object_type from profile where workspace_id = $1 and tenant_id = '' and object_type > ''"
        " order by object_type limit 1) union all"
        " select (select p.object_type from profile p where p.workspace_id = $1 and p.tenant_id = ''"
        " and p.object_type > k.object_type order by p.object_type limit 1) from kind k"
        " where k.object_type is not null)"
        " select object_type from kind where object_type is not null limit $2",
        workspace_id,
        limit,
    )
    return [row["object_type"] for row in rows]


async def find_users(
    connection: Connection, workspace_id: int, wanted: str, number: int | None, keyset: Keyset
) -> list[Listed]:
    """The user of that distinct id or number, and those who have that address, in any case, for any tenant."""
    rows = await fetch_page(
        connection,
        f"select p.id as position, {COLUMNS} from profile p"  # noqa: S608 - made of constants
        " where p.workspace_id = $1 and p.object_type = '' and p.tenant_id = '' and p.id = any(array("
        "select id from profile where workspace_id = $1 and object_type = '' and tenant_id = '' and distinct_id = $2"
        " union select id from profile where workspace_id = $1 and object_type = '' and tenant_id = '' and id = $3"
        " union select u.id from identity i join profile o on o.id = i.profile_id"
        " join profile u on u.workspace_id = $1 and u.object_type = '' and u.tenant_id = ''"
        " and u.distinct_id = o.distinct_id where md5(lower(i.value)) = md5(lower($2)) and lower(i.value) = lower($2)"
        " and o.workspace_id = $1 and o.object_type = ''))",
        "p.id",
        keyset,
        workspace_id,
        wanted,
        number,
    )
    return await list_rows(connection, rows)


async def page_own_profiles(connection: Connection, workspace_id: int, key: ProfileKey, keyset: Keyset) -> list[Listed]:
    """What tenants know of a user or an object, newest first."""
    rows = await fetch_page(
        connection,
        # Kept apart, so that the index finds what belongs to one of them before anything is put in order.
        f"select c.* from (select p.id as position, {COLUMNS} from profile p where p.workspace_id = $1"  # noqa: S608 - made of constants
        " and p.object_type = $2 and p.distinct_id = $3 and p.tenant_id <> '' offset 0) c where true",
        "c.position",
        keyset,
        workspace_id,
        key.object_type,
        key.distinct_id,
    )
    return await list_rows(connection, rows)


async def list_rows(connection: Connection, rows: list[Record]) -> list[Listed]:
    """Rows of COLUMNS, with their position, as profiles."""
    identities = await read_identities(connection, [row["id"] for row in rows])
    return [
        Listed(
            row["position"],
            ProfileKey(row["distinct_id"], row["object_type"], row["tenant_id"]),
            stored_profile(row, identities[row["id"]]),
        )
        for row in rows
    ]
