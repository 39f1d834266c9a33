"""The one place that sends: each account has a lane of its own, and every failure comes out as an outcome."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, assert_never

import structlog
from msgspec.structs import replace

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.vendors.attachment_loading import AttachmentLoader, LoadingLimits
from suprsend_hub.vendors.contract import AnyVendor, Connection, ConnectionVendor, HttpVendor
from suprsend_hub.vendors.http_client import HttpClient, HttpLimits
from suprsend_hub.vendors.http_connection import HttpConnection
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.settings import read_settings_as

_log = structlog.get_logger(__name__)

_LaneKey: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SenderLimits:
    """How much of a process one account may take, and how long a message waits for its turn."""

    http: HttpLimits = field(default_factory=HttpLimits)
    attachments: LoadingLimits = field(default_factory=LoadingLimits)
    requests_per_account: int = 64
    patience: timedelta = timedelta(seconds=30)
    lanes: int = 1000


@dataclass(slots=True)
class _Lane:
    """What is open to one revision of an account, and how many messages are in it."""

    vendor: AnyVendor
    connection: Connection
    places: asyncio.Semaphore
    occupants: int = 0


def _read_clock() -> datetime:
    return datetime.now(UTC)


class Sender:
    """Sends messages through the accounts' vendors; `allow_private_urls` lets URLs of callers lead inside."""

    def __init__(
        self,
        limits: SenderLimits | None = None,
        vendors: Mapping[str, AnyVendor] = VENDORS,
        now: Callable[[], datetime] = _read_clock,
        *,
        allow_private_urls: bool = False,
    ) -> None:
        self._limits = limits or SenderLimits()
        self._vendors = vendors
        self._now = now
        self._http = HttpClient(self._limits.http, allow_private_urls=allow_private_urls)
        self._attachments = AttachmentLoader(self._limits.attachments, allow_private_urls=allow_private_urls)
        self._lanes: OrderedDict[_LaneKey, _Lane] = OrderedDict()
        self._revisions: dict[int, int] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def send(self, account: VendorAccount, message: OutgoingMessage) -> Outcome:
        """Hand a message to the account's vendor; whatever happens, the answer is an outcome."""
        if self._is_closed:
            return Deferred("vendor_busy", "the process is stopping")
        try:
            lane = self._enter(account)
            if isinstance(lane, Rejected):
                return lane
            try:
                return await self._send_in(lane, message)
            finally:
                self._leave(account, lane)
        except Exception as error:
            _log.error(
                "send_failed_unexpectedly",
                vendor=account.vendor,
                account_id=account.id,
                message_id=message.id,
                error=type(error).__name__,
                place=_innermost(error),
            )
            return Uncertain("unexpected", f"a fault of the hub ({type(error).__name__}); its log says where")

    async def close(self) -> None:
        """Close every connection; messages under way get their outcome first where they can."""
        self._is_closed = True
        for key in list(self._lanes):
            self._retire(key)
        await asyncio.gather(*self._closing)
        await self._http.close()

    def _enter(self, account: VendorAccount) -> _Lane | Rejected:
        key = (account.id, account.revision)
        lane = self._lanes.get(key)
        if lane is None:
            opened = self._open(account)
            if isinstance(opened, Rejected):
                return opened
            lane = self._lanes[key] = opened
            self._revisions[account.id] = max(account.revision, self._revisions.get(account.id, account.revision))
            self._retire_unused(account.id)
        self._lanes.move_to_end(key)
        lane.occupants += 1
        return lane

    def _open(self, account: VendorAccount) -> _Lane | Rejected:
        vendor = self._vendors.get(account.vendor)
        if vendor is None:
            return Rejected("vendor_settings", f"the hub has no vendor named {account.vendor[:40]!r}")
        try:
            settings = read_settings_as(vendor.settings, account.settings)
        except ValueError as fault:
            return Rejected("vendor_settings", str(fault))
        match vendor:
            case HttpVendor():
                connection = HttpConnection(vendor, settings, self._http, self._now)
                return _Lane(vendor, connection, asyncio.Semaphore(self._limits.requests_per_account))
            case ConnectionVendor():
                return _Lane(vendor, vendor.connect(settings), asyncio.Semaphore(vendor.places(settings)))
            case _:
                assert_never(vendor)

    async def _send_in(self, lane: _Lane, message: OutgoingMessage) -> Outcome:
        if message.attachments and lane.vendor.takes_attachments:
            loaded = await self._attachments.load(message.attachments)
            if isinstance(loaded, Rejected | Deferred):
                return loaded
            message = replace(message, attachments=loaded)
        try:
            async with asyncio.timeout(self._limits.patience.total_seconds()):
                await lane.places.acquire()
        except TimeoutError:
            return Deferred("vendor_busy", "no place among the account's connections in time")
        try:
            return await lane.connection.send(message)
        finally:
            lane.places.release()

    def _leave(self, account: VendorAccount, lane: _Lane) -> None:
        lane.occupants -= 1
        if lane.occupants == 0 and self._revisions.get(account.id) != account.revision:
            self._retire((account.id, account.revision))

    def _retire_unused(self, account_id: int) -> None:
        """Close what a newer revision replaces, and the lanes longest unused where there are too many."""
        newest = self._revisions[account_id]
        surplus = len(self._lanes) - self._limits.lanes
        for key, lane in list(self._lanes.items()):
            replaced = key[0] == account_id and key[1] != newest
            if lane.occupants == 0 and (replaced or surplus > 0) and key != (account_id, newest):
                self._retire(key)
                surplus -= 1

    def _retire(self, key: _LaneKey) -> None:
        lane = self._lanes.pop(key, None)
        if lane is not None:
            if self._revisions.get(key[0]) == key[1]:
                del self._revisions[key[0]]
            task = asyncio.get_running_loop().create_task(lane.connection.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _innermost(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
