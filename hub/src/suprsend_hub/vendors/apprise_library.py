"""The only file that knows the Apprise library; needs the extra `suprsend-hub[apprise]`."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from apprise import Apprise, AppriseAsset, AttachmentManager, NotificationManager, NotifyBase
from apprise.plugins import url_to_dict

from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected
from suprsend_hub.vendors.apprise_outcome import BROKEN, SENT, Overheard, read_refusal
from suprsend_hub.vendors.apprise_url import PLACEHOLDER, fill, mask_secrets
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.title_and_body import TitleAndBody

# Addresses that nobody has, of the kinds that services tell apart.
_PROBES = ("one@one.example", "two@two.example", "15005550001")
# Apprise, and what it sends through: they log URLs, so nothing of it goes where the hub's logs go.
_TALKATIVE = ("apprise", "urllib3", "oauthlib", "requests_oauthlib")
_STATUS_PLACE = 6
# Services that ask the host in a recipient's address who that is.
_ASKING = ("nostr",)

_overheard: ContextVar[Overheard | None] = ContextVar("overheard", default=None)


class _Ear(logging.Handler):
    """Keeps what is logged for the send that it is about, and lets nothing of it go further."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what tells something of the outcome."""
        overheard = _overheard.get()
        if overheard is None:
            return
        if record.name == "urllib3.connectionpool":
            # Its line on an answer: scheme, host, port, method, path, version, status, length.
            if isinstance(record.args, tuple) and len(record.args) > _STATUS_PLACE:
                status = record.args[_STATUS_PLACE]
                overheard.statuses += [status] if isinstance(status, int) else []
            return
        text = record.getMessage()
        if record.levelno >= logging.WARNING or text.startswith((SENT, BROKEN)):
            overheard.lines.append((record.levelno, text))


_EAR = _Ear()


class AppriseLibrary:
    """Apprise for one account: services elsewhere only, nothing read from or stored on this machine."""

    def __init__(self, app_name: str, answer_seconds: float) -> None:
        _tame()
        self._answer_seconds = answer_seconds
        self._asset = AppriseAsset(
            app_id=app_name,
            app_desc=app_name,
            async_mode=False,
            # Without a limit of its own it stays in the thread that calls it, where the hub's limit holds.
            service_timeout=0,
            http_redirects=False,
            secure_logging=True,
            storage_mode="memory",
            allow_templates=False,
            pgp_autogen=False,
            pem_autogen=False,
            image_path_mask=False,
            image_url_mask="",
            image_url_logo="",
        )

    def check(self, url: str) -> None:
        """Raise a ValueError where Apprise has no service for this URL, or none that may be used."""
        scheme = url.partition("://")[0].lower()
        with _listening() as overheard:
            _check_service(scheme)
            parsed = [_parse(fill(url, probe) or "") for probe in (_PROBES if PLACEHOLDER in url else _PROBES[:1])]
            if not all(parsed):
                raise ValueError(f"Apprise can't read it as a URL of {scheme}://")
            _check_service(parsed[0]["schema"])
            opened = [each for each in map(self._open, parsed) if each is not None]
        if PLACEHOLDER in url and parsed[0]["schema"] in _ASKING:
            raise ValueError(
                f"{PLACEHOLDER} can't be in a URL of {scheme}://, which asks the host that an address names"
            )
        if not _are_one([_hosts(each) for each in parsed]) or not _are_one([_hosts(vars(each)) for each in opened]):
            raise ValueError(f"{PLACEHOLDER} must not stand where it decides which host is asked")
        if PLACEHOLDER not in url and (not opened or overheard.complaints()):
            said = make_printable(mask_secrets(url, overheard.complaints()))
            raise ValueError(f"Apprise does not take it: {said or 'it does not say why'}")

    def notify(self, url: str, address: str, text: TitleAndBody, body_format: str) -> Outcome:
        """Hand one message over, in this thread."""
        filled = fill(url, address)
        if filled is None:
            return Rejected("address", "an address with spaces or one of %/\\?#,;[]<>\"' can't be in an Apprise URL")
        with _listening() as overheard:
            service = self._open(_parse(filled))
            if service is None or overheard.complaints():
                # Services leave out a recipient that they don't understand, and some write to the sender instead.
                said = make_printable(mask_secrets(url, overheard.complaints()))
                return Rejected("address", said or "Apprise does not take the address")
            took = Apprise(service, asset=self._asset).notify(text.body, text.title, body_format=body_format)
        return Accepted() if took else read_refusal(overheard, lambda said: mask_secrets(url, said))

    def _open(self, parsed: dict[str, Any]) -> NotifyBase | None:
        service = Apprise.instantiate(dict(parsed), asset=self._asset) if parsed else None
        if service is not None:
            service.socket_connect_timeout = service.socket_read_timeout = self._answer_seconds
        return service


@contextmanager
def _listening() -> Iterator[Overheard]:
    overheard = Overheard()
    token = _overheard.set(overheard)
    try:
        yield overheard
    finally:
        _overheard.reset(token)


def _tame() -> None:
    """Keep Apprise's logs from everybody's, and Apprise from this machine's files."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(_EAR)
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    attachments = AttachmentManager()
    if "file" in attachments:
        # Keys and templates that a URL names come from the network or not at all.
        del attachments["file"]


def _parse(url: str) -> dict[str, Any]:
    """What Apprise reads in a URL; empty where it can't, or where the service's own reading stumbles."""
    try:
        return url_to_dict(url) or {}
    except (ValueError, TypeError, LookupError, AttributeError):
        return {}


def _check_service(scheme: str) -> None:
    services = NotificationManager()
    if scheme not in services:
        if scheme in ("http", "https"):
            return
        raise ValueError(f"Apprise knows no service {scheme}://; https://appriseit.com/services/ lists those it knows")
    service = services[scheme]
    # What needs not be told where to go goes nowhere.
    if "{schema}://" in map(str, service.templates):
        raise ValueError(f"{scheme}:// reaches into the hub's own machine, which is not allowed")
    if not service.enabled:
        needed = service.requirements.get("packages_required") or ""
        packages = needed if isinstance(needed, str) else ", ".join(needed)
        raise ValueError(f"{scheme}:// can't be used here: it needs {packages or 'another system'}")


def _hosts(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name.endswith("host")}


def _are_one(several: list[dict[str, Any]]) -> bool:
    return all(each == several[0] for each in several)
