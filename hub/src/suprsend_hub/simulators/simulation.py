"""Every stand-in together, as `dev` and the tests use them."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Self

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.behaviour import Behaviours
from suprsend_hub.simulators.fcm import FcmSimulator
from suprsend_hub.simulators.plivo import PlivoSimulator
from suprsend_hub.simulators.received import MOST_KEPT, ReceivedMessages
from suprsend_hub.simulators.reception import Reception
from suprsend_hub.simulators.ses import SesSimulator
from suprsend_hub.simulators.smtp import SmtpDemands, SmtpSimulator
from suprsend_hub.simulators.twilio import TwilioSimulator
from suprsend_hub.simulators.vonage import VonageSimulator


def _read_clock() -> datetime:
    return datetime.now(UTC)


class Simulation:
    """Starts the stand-ins in the running event loop; they share behaviours and what they received."""

    def __init__(
        self,
        *,
        smtp_port: int = 0,
        fcm_port: int = 0,
        smtp_demands: SmtpDemands | None = None,
        most_kept: int = MOST_KEPT,
        now: Callable[[], datetime] = _read_clock,
    ) -> None:
        self.now = now
        self.behaviours = Behaviours()
        self.received = ReceivedMessages(most_kept)
        self._demands = smtp_demands or SmtpDemands()
        self.smtp = SmtpSimulator(self.behaviours, self.received, now, self._demands)
        reception = Reception(self.behaviours, self.received, now)
        self.reports_to = reception.reports_to
        self.fcm = FcmSimulator(reception)
        self.ses = SesSimulator(reception)
        self.twilio = TwilioSimulator(reception)
        self.vonage = VonageSimulator(reception)
        self.plivo = PlivoSimulator(reception)
        self._ports = (smtp_port, fcm_port)
        self._running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            await self.smtp.start(self._ports[0])
            starting.push_async_callback(self.smtp.stop)
            await self.fcm.start(self._ports[1])
            starting.push_async_callback(self.fcm.stop)
            for each in (self.ses, self.twilio, self.vonage, self.plivo):
                await each.start()
                starting.push_async_callback(each.stop)
            self._running = starting.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._running.aclose()

    @property
    def smtp_port(self) -> int:
        """Where the SMTP server listens on 127.0.0.1."""
        return self.smtp.port

    @property
    def fcm_url(self) -> str:
        """The address of the FCM service."""
        return self.fcm.url

    def vendor_settings(self) -> dict[str, Document]:
        """For each vendor the settings of an account that points at its stand-in."""
        demands = self._demands
        smtp: Document = {
            "host": "127.0.0.1",
            "port": self.smtp_port,
            "security": "none" if demands.certificate is None else "starttls",
            "from_address": "hub@example.com",
            "from_name": "Hub",
        }
        if demands.certificate is not None:
            smtp["ca_certificate"] = demands.certificate.certificate
        if demands.username is not None:
            smtp |= {"username": demands.username, "password": demands.password}
        return {
            "smtp": smtp,
            "ses": self.ses.settings(),
            "twilio": self.twilio.settings(),
            "vonage": self.vonage.settings(),
            "plivo": self.plivo.settings(),
            "fcm": {"service_account": self.fcm.service_account(), "base_url": self.fcm_url},
        }
