"""The one place that listens: what a vendor reports is judged by the vendor's own file, with what that asks for."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import assert_never

import structlog

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.vendors.contract import AnyVendor, Confirm, HttpAnswer, HttpRequest, HttpVendor, Wanted
from suprsend_hub.vendors.http_client import HttpClient, HttpLimits
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.settings import read_settings_as

_MOST_KEPT = 100

log = structlog.get_logger(__name__)


class Listener:
    """Reads callbacks; keeps the certificates that it fetched for them."""

    def __init__(self, vendors: Mapping[str, AnyVendor] = VENDORS, *, allow_private_urls: bool = False) -> None:
        self._vendors = vendors
        self._http = HttpClient(HttpLimits(connections=8), allow_private_urls=allow_private_urls)
        self._fetched: OrderedDict[str, HttpAnswer] = OrderedDict()

    async def listen(self, account: VendorAccount, callback: Callback) -> Heard | Unheard:
        """What a callback to this account tells."""
        vendor = self._vendors.get(account.vendor)
        if not isinstance(vendor, HttpVendor) or vendor.listen is None:
            return Unheard(404, f"{account.vendor} reports nothing to the hub")
        try:
            settings = read_settings_as(vendor.settings, account.settings)
        except ValueError as fault:
            return Unheard(503, f"the account's settings are wrong: {fault}")
        heard = vendor.listen(settings, callback, None)
        if isinstance(heard, Wanted):
            fetched = await self._fetch(heard.request)
            heard = vendor.listen(settings, callback, fetched) if fetched else Unheard(503, "can't check it just now")
        match heard:
            case Heard() | Unheard():
                return heard
            case Confirm(request=request):
                return Heard() if await self._fetch(request) else Unheard(503, "can't confirm it just now")
            case Wanted():
                return Unheard(503, "what proves it could not be fetched")
            case _:
                assert_never(heard)

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _fetch(self, request: HttpRequest) -> HttpAnswer | None:
        kept = self._fetched.get(request.url)
        if kept is not None:
            return kept
        answer = await self._http.exchange(request)
        if not isinstance(answer, HttpAnswer) or answer.status != 200:
            log.warning("callback_proof_missing", request=repr(request), answer=repr(answer))
            return None
        self._fetched[request.url] = answer
        if len(self._fetched) > _MOST_KEPT:
            self._fetched.popitem(last=False)
        return answer
