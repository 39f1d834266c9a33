"""A browser without scripts: keeps cookies, follows forms, says where it comes from."""

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from suprsend_hub.store.console_users import Role

from hub.tests.conftest import Api, Reply

PASSWORD = "correct horse battery"
# Made once: it is slow on purpose.
PASSWORD_HASH = "$argon2id$v=19$m=65536,t=3,p=4$Fs9LcOu/C5hhusFPpD/yOg$QxtQzBzJyVZ+Y7qSbgj5f++2XSf9nbGvdupW9T0SFEM"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Browser:
    """One browser; `name` is who signed in."""

    api: Api
    name: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    cookie_lines: list[str] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> Reply:
        """The answer to a click."""
        return await self.send("GET", path, None, headers)

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Reply:
        """The answer to a form of one of the console's pages, with the session's token."""
        token = {"csrf": await self.token()} if "console" in self.cookies else {}
        return await self.send("POST", path, {**token, **(fields or {})}, {"Origin": self.api.base_url, **headers})

    async def send(
        self, method: str, path: str, fields: dict[str, str] | list[tuple[str, str]] | None, headers: dict[str, str]
    ) -> Reply:
        """Whatever is asked for, with the cookies so far."""
        request = self.api.client.request(method, self.api.base_url + path)
        if self.cookies:
            request = request.header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if fields is not None:
            request = request.header("Content-Type", "application/x-www-form-urlencoded")
            request = request.body_bytes(urlencode(fields).encode())
        for name, value in headers.items():
            request = request.header(name.replace("_", "-"), value)
        answer = await request.build().send()
        self.cookie_lines = [value for name, value in answer.headers.items() if name.lower() == "set-cookie"]
        for line in self.cookie_lines:
            name, _, value = line.partition(";")[0].partition("=")
            if "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')
        found = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, found, bytes(await answer.bytes()))

    async def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> Reply:
        """Sign in with a name."""
        self.name = name
        return await self.post("/console/~/sign-in", {"name": name, "password": password, **fields})

    async def token(self) -> str:
        """The token that the forms of this session have; empty where the session has ended."""
        found = _TOKEN.search((await self.get("/console/~/account")).text)
        return unescape(found[1]) if found else ""


def name_of(role: Role) -> str:
    """Who has this role in tests."""
    return f"{role}@example.com"
