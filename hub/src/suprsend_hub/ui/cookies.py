"""The cookies of the console: the session's token, what the next page says, and the colours."""

from dataclasses import dataclass
from typing import Literal

from litestar.datastructures import Cookie

from suprsend_hub.ui.visit import AnyRequest

THEMES = ("light", "dark")
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and attributes; over https the names bind cookies to this host and to https."""

    is_secure: bool

    @property
    def token(self) -> str:
        """The name of the session's cookie."""
        return self._name("console")

    @property
    def said(self) -> str:
        """The name of the cookie with what the next page says."""
        return self._name("console-said")

    @property
    def theme(self) -> str:
        """The name of the cookie with the colours."""
        return self._name("console-theme")

    def read_theme(self, request: AnyRequest) -> Literal["light", "dark", ""]:
        """The colours that were chosen, empty where the system's are right."""
        match request.cookies.get(self.theme):
            case "light":
                return "light"
            case "dark":
                return "dark"
            case _:
                return ""

    def keep_token(self, token: str) -> Cookie:
        """Keep a session's token until the browser is closed; its end in time is the database's matter."""
        return self._cookie(self.token, token, None)

    def keep_said(self, text: str) -> Cookie:
        """Keep what the next page says."""
        return self._cookie(self.said, text, 60)

    def keep_theme(self, theme: str) -> Cookie:
        """Keep the colours; the system's where they are none of ours."""
        return self._cookie(self.theme, theme, _YEAR) if theme in THEMES else self.drop(self.theme)

    def drop(self, name: str) -> Cookie:
        """Have the browser forget a cookie."""
        return self._cookie(name, "", 0)

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.is_secure else name

    def _cookie(self, name: str, value: str, max_age: int | None) -> Cookie:
        return Cookie(
            name, path="/", value=value, max_age=max_age, secure=self.is_secure, httponly=True, samesite="lax"
        )
