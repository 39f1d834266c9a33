"""Pages of lists, newest first, by the ids of their rows."""

from dataclasses import dataclass

from suprsend_hub.store.database import Connection, Record


@dataclass(frozen=True, slots=True)
class Keyset:
    """Which part of a list is wanted: `limit` rows that are older than `after`, or newer than `before`."""

    limit: int
    after: int | str | None = None
    before: int | str | None = None

    @property
    def is_first(self) -> bool:
        """Whether the newest rows are wanted, which are others as time goes on."""
        return self.after is None and self.before is None


async def fetch_page(
    connection: Connection, statement: str, column: str, keyset: Keyset, *arguments: object
) -> list[Record]:
    """Rows of a statement that ends in conditions, newest first, and one more where there are more."""
    given: list[object] = [*arguments, keyset.limit + 1]
    condition, direction = "", "desc"
    limit = f"${len(given)}"
    # A condition that is not wanted must not be in the statement at all, or no index would serve it.
    if keyset.after is not None:
        given.append(keyset.after)
        condition = f" and {column} < {_place(given)}"
    elif keyset.before is not None:
        given.append(keyset.before)
        condition, direction = f" and {column} > {_place(given)}", "asc"
    rows = await connection.fetch(f"{statement}{condition} order by {column} {direction} limit {limit}", *given)
    return list(rows) if direction == "desc" else list(reversed(rows))


def _place(given: list[object]) -> str:
    # A number in an address may be too large for a column of integers.
    return f"${len(given)}{'::bigint' if isinstance(given[-1], int) else ''}"
