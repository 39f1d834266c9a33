"""OPPO: its tokens, and what it means by what it says."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.simulators.http_server import Answer, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors import oppo
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender

from .conftest import MakeAccount, MakeMessage, check_outcome

NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)


async def test_one_token_of_oppo_serves_for_most_of_a_day(make_account: MakeAccount, make_message: MakeMessage) -> None:
    times = [NOW]
    sender = Sender(now=lambda: times[-1])
    issued = []
    async with Simulation(now=lambda: times[-1]) as simulation:
        account = make_account("oppo", simulation.vendor_settings()["oppo"])
        for hours in (0, 12, 23.9, 23.95, 30):
            times.append(NOW + timedelta(hours=hours))
            assert isinstance(await sender.send(account, make_message("oppo")), Accepted)
            issued.append(simulation.oppo.tokens_issued)
    await sender.close()
    assert issued == [1, 1, 1, 2, 2]


async def test_a_token_that_oppo_refuses_with_http_200_is_renewed_once(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage, run_http: Any
) -> None:
    account = make_account("oppo", simulation.vendor_settings()["oppo"])
    assert isinstance(await sender.send(account, make_message("oppo")), Accepted)
    simulation.oppo.revoke_tokens()
    assert isinstance(await sender.send(account, make_message("oppo")), Accepted)
    assert (simulation.oppo.tokens_issued, simulation.received.total) == (2, 2)

    paths: list[str] = []

    async def refuse(request: Request) -> Answer:
        paths.append(request.path)
        is_login = request.path.endswith("/auth")
        return Answer(200, b'{"code": 0, "data": {"auth_token": "t"}}' if is_login else b'{"code": 11}')

    settings = {**simulation.vendor_settings()["oppo"], "base_url": await run_http(refuse)}
    outcome = await sender.send(make_account("oppo", settings, id=2), make_message("oppo"))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_credentials"
    assert [path.rpartition("/")[2] for path in paths] == ["auth", "unicast", "auth", "unicast"]


def test_the_proof_for_a_token_is_the_digest_that_oppo_documents() -> None:
    settings = read_settings("oppo", {"app_key": "key", "master_secret": "secret"})
    request = oppo.write_token_request(settings, NOW)
    assert request.url == "https://api.push.oppomobile.com/server/v1/auth"
    assert {name: values[0] for name, values in parse_qs(request.body.decode()).items()} == {
        "app_key": "key",
        "timestamp": "1772368260000",
        # printf %s key1772368260000secret | sha256sum
        "sign": "30106957a32b1b68101769167bedc0070ba072fcb1ed76b74431cbf0bce675cb",
    }


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HttpAnswer(200, {}, b'{"code": 16, "message": "Invalid Signature"}'), "vendor_credentials"),
        (HttpAnswer(200, {}, b'{"code": 13, "message": "App Call Limited"}'), "vendor_rate_limited"),
        (HttpAnswer(200, {}, b'{"code": -1}'), "vendor_unavailable"),
        (HttpAnswer(200, {}, b'{"code": 99}'), "vendor_unavailable"),
        (HttpAnswer(200, {}, b'{"code": 0, "data": {}}'), "vendor_unavailable"),
        (HttpAnswer(200, {}, b"<html>"), "vendor_unavailable"),
        (HttpAnswer(404, {}, b""), "vendor_unavailable"),
        (HttpAnswer(503, {}, b""), "vendor_unavailable"),
    ],
)
def test_without_a_token_the_message_surely_did_not_go(answer: HttpAnswer, code: str) -> None:
    outcome = oppo.read_token(answer)
    assert isinstance(outcome, Deferred), outcome
    assert outcome.code == code


OPPO_TAKEN = {"code": 0, "message": "", "data": {"messageId": "app-1-1-1"}}


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (200, OPPO_TAKEN, Accepted, "app-1-1-1"),
        (200, {"code": 0, "data": {}}, Uncertain, "answer_unreadable"),
        (200, {"code": 32, "message": "Data Duplicate"}, Accepted, None),
        (200, {"code": 10000, "message": "Invalid Registration_id"}, Rejected, "unregistered"),
        (200, {"code": 11, "message": None}, Deferred, "vendor_credentials"),
        (200, {"code": 30}, Deferred, "vendor_credentials"),
        (200, {"code": 13}, Deferred, "vendor_rate_limited"),
        (200, {"code": 33}, Deferred, "vendor_rate_limited"),
        (200, {"code": -2}, Deferred, "vendor_rate_limited"),
        (200, {"code": -1}, Deferred, "vendor_unavailable"),
        (200, {"code": 41}, Rejected, "content"),
        (200, {"code": 67}, Rejected, "vendor_refused"),
        (502, {"code": 77}, Deferred, "vendor_unavailable"),
        (502, OPPO_TAKEN, Deferred, "vendor_unavailable"),
    ],
)
def test_what_oppo_says_decides(status: int, said: dict[str, Any], kind: type[Outcome], code: str | None) -> None:
    check_outcome(oppo.read_outcome, status, said, kind, code)
