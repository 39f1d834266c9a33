"""Teams: what is posted where by the bot and by webhooks, whom the bot's token goes to, what the answers mean."""

from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.behaviour import Behaviour, Fail, RateLimit, Refuse
from suprsend_hub.simulators.http_server import Answer, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.ms_teams import MsTeamsSettings, read_outcome
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.settings import read_settings_as

from .conftest import MakeAccount, MakeMessage

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Grüße ☃"}]}
WORKFLOW = "application/vnd.microsoft.card.adaptive"


def addressed(make_message: MakeMessage, address: dict[str, Any], **changes: Any) -> OutgoingMessage:
    return make_message("ms_teams", address=msgspec.json.encode(address).decode(), **changes)


@pytest.fixture
def account(simulation: Simulation, make_account: MakeAccount) -> VendorAccount:
    return make_account("ms_teams", simulation.vendor_settings()["ms_teams"])


@pytest.mark.parametrize("kind", ["person", "conversation", "webhook"])
async def test_a_text_reaches_people_conversations_and_webhooks(
    kind: str, simulation: Simulation, sender: Sender, account: VendorAccount, make_message: MakeMessage
) -> None:
    address = getattr(simulation.ms_teams, kind)("ann")
    content = {"body_type": "text", "body_text": "Grüße **☃**"}
    outcome = await sender.send(account, addressed(make_message, address, content=content))
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    assert (received.channel, received.recipient, received.content["text"]) == ("ms_teams", "ann", "Grüße **☃**")


async def test_what_is_posted_by_the_bot_and_by_a_webhook_is_as_teams_documents_it(
    simulation: Simulation, sender: Sender, account: VendorAccount, make_message: MakeMessage
) -> None:
    for address in (simulation.ms_teams.conversation("ann"), simulation.ms_teams.webhook("ann")):
        assert isinstance(await sender.send(account, addressed(make_message, address)), Accepted)
    by_bot, by_webhook = (msgspec.json.decode(each.raw) for each in simulation.received)
    assert by_bot == {"type": "message", "textFormat": "markdown", "text": "Thank you"}
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": "Thank you", "wrap": True}],
    }
    assert by_webhook == {"type": "message", "attachments": [{"contentType": WORKFLOW, "content": card}]}


@pytest.mark.parametrize(
    ("kind", "text", "more"),
    [("conversation", "In short", {"summary": "In short"}), ("conversation", None, {}), ("webhook", "In short", {})],
)
async def test_a_card_goes_as_it_is(
    kind: str,
    text: str | None,
    more: dict[str, str],
    simulation: Simulation,
    sender: Sender,
    account: VendorAccount,
    make_message: MakeMessage,
) -> None:
    content = {"body_type": "card", "body_card": msgspec.json.encode(CARD).decode(), "body_text": text}
    message = addressed(make_message, getattr(simulation.ms_teams, kind)("ann"), content=content)
    assert isinstance(await sender.send(account, message), Accepted)
    [received] = simulation.received
    attached = [{"contentType": WORKFLOW, "content": CARD}]
    assert msgspec.json.decode(received.raw) == {"type": "message", "attachments": attached, **more}


@pytest.mark.parametrize(
    "content",
    [
        {"body_type": "text"},
        {"body_type": "text", "body_text": ""},
        {"body_type": "card"},
        {"body_type": "card", "body_card": "{"},
        {"body_type": "card", "body_card": "[]"},
        {"body_type": "card", "body_card": '{"type": "message"}'},
        {"body_type": "block", "body_text": "x"},
    ],
)
async def test_content_that_is_none_is_rejected(
    content: dict[str, Any],
    simulation: Simulation,
    sender: Sender,
    account: VendorAccount,
    make_message: MakeMessage,
) -> None:
    message = addressed(make_message, simulation.ms_teams.conversation("ann"), content=content)
    outcome = await sender.send(account, message)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, simulation.received.total) == ("content", 0)


