"""An account's Apprise URL: where a recipient's address may stand in it, and what of it nobody may see."""

import re
from urllib.parse import quote, unquote

PLACEHOLDER = "{address}"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9]*://(?!/)")
_UNCLEAR = re.compile(r"[\s\\\x00-\x1f\x7f]")
_DELIMITERS = (re.compile(r"[/:@?&=#;]+"), re.compile(r"[/:@?&=#,;+]+"))
# Apprise decodes some parts of a URL more than once, and takes these for ends, lists, paths or names.
_UNFIT = re.compile(r"""[\s\x00-\x1f\x7f%/\\?#,;\[\]<>"']|\A\.{1,2}\Z""")
_HUBS_OWN = {
    "retry": "the hub tries again by itself",
    "wait": "the hub tries again by itself",
    "optional": "a failure would look like a success",
    "store": "nothing is stored on this machine",
    "redirect": "redirects are not followed",
    "wkd": "keys are not asked for at the host that an address names",
    "cto": "use the setting answer_seconds",
    "rto": "use the setting answer_seconds",
}
_SHORTEST_SECRET = 4


def check_url(url: str) -> None:
    """Raise a ValueError where the URL is none, or where an address would decide more than who gets a message."""
    if not _SCHEME.match(url) or _UNCLEAR.search(url):
        raise ValueError("must be an Apprise URL, such as ntfys://token@ntfy.example.com/topic, without spaces")
    for name in map(_name, _parameters(url)):
        if name in _HUBS_OWN:
            raise ValueError(f"can't have the parameter {name}: {_HUBS_OWN[name]}")
    if PLACEHOLDER in url:
        _check_place(url)


def fill(url: str, address: str) -> str | None:
    """The URL with the address in its place; None where the address would not arrive as it is."""
    if PLACEHOLDER not in url:
        return url
    return None if _UNFIT.search(address) else url.replace(PLACEHOLDER, quote(address, safe=""))


def mask_secrets(url: str, text: str) -> str:
    """The text with stars for whatever of the account's URL is in it."""
    rest = url.partition("://")[2].replace(PLACEHOLDER, "/")
    pieces = {form for each in _DELIMITERS for piece in each.split(rest) for form in (piece, unquote(piece))}
    # The longest first, lest a part of one is taken for another.
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= _SHORTEST_SECRET:
            text = re.sub(re.escape(piece), "***", text, flags=re.IGNORECASE)
    return text


def _check_place(url: str) -> None:
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    user, _, host = authority.rpartition("@")
    if PLACEHOLDER in host or "@" in user or (PLACEHOLDER in user and not host):
        raise ValueError(
            f"{PLACEHOLDER} may stand in the path, in the parameter to, or before the one @;"
            " where the host is, whoever triggers would choose it"
        )
    for parameter in _parameters(url):
        name = _name(parameter)
        # What begins with - and : is passed on as a parameter or a field of the request.
        if PLACEHOLDER in parameter and not (name == "to" or name.startswith(("-", ":"))):
            raise ValueError(
                f"{PLACEHOLDER} can't be in the parameter {name[:40]!r}; of all parameters it may be in to"
            )


def _parameters(url: str) -> list[str]:
    return [each for each in re.split("[&;]", url.partition("?")[2]) if each]


def _name(parameter: str) -> str:
    """The name as Apprise reads it."""
    name = parameter.partition("=")[0]
    return unquote(name[:1] + name[1:].replace("+", " ")).lower().strip()
