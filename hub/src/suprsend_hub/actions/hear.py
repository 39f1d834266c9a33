"""Hearing what vendors report: each account has an address of its own at the hub, which nobody can guess."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.vendors import find_vendor_account

Listen = Callable[[VendorAccount, Callback], Awaitable[Heard | Unheard]]

CALLBACK_ROOT = "/v1/vendor_callback/"
_PURPOSE = "vendor callback"


def callback_path(vault: Vault, account_id: int) -> str:
    """Where the hub listens to the vendor of this account."""
    return f"{CALLBACK_ROOT}{account_id}-{vault.mark(str(account_id), _PURPOSE)}/"


async def hear(
    pool: Pool, vault: Vault, listen: Listen, name: str, callback: Callback, now: datetime
) -> Heard | Unheard:
    """Take a callback that came to the address `name`; what it tells is written down before the vendor is answered."""
    number, _, mark = name.partition("-")
    is_number = number.isascii() and number.isdecimal() and len(number) <= 18
    if not is_number or not vault.is_marked(number, _PURPOSE, mark):
        return Unheard(404, "nobody listens here")
    async with pool.acquire() as connection:
        found = await find_vendor_account(connection, vault, int(number))
    if found is None:
        return Unheard(404, "the account that this address is for was removed")
    workspace_id, account = found
    heard = await listen(account, callback)
    if isinstance(heard, Heard) and heard.receipts:
        await record_receipts(pool, workspace_id, heard.receipts, now, account.nickname)
    return heard
