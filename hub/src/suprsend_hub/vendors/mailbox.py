"""Email addresses that are safe to put on an SMTP command line and into a header."""

import re
from dataclasses import dataclass

import idna

# Quoted local parts and comments exist, but nobody has such an address and parsers disagree about them.
_LOCAL_PART = re.compile(r"""[^\s@<>()\[\],;:\\"\x00-\x1f\x7f]{1,64}""")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
# One entry of a list: a text without commas, or with them inside quotes.
_ENTRY = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|[^",])+""")
_LIST = re.compile(rf"(?:{_ENTRY.pattern})?(?:,(?:{_ENTRY.pattern})?)*")
_NAMED = re.compile(r"""(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>]*?))\s*<(?P<address>[^<>]*)>""")
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")

_LONGEST_ENTRY = 1000


class NotAnAddress(ValueError):
    """A text that is no email address; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address whose domain is ASCII, and the name shown with it; the local part may be any script."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.address.rpartition("@")[2]


def read_mailbox(address: str, name: str = "") -> Mailbox:
    """One address, its domain brought to ASCII (IDNA 2008), or NotAnAddress."""
    local, _, domain = address.strip().rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise NotAnAddress(f"{_shown(address)} is not an email address that can be sent to")
    return Mailbox(f"{local}@{_ascii_domain(domain, address)}", " ".join(_CONTROL.sub(" ", name).split()))


def read_mailboxes(text: str) -> tuple[Mailbox, ...]:
    """The addresses of a comma-separated text, each alone or as `Name <address>`."""
    line = _CONTROL.sub(" ", text)
    if not _LIST.fullmatch(line):
        raise NotAnAddress(f"{_shown(text)} has a quotation mark without its other half")
    entries = (entry.strip() for entry in _ENTRY.findall(line))
    return tuple(_read_entry(entry) for entry in entries if entry)


def _read_entry(entry: str) -> Mailbox:
    if len(entry) > _LONGEST_ENTRY:
        raise NotAnAddress(f"{_shown(entry)} is too long for an address with a name")
    named = _NAMED.fullmatch(entry)
    if named is None:
        return read_mailbox(entry)
    quoted = named["quoted"]
    return read_mailbox(named["address"], named["plain"] if quoted is None else _ESCAPED.sub(r"\1", quoted))


def _ascii_domain(domain: str, address: str) -> str:
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise NotAnAddress(f"{_shown(address)} has a domain that does not exist in any script") from None
    if len(ascii_domain) > 253 or not _HOST.fullmatch(ascii_domain):
        raise NotAnAddress(f"{_shown(address)} is not an email address that can be sent to")
    return ascii_domain


def _shown(address: str) -> str:
    return repr(address[:80])
