"""The SMTP stand-in, spoken to by the standard library's own client."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from suprsend_hub.simulators.behaviour import Drop, Fail, RateLimit, Refuse
from suprsend_hub.simulators.certificate import make_certificate
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.simulators.smtp import SmtpDemands


def mail(recipient: str) -> EmailMessage:
    """A mail with text, HTML and a file."""
    written = EmailMessage()
    written["From"] = "shop@example.com"
    written["To"] = recipient
    written["Subject"] = "Grüße ✓"
    written["Message-ID"] = "<m1@example.com>"
    written.set_content(".one\n.two\n")
    written.add_alternative("<p>ünï</p>", subtype="html")
    written.add_attachment(b"\x00\xff", maintype="application", subtype="pdf", filename="a.pdf")
    return written


async def visit(port: int, talk: Callable[[smtplib.SMTP], object]) -> object:
    """Run a blocking client beside the server."""

    def run() -> object:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            return talk(client)

    return await asyncio.to_thread(run)


async def test_a_mail_is_kept_as_people_see_it() -> None:
    async with Simulation() as simulation:
        await visit(simulation.smtp_port, lambda client: client.send_message(mail("ann@example.org")))
        [received] = simulation.received.find("ann@example.org", "email")
        content = received.content
        assert (received.message_id, received.title, received.vendor) == ("m1", "Grüße ✓", "smtp")
        assert (content["text"], content["html"]) == (".one\n.two\n", "<p>ünï</p>\n")
        assert content["attachments"] == [{"filename": "a.pdf", "content_type": "application/pdf", "bytes": 2}]
        assert content["headers"]["From"] == "shop@example.com"


async def test_each_recipient_of_a_mail_is_treated_and_kept_apart() -> None:
    async with Simulation() as simulation:
        simulation.behaviours.set("bob@example.org", Refuse())
        simulation.behaviours.set("cid@example.org", Fail(times=1))
        simulation.behaviours.set("dan@example.org", RateLimit(times=1, retry_after=7))
        crowd = [f"{name}@example.org" for name in ("ann", "bob", "cid", "dan", "eve")]
        refused = await visit(
            simulation.smtp_port, lambda client: client.sendmail("shop@example.com", crowd, "Subject: x\r\n\r\nx")
        )
        assert isinstance(refused, dict)
        assert {address: code for address, (code, _) in refused.items()} == {
            "bob@example.org": 550,
            "cid@example.org": 451,
            "dan@example.org": 450,
        }
        assert b"4.7.1" in refused["dan@example.org"][1]
        assert [each.recipient for each in simulation.received] == ["ann@example.org", "eve@example.org"]


async def test_a_dropped_mail_is_kept_though_nobody_says_so() -> None:
    async with Simulation() as simulation:
        simulation.behaviours.set("ann@example.org", Drop(times=1))
        with pytest.raises(smtplib.SMTPServerDisconnected):
            await visit(simulation.smtp_port, lambda client: client.send_message(mail("ann@example.org")))
        await visit(simulation.smtp_port, lambda client: client.send_message(mail("ann@example.org")))
        assert [(each.attempt, each.behaviour) for each in simulation.received] == [(1, "drop"), (2, "accept")]


async def test_a_demanding_server_takes_mail_only_encrypted_and_logged_in() -> None:
    certificate = make_certificate()
    demands = SmtpDemands(certificate=certificate, username="ann", password="open sesame")
    trust = ssl.create_default_context(cadata=certificate.certificate)

    def talk(client: smtplib.SMTP) -> object:
        client.ehlo()
        assert client.mail("shop@example.com")[0] == 530
        client.starttls(context=trust)
        client.ehlo()
        assert client.mail("shop@example.com")[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("ann", "wrong")
        client.login("ann", "open sesame")
        return client.send_message(mail("ann@example.org"))

    async with Simulation(smtp_demands=demands) as simulation:
        await visit(simulation.smtp_port, talk)
        assert simulation.received.total == 1
    assert "sesame" not in repr(demands)
    assert "PRIVATE" not in repr(certificate)


async def test_a_login_can_be_demanded_without_encryption() -> None:
    def talk(client: smtplib.SMTP) -> object:
        client.ehlo()
        assert client.mail("shop@example.com")[0] == 530
        client.login("ann", "x")
        return client.send_message(mail("ann@example.org"))

    async with Simulation(smtp_demands=SmtpDemands(username="ann", password="x")) as simulation:
        await visit(simulation.smtp_port, talk)
        assert simulation.received.total == 1


async def test_stopping_closes_connections_and_frees_the_port() -> None:
    async with Simulation() as simulation:
        port = simulation.smtp_port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"220 ")
    assert await reader.read() == b""
    writer.close()
    async with Simulation(smtp_port=port) as again:
        assert again.smtp_port == port
