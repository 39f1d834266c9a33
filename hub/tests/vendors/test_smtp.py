"""Mail over real SMTP connections: encryption, login, reuse, and what refusals mean."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.behaviour import Behaviour, Delay, Drop, Fail, RateLimit, Refuse
from suprsend_hub.simulators.certificate import make_certificate
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.simulators.smtp import SmtpDemands
from suprsend_hub.vendors.sender import Sender

MakeAccount = Callable[..., VendorAccount]
MakeMessage = Callable[..., OutgoingMessage]
RunSmtp = Callable[[dict[str, bytes | None]], Awaitable[tuple[int, Any]]]

DEMANDING = SmtpDemands(certificate=make_certificate(), username="ann", password="pässword with spaces")


@pytest.fixture
def account(simulation: Simulation, make_account: MakeAccount) -> VendorAccount:
    """An account at the stand-in, without encryption and login."""
    return make_account("smtp", simulation.vendor_settings()["smtp"])


def with_settings(account: VendorAccount, **settings: object) -> VendorAccount:
    """The same account with some settings changed."""
    return replace(account, settings={**account.settings, **settings}, revision=account.revision + 1)


async def test_mail_goes_encrypted_and_logged_in(
    sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    async with Simulation(smtp_demands=DEMANDING) as demanding:
        account = make_account("smtp", demanding.vendor_settings()["smtp"])
        assert isinstance(await sender.send(account, make_message()), Accepted)
        assert isinstance(await sender.send(account, make_message()), Accepted)
        assert (demanding.received.total, demanding.smtp.connections) == (2, 1)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"password": "wrong"}, "vendor_credentials"),
        ({"username": None, "password": None}, "vendor_credentials"),
        ({"ca_certificate": None}, "vendor_tls"),
        ({"ca_certificate": make_certificate().certificate}, "vendor_tls"),
        ({"security": "none"}, "vendor_credentials"),
        ({"security": "tls"}, "vendor_tls"),
    ],
)
async def test_what_the_server_demands_and_does_not_get_defers(
    settings: dict[str, object], code: str, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    async with Simulation(smtp_demands=DEMANDING) as demanding:
        account = make_account("smtp", {**demanding.vendor_settings()["smtp"], **settings})
        outcome = await sender.send(account, make_message())
        assert isinstance(outcome, Deferred), outcome
        assert outcome.code == code
        assert "pässword" not in outcome.detail
        assert demanding.received.total == 0


async def test_encryption_is_never_given_up_silently(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    outcome = await sender.send(with_settings(account, security="starttls"), make_message())
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_tls"
    assert simulation.received.total == 0


async def test_messages_one_after_another_share_a_connection(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    for number in range(20):
        assert isinstance(await sender.send(account, make_message(id=f"m{number}")), Accepted)
    assert (simulation.received.total, simulation.smtp.connections) == (20, 1)


async def test_messages_at_once_open_no_more_connections_than_allowed(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    account = with_settings(account, max_connections=3)
    outcomes = await asyncio.gather(*(sender.send(account, make_message(id=f"m{number}")) for number in range(40)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert {each.message_id for each in simulation.received} == {f"m{number}" for number in range(40)}
    assert simulation.smtp.connections <= 3


async def test_a_connection_is_replaced_after_its_share_of_messages(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    account = with_settings(account, messages_per_connection=2)
    for _ in range(6):
        assert isinstance(await sender.send(account, make_message()), Accepted)
    assert simulation.smtp.connections == 3


async def test_an_idle_connection_is_closed(
    sender: Sender, account: VendorAccount, run_smtp: RunSmtp, make_message: MakeMessage
) -> None:
    port, script = await run_smtp({})
    account = with_settings(account, port=port, idle_seconds=0.05)
    assert isinstance(await sender.send(account, make_message()), Accepted)
    async with asyncio.timeout(5):
        await script.left.wait()


async def test_a_kept_connection_that_died_is_replaced_without_a_trace(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    assert isinstance(await sender.send(account, make_message(id="one")), Accepted)
    simulation.smtp.disconnect_everybody()
    assert isinstance(await sender.send(account, make_message(id="two")), Accepted)
    assert [each.message_id for each in simulation.received] == ["one", "two"]
    assert simulation.smtp.connections == 2


async def test_a_kept_connection_that_dies_at_the_first_word_is_replaced(
    sender: Sender, account: VendorAccount, run_smtp: RunSmtp, make_message: MakeMessage
) -> None:
    port, script = await run_smtp({})
    account = with_settings(account, port=port)
    assert isinstance(await sender.send(account, make_message()), Accepted)
    for said in (b"", b"421 4.4.2 idle too long\r\n"):
        script.replies_once["MAIL"] = said
        visits = script.visits
        assert isinstance(await sender.send(account, make_message()), Accepted)
        assert script.visits == visits + 1


async def test_a_server_that_closes_new_connections_defers(
    sender: Sender, account: VendorAccount, run_smtp: RunSmtp, make_message: MakeMessage
) -> None:
    port, script = await run_smtp({"MAIL": b""})
    outcome = await sender.send(with_settings(account, port=port), make_message())
    assert isinstance(outcome, Deferred)
    assert (outcome.code, script.visits) == ("vendor_unreachable", 1)


async def test_a_late_reply_is_never_taken_for_another_messages(
    sender: Sender, account: VendorAccount, run_smtp: RunSmtp, make_message: MakeMessage
) -> None:
    port, script = await run_smtp({})
    account = with_settings(account, port=port, timeout_seconds=0.3)
    script.replies_once["RCPT"] = None
    assert isinstance(await sender.send(account, make_message()), Deferred)
    assert isinstance(await sender.send(account, make_message()), Accepted)
    assert script.visits == 2


@pytest.mark.parametrize(
    ("replies", "outcome_class", "code"),
    [
        ({"MAIL": b"550 5.7.1 not you\r\n"}, Rejected, "sender_refused"),
        ({"RCPT": b"550 5.1.1 nobody\r\n"}, Rejected, "recipient_refused"),
        ({"RCPT": b"452 4.2.2 full\r\n"}, Deferred, "recipient_deferred"),
        ({"RCPT": b""}, Deferred, "vendor_unreachable"),
        ({"DATA": b"554 5.7.1 no\r\n"}, Rejected, "content_refused"),
        ({"DATA": b""}, Deferred, "vendor_unreachable"),
        ({"content": b"552 5.3.4 too big\r\n"}, Rejected, "content_refused"),
        ({"content": b"451 4.3.0 disk\r\n"}, Deferred, "vendor_unavailable"),
        ({"content": b"421 4.3.0 bye\r\n"}, Deferred, "vendor_unavailable"),
        ({"content": b""}, Uncertain, "answer_lost"),
        ({"EHLO": b"502 no\r\n", "HELO": b"502 no\r\n"}, Deferred, "vendor_unavailable"),
        ({"EHLO": b""}, Deferred, "vendor_unreachable"),
        ({"greeting": b""}, Deferred, "vendor_unreachable"),
    ],
)
async def test_each_refusal_leads_to_its_outcome(
    replies: dict[str, bytes | None],
    outcome_class: type[Rejected | Deferred | Uncertain],
    code: str,
    sender: Sender,
    account: VendorAccount,
    run_smtp: RunSmtp,
    make_message: MakeMessage,
) -> None:
    port, _ = await run_smtp(replies)
    outcome = await sender.send(with_settings(account, port=port), make_message())
    assert isinstance(outcome, outcome_class), outcome
    assert outcome.code == code


async def test_after_a_refusal_the_connection_carries_the_next_message(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    simulation.behaviours.set("bob@example.org", Refuse())
    assert isinstance(await sender.send(account, make_message(address="bob@example.org")), Rejected)
    assert isinstance(await sender.send(account, make_message()), Accepted)
    assert [each.recipient for each in simulation.received] == ["ann@example.org"]
    assert simulation.smtp.connections == 1


async def test_a_server_that_only_knows_helo_gets_mail_too(
    sender: Sender, account: VendorAccount, run_smtp: RunSmtp, make_message: MakeMessage
) -> None:
    port, _ = await run_smtp({"EHLO": b"500 what\r\n"})
    assert isinstance(await sender.send(with_settings(account, port=port), make_message()), Accepted)


@pytest.mark.parametrize(
    ("behaviour", "outcomes"),
    [
        (Fail(times=2), [Deferred, Deferred, Accepted]),
        (RateLimit(times=1, retry_after=30), [Deferred, Accepted]),
        (Drop(times=1), [Uncertain, Accepted]),
        (Delay(seconds=0.05), [Accepted]),
        (Refuse(), [Rejected, Rejected]),
    ],
)
async def test_the_stand_in_behaves_as_told(
    behaviour: Behaviour,
    outcomes: list[type],
    sender: Sender,
    simulation: Simulation,
    account: VendorAccount,
    make_message: MakeMessage,
) -> None:
    simulation.behaviours.set("ann@example.org", behaviour)
    assert [type(await sender.send(account, make_message())) for _ in outcomes] == outcomes
    taken = sum(outcome in (Accepted, Uncertain) for outcome in outcomes)
    assert len(simulation.received.find("ann@example.org")) == taken


async def test_copies_reach_everybody_and_blind_ones_are_not_shown(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    content = {
        "subject": "All",
        "body": {"type": "plain_text", "plain_text": {"text": "hello"}},
        "extra_to": "two@example.org, Three <three@example.org>",
        "cc": "four@example.org",
        "bcc": "five@example.org, ann@example.org",
        "reply_to": "Desk <desk@example.org>",
    }
    assert isinstance(await sender.send(account, make_message(content=content)), Accepted)
    received = list(simulation.received)
    names = ["ann", "two", "three", "four", "five"]
    assert [each.recipient for each in received] == [f"{name}@example.org" for name in names]
    headers = received[0].content["headers"]
    assert headers["To"] == "ann@example.org, two@example.org, Three <three@example.org>"
    assert (headers["Cc"], headers["Reply-To"]) == ("four@example.org", "Desk <desk@example.org>")
    assert "five" not in received[0].raw.decode()


async def test_a_copy_that_is_refused_does_not_hold_up_the_message(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    simulation.behaviours.set("copy@example.org", Refuse())
    message = make_message()
    outcome = await sender.send(
        account, structs.replace(message, content={**message.content, "cc": "copy@example.org"})
    )
    assert isinstance(outcome, Accepted)
    assert [each.recipient for each in simulation.received] == ["ann@example.org"]


async def test_an_address_in_another_script_arrives_where_the_server_knows_them(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    assert isinstance(await sender.send(account, make_message(address="用户@例え.jp")), Accepted)
    [received] = simulation.received.find("用户@例え.jp")
    assert received.recipient == "用户@xn--r8jz45g.jp"


async def test_without_smtputf8_the_domain_is_written_in_ascii_and_other_local_parts_are_rejected(
    sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    async with Simulation(smtp_demands=SmtpDemands(knows_unicode_addresses=False)) as old:
        account = make_account("smtp", old.vendor_settings()["smtp"])
        assert isinstance(await sender.send(account, make_message(address="ann@straße.de")), Accepted)
        assert [each.recipient for each in old.received] == ["ann@xn--strae-oqa.de"]
        outcome = await sender.send(account, make_message(address="用户@example.org"))
        assert isinstance(outcome, Rejected)
        assert outcome.code == "address"
        assert isinstance(await sender.send(account, make_message()), Accepted)
        assert old.smtp.connections == 1


@pytest.mark.parametrize(
    "address",
    ["", "@", "ann", "ann@", "@example.org", "a b@example.org", "ann@example.org\r\nRCPT TO:<b@example.org>"],
)
async def test_what_is_no_address_is_rejected_before_anything_is_sent(
    address: str, sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    outcome = await sender.send(account, make_message(address=address))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "address"
    assert simulation.smtp.connections == 0


async def test_stopping_a_send_closes_its_connection(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    simulation.behaviours.set("*", Delay(seconds=60))
    task = asyncio.create_task(sender.send(account, make_message()))
    await simulation.received.wait_for(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    simulation.behaviours.clear()
    assert isinstance(await sender.send(account, make_message()), Accepted)
    assert simulation.smtp.connections == 2