@pytest.mark.parametrize(("kind", "most"), [("webhook", 28 * 1024), ("conversation", 100 * 1024)])
async def test_a_message_that_is_too_large_is_never_sent(
    kind: str, most: int, simulation: Simulation, sender: Sender, account: VendorAccount, make_message: MakeMessage
) -> None:
    content = {"body_type": "text", "body_text": "x" * most}
    message = addressed(make_message, getattr(simulation.ms_teams, kind)("ann"), content=content)
    outcome = await sender.send(account, message)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, simulation.received.total) == ("content", 0)
    assert str(most) in outcome.detail


@pytest.mark.parametrize(
    "service_url",
    [
        "https://smba.trafficmanager.net.evil.example/emea/",
        "https://smba.trafficmanager.net@evil.example/",
        "http://smba.trafficmanager.net/emea/",
        "https://evil.example/?https://smba.trafficmanager.net/",
        " https://smba.trafficmanager.net/",
        "",
    ],
)
@pytest.mark.parametrize("whom", [{"user_id": "29:1"}, {"conversation_id": "a:1"}])
async def test_the_bots_token_goes_to_microsoft_alone(
    service_url: str,
    whom: dict[str, str],
    simulation: Simulation,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    settings = simulation.vendor_settings()["ms_teams"]
    address = {"service_url": service_url, **whom}
    for number, base_url in enumerate((settings["base_url"], "https://smba.trafficmanager.net")):
        account = make_account("ms_teams", {**settings, "base_url": base_url}, id=number)
        outcome = await sender.send(account, addressed(make_message, address))
        assert isinstance(outcome, Rejected), outcome
        assert outcome.code == "address"
        assert "https://smba.trafficmanager.net/" in outcome.detail


async def test_what_begins_with_the_accounts_own_service_goes_there(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = simulation.vendor_settings()["ms_teams"]
    account = make_account("ms_teams", settings)
    for service_url in ("https://smba.trafficmanager.net/emea", f"{settings['base_url']}/emea/"):
        address = {**simulation.ms_teams.conversation("ann"), "service_url": service_url}
        assert isinstance(await sender.send(account, addressed(make_message, address)), Accepted)


async def test_a_webhook_is_asked_without_the_bot_and_at_public_addresses_only(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage, run_http: Any
) -> None:
    seen: list[Request] = []

    async def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer(200, b"1")

    message = addressed(make_message, {"incoming_webhook": {"url": await run_http(answer)}})
    for settings in ({}, simulation.vendor_settings()["ms_teams"]):
        assert await sender.send(make_account("ms_teams", settings), message) == Accepted()
    assert [each.headers.get("authorization") for each in seen] == [None, None]
    closed = Sender()
    outcome = await closed.send(make_account("ms_teams", {}), message)
    await closed.close()
    assert isinstance(outcome, Rejected)
    assert (outcome.code, len(seen)) == ("address", 2)


async def test_an_account_without_a_bot_says_what_it_lacks(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = {"base_url": simulation.ms_teams.server.url}
    for address in (simulation.ms_teams.conversation("ann"), simulation.ms_teams.person("ann")):
        outcome = await sender.send(make_account("ms_teams", settings), addressed(make_message, address))
        assert isinstance(outcome, Rejected)
        assert outcome.code == "vendor_settings"
        assert outcome.detail.startswith("app_id: ")


@pytest.mark.parametrize(("given", "missing"), [("app_id", "app_password"), ("app_password", "app_id")])
def test_half_a_bot_is_refused(given: str, missing: str) -> None:
    with pytest.raises(ValueError, match=f"{missing}: is required too") as refusal:
        read_settings_as(MsTeamsSettings, {given: "half-a-secret"})
    assert "half-a-secret" not in str(refusal.value)


async def test_a_wrong_password_waits_for_a_right_one(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = {**simulation.vendor_settings()["ms_teams"], "app_password": "wrong"}
    message = addressed(make_message, simulation.ms_teams.person("ann"))
    outcome = await sender.send(make_account("ms_teams", settings), message)
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_credentials"


@pytest.mark.parametrize("kind", ["person", "conversation"])
async def test_a_token_that_is_taken_back_is_renewed(
    kind: str, simulation: Simulation, sender: Sender, account: VendorAccount, make_message: MakeMessage
) -> None:
    message = addressed(make_message, getattr(simulation.ms_teams, kind)("ann"))
    assert isinstance(await sender.send(account, message), Accepted)
    simulation.ms_teams.revoke_tokens()
    assert isinstance(await sender.send(account, message), Accepted)
    assert simulation.received.total == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tenant_id": "elsewhere"}, "address"),
        ({"user_id": "8:orgid:1"}, "vendor_refused"),
        ({"user_id": ""}, "address"),
    ],
)
async def test_a_person_whom_the_bot_cannot_reach_is_refused(
    change: dict[str, str],
    code: str,
    simulation: Simulation,
    sender: Sender,
    account: VendorAccount,
    make_message: MakeMessage,
) -> None:
    outcome = await sender.send(account, addressed(make_message, {**simulation.ms_teams.person("ann"), **change}))
    assert isinstance(outcome, Rejected), outcome
    assert (outcome.code, outcome.cause, simulation.received.total) == (code, None, 0)


@pytest.mark.parametrize("kind", ["person", "webhook"])
@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Refuse(), "address"),
        (Fail(times=1), "vendor_unavailable"),
        (RateLimit(times=1, retry_after=3), "vendor_rate_limited"),
    ],
)
async def test_the_stand_in_behaves_as_told(
    kind: str,
    behaviour: Behaviour,
    code: str,
    simulation: Simulation,
    sender: Sender,
    account: VendorAccount,
    make_message: MakeMessage,
) -> None:
    simulation.behaviours.set("ann", behaviour)
    outcome = await sender.send(account, addressed(make_message, getattr(simulation.ms_teams, kind)("ann")))
    assert isinstance(outcome, Rejected | Deferred), outcome
    assert outcome.code == code


