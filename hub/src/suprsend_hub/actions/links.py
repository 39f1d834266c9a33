"""The links that the hub puts into messages: signed, so that each does only what it was made for."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import quote

from suprsend_hub.store.sealing import Vault

Purpose: TypeAlias = Literal["open", "click", "unsubscribe"]

_PREFERENCES = "preferences"


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """The message that a link belongs to."""

    workspace_id: int
    message_id: str


@dataclass(frozen=True, slots=True)
class CentreTarget:
    """The person whose preferences a link opens, for the messages of one tenant."""

    workspace_id: int
    tenant_id: str
    distinct_id: str


class LinkMaker:
    """Makes links below `public_url`, and recognises its own."""

    def __init__(self, vault: Vault, public_url: str) -> None:
        self._vault = vault
        self._root = public_url.rstrip("/")

    @property
    def is_reachable(self) -> bool:
        """Whether there is a place that people can reach."""
        return bool(self._root)

    def pixel(self, target: LinkTarget) -> str:
        """Where the picture is that tells of an open."""
        return f"{self._root}/v1/open/{self._token('open', target)}/"

    def click(self, target: LinkTarget, url: str) -> str:
        """A link that tells of a click and leads on to this URL, and to no other."""
        return f"{self._root}/v1/click/{self._token('click', target, url)}/?url={quote(url, safe='')}"

    def unsubscribe(self, target: LinkTarget) -> str:
        """Where the recipient can end messages of this category."""
        return f"{self._root}/v1/unsubscribe/{self._token('unsubscribe', target)}/"

    def preferences(self, target: CentreTarget) -> str:
        """Where somebody changes what they get; empty where there is no place that people can reach."""
        return f"{self._root}/preferences/{self.preferences_token(target)}/" if self._root else ""

    def preferences_token(self, target: CentreTarget) -> str:
        """What of such a link is its right."""
        text = f"{target.workspace_id}.{_encode(target.tenant_id)}.{_encode(target.distinct_id)}"
        return f"{text}.{self._vault.mark(text, _PREFERENCES)}"

    def read_preferences(self, token: str) -> CentreTarget | None:
        """Whose preferences a token opens, or None where it is not one of ours."""
        text, _, mark = token.rpartition(".")
        if not self._vault.is_marked(text, _PREFERENCES, mark):
            return None
        workspace, tenant, person = text.split(".")
        return CentreTarget(int(workspace), _decode(tenant), _decode(person))

    def read(self, purpose: Purpose, token: str, url: str = "") -> LinkTarget | None:
        """What a token is of, or None where it is not one of ours for this purpose and URL."""
        if token.count(".") != 2:
            return None
        workspace, message_id, mark = token.split(".")
        if not self._vault.is_marked(_signed(f"{workspace}.{message_id}", url), purpose, mark):
            return None
        return LinkTarget(int(workspace), message_id)

    def _token(self, purpose: Purpose, target: LinkTarget, url: str = "") -> str:
        text = f"{target.workspace_id}.{target.message_id}"
        return f"{text}.{self._vault.mark(_signed(text, url), purpose)}"


def _signed(text: str, url: str) -> str:
    return f"{text}\n{url}"


def _encode(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _decode(text: str) -> str:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
