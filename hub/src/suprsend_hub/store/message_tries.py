"""What vendors answered, beside what the message's own row tells."""

from collections.abc import Sequence

from suprsend_hub.domain.message_try import MessageTry
from suprsend_hub.store.database import Connection


async def insert_tries(connection: Connection, workspace_id: int, tries: Sequence[MessageTry]) -> None:
    """Write answers, in their order."""
    await connection.execute(
        "insert into message_try (workspace_id, message_id, vendor, vendor_nickname, outcome, code, detail,"
        " happened_at) select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
        " $7::text[], $8::timestamptz[])",
        workspace_id,
        [each.message_id for each in tries],
        [each.vendor for each in tries],
        [each.vendor_nickname for each in tries],
        [each.outcome for each in tries],
        [each.code for each in tries],
        [each.detail for each in tries],
        [each.happened_at for each in tries],
    )
