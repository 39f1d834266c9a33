"""Signing in to the console, and what a session is worth."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from pyreqwest.client import ClientBuilder
from suprsend_hub.actions.sign_in import MOST_OF_PAIR
from suprsend_hub.hub import Hub
from suprsend_hub.main import run_api
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool
from suprsend_hub.store.workspaces import Workspace

from hub.tests.conftest import Api
from hub.tests.ui.browser import PASSWORD, Browser, name_of

SIGN_IN = "/console/~/sign-in"
ADMIN = name_of("admin")

SignedIn = Callable[[Role], Awaitable[Browser]]


async def test_whoever_is_not_signed_in_is_led_to_the_form_and_then_on(browser: Browser, workspace: Workspace) -> None:
    target = "/console/demo?since=7d"
    asked = await browser.get(target)
    assert asked.status_code == 303
    assert asked.headers["location"] == f"{SIGN_IN}?next=/console/demo%3Fsince%3D7d"
    assert f'name="next" value="{target}"' in (await browser.get(asked.headers["location"])).text
    done = await browser.sign_in(ADMIN, next=target)
    assert (done.status_code, done.headers["location"]) == (303, target)
    assert (await browser.get(target)).status_code == 200


async def test_names_are_read_as_people_write_them(browser: Browser) -> None:
    assert (await browser.sign_in(f" {ADMIN.upper()} ")).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ADMIN, "password": "wrong horse battery"},
        {"name": "nobody@example.com", "password": PASSWORD},
        {"name": ADMIN, "password": ""},
        {"name": "", "password": ""},
        {"name": ADMIN, "password": "x" * 10_000},
    ],
)
async def test_a_wrong_name_and_a_wrong_password_look_the_same(browser: Browser, fields: dict[str, str]) -> None:
    refused = await browser.post(SIGN_IN, fields)
    assert refused.status_code == 401
    assert "The name or the password is not right." in refused.text
    assert "console" not in browser.cookies


async def test_after_too_many_failures_even_the_right_password_waits(browser: Browser, pool: Pool) -> None:
    for _ in range(MOST_OF_PAIR):
        assert (await browser.sign_in(ADMIN, "wrong horse battery")).status_code == 401
    refused = await browser.sign_in(ADMIN)
    assert refused.status_code == 429
    assert "try again in 15 minutes" in refused.text
    assert (await browser.sign_in(name_of("viewer"))).status_code == 303
    await pool.execute("update sign_in_failure set since = since - interval '15 minutes'")
    assert (await browser.sign_in(ADMIN)).status_code == 303


async def test_those_who_sign_in_well_are_never_throttled(browser: Browser, pool: Pool) -> None:
    for _ in range(MOST_OF_PAIR + 1):
        assert (await browser.sign_in(ADMIN)).status_code == 303
    assert await pool.fetchval("select sum(failures) from sign_in_failure") == 0


async def test_signing_in_gives_a_new_token_and_ends_the_former(browser: Browser, pool: Pool) -> None:
    browser.cookies["console"] = "planted by somebody"
    await browser.send("POST", SIGN_IN, {"name": ADMIN, "password": PASSWORD}, {})
    first = browser.cookies["console"]
    assert first != "planted by somebody"
    await browser.sign_in(ADMIN)
    assert browser.cookies["console"] != first
    browser.cookies["console"] = first
    assert (await browser.get("/console/")).status_code == 303
    assert await pool.fetchval("select count(*) from console_session") == 1


async def test_only_a_digest_of_the_token_is_stored(admin: Browser, pool: Pool) -> None:
    row = await pool.fetchrow("select s::text, u::text from console_session s join console_user u on true limit 1")
    assert admin.cookies["console"] not in str(row)
    assert PASSWORD not in str(row)


async def test_a_session_ends_when_it_is_left_and_its_token_opens_nothing_more(admin: Browser, pool: Pool) -> None:
    token = admin.cookies["console"]
    assert (await admin.post("/console/~/sign-out")).headers["location"] == SIGN_IN
    assert "console" not in admin.cookies
    admin.cookies["console"] = token
    assert (await admin.get("/console/")).status_code == 303


@pytest.mark.parametrize(
    "change", ["seen_at = now() - interval '13 hours'", "ends_at = now()", "console_user_id = console_user_id"]
)
async def test_a_session_ends_when_it_is_idle_or_old(admin: Browser, pool: Pool, change: str) -> None:
    await pool.execute(f"update console_session set {change}")
    is_over = "console_user_id" not in change
    assert ((await admin.get("/console/~/account")).status_code == 303) == is_over


async def test_using_a_session_keeps_it_from_being_idle(admin: Browser, pool: Pool) -> None:
    await pool.execute("update console_session set seen_at = now() - interval '11 hours'")
    await admin.get("/console/~/account")
    assert await pool.fetchval("select now() - seen_at < interval '1 minute' from console_session")


async def test_over_http_the_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    await browser.sign_in(ADMIN)
    (line,) = browser.cookie_lines
    assert line.startswith("console=")
    for attribute in ("HttpOnly", "Path=/", "SameSite=lax"):
        assert attribute in line
    assert "Secure" not in line


async def test_over_https_the_cookie_is_bound_to_the_host(hub: Hub, people: None) -> None:
    outside = replace(hub, settings=hub.settings.model_copy(update={"public_url": "https://hub.example.com/below"}))
    async with run_api(outside) as server, ClientBuilder().follow_redirects(False).build() as client:
        browser = Browser(Api(client, f"http://127.0.0.1:{server.port}"))
        done = await browser.sign_in(ADMIN, next="/console/demo")
        (line,) = browser.cookie_lines
        assert line.startswith("__Host-console=")
        for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
            assert attribute in line
        assert done.headers["location"] == "/below/console/demo"
        assert 'href="/below/console/~/account"' in (await browser.get("/console/~/account")).text


async def test_behind_a_trusted_proxy_failures_count_for_whom_it_names(hub: Hub, people: None, pool: Pool) -> None:
    behind = replace(hub, settings=hub.settings.model_copy(update={"trusted_proxies": "127.0.0.0/8"}))
    async with run_api(behind) as server, ClientBuilder().follow_redirects(False).build() as client:
        browser = Browser(Api(client, f"http://127.0.0.1:{server.port}"))

        async def ask(password: str, forwarded: str) -> int:
            fields = {"name": ADMIN, "password": password}
            return (await browser.post(SIGN_IN, fields, X_Forwarded_For=forwarded)).status_code

        for number in range(MOST_OF_PAIR):
            assert await ask("wrong horse battery", f"203.0.113.{number}, 198.51.100.4") == 401
        assert await ask(PASSWORD, "203.0.113.77, 198.51.100.4") == 429
        assert await ask(PASSWORD, "198.51.100.5") == 303
    noted = await pool.fetchval("select details->>'address' from audit_entry where action = 'signed in'")
    assert noted == "198.51.100.5"


async def test_without_trusted_proxies_what_a_request_says_of_itself_is_not_believed(browser: Browser) -> None:
    fields = {"name": ADMIN, "password": "wrong horse battery"}
    for number in range(MOST_OF_PAIR):
        assert (await browser.post(SIGN_IN, fields, X_Forwarded_For=f"203.0.113.{number}")).status_code == 401
    assert (await browser.post(SIGN_IN, fields, X_Forwarded_For="203.0.113.99")).status_code == 429


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/console//evil.example", "/console/\\evil", "/v1/x", ""]
)
async def test_signing_in_leads_nowhere_else(browser: Browser, target: str) -> None:
    assert (await browser.sign_in(ADMIN, next=target)).headers["location"] == "/console/"


async def test_another_password_ends_the_other_sessions(admin: Browser, api: Api) -> None:
    other = Browser(api)
    await other.sign_in(ADMIN)
    path, new = "/console/~/account/password", "battery horse correct"
    wrong = await admin.post(path, {"former": "wrong horse battery", "password": new, "repeated": new})
    assert (wrong.status_code, "is not the password that you have now" in wrong.text) == (400, True)
    short = await admin.post(path, {"former": PASSWORD, "password": "short", "repeated": "short"})
    assert (short.status_code, "must have 12 to 256 characters" in short.text) == (400, True)
    done = await admin.post(path, {"former": PASSWORD, "password": new, "repeated": new})
    assert done.status_code == 303
    assert "Your other sessions have ended" in (await admin.get("/console/~/account")).text
    assert "Your other sessions have ended" not in (await admin.get("/console/~/account")).text
    assert (await other.get("/console/~/account")).status_code == 303
    assert (await other.sign_in(ADMIN)).status_code == 401
    assert (await other.sign_in(ADMIN, new)).status_code == 303


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=x", 400),
        ("application/json", 401),
        ("text/plain", 401),
        ("application/x-www-form-urlencoded", 400),
    ],
)
async def test_whatever_is_sent_instead_of_a_form_signs_nobody_in(browser: Browser, kind: str, status: int) -> None:
    body = b'name=%FF%00&password=x&{"name":"a'
    request = browser.api.client.request("POST", browser.api.base_url + SIGN_IN).header("Content-Type", kind)
    reply = await request.body_bytes(body).build().send()
    assert reply.status == status
    assert "set-cookie" not in [name.lower() for name, _ in reply.headers.items()]


async def test_cookies_of_somebody_else_are_no_session(browser: Browser) -> None:
    for value in ("", "x", "%FF", '"', "x" * 4000):
        browser.cookies = {"console": value, "console-said": value, "console-theme": value}
        assert (await browser.get("/console/~/account")).status_code == 303
        browser.cookies = {"console": value, "console-said": value, "console-theme": value}
        assert (await browser.get(SIGN_IN)).status_code == 200