def fault(code: str) -> bytes:
    return msgspec.json.encode({"error": {"code": code, "message": "why"}})


BLOCKED = b'{"errorCode":209,"message":"{\\r\\n  \\"subCode\\": \\"MessageWritesBlocked\\"}"}'
THROTTLED = (
    b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId"
)
TOO_LARGE = (
    b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId"
)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (403, fault("ConversationBlockedByUser"), Rejected, "address"),
        (403, fault("BotNotInConversationRoster"), Rejected, "address"),
        (403, fault("BotDisabledByAdmin"), Rejected, "address"),
        (403, BLOCKED, Rejected, "address"),
        (403, fault("Forbidden"), Deferred, "vendor_credentials"),
        (401, fault("BotNotRegistered"), Deferred, "vendor_credentials"),
        (404, fault("ConversationNotFound"), Rejected, "address"),
        (410, b"<html>", Rejected, "address"),
        (412, fault("PreconditionFailed"), Deferred, "vendor_unavailable"),
        (413, fault("MessageSizeTooBig"), Rejected, "content"),
        (429, fault("Throttled"), Deferred, "vendor_rate_limited"),
        (502, b"<html>", Deferred, "vendor_unavailable"),
        (503, b"", Deferred, "vendor_unavailable"),
        (400, fault("BadSyntax"), Rejected, "vendor_refused"),
        (400, fault("WorkflowTriggerIsNotEnabled"), Rejected, "address"),
        (400, fault("TriggerInputSchemaMismatch"), Rejected, "content"),
        (401, fault("DirectApiAuthorizationRequired"), Rejected, "address"),
        (200, THROTTLED, Deferred, "vendor_rate_limited"),
        (200, TOO_LARGE, Rejected, "content"),
        (200, b"Something else", Uncertain, "answer_unreadable"),
        (200, b'{"id": ""}', Uncertain, "answer_unreadable"),
    ],
)
def test_what_teams_means(status: int, body: bytes, kind: type[Outcome], code: str) -> None:
    outcome = read_outcome(HttpAnswer(status, {}, body))
    assert isinstance(outcome, kind), outcome
    assert not isinstance(outcome, Accepted)
    assert outcome.code == code


@pytest.mark.parametrize(("status", "body"), [(202, b""), (200, b"1"), (200, b"1\n")])
def test_webhooks_take_a_message_without_naming_it(status: int, body: bytes) -> None:
    assert read_outcome(HttpAnswer(status, {}, body)) == Accepted()
