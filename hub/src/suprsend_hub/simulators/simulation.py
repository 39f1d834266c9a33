"""Every stand-in together, as `dev` and the tests use them."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Self

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.apns import ApnsSimulator
from suprsend_hub.simulators.apprise import AppriseSimulator
from suprsend_hub.simulators.behaviour import Behaviours
from suprsend_hub.simulators.fcm import FcmSimulator
from suprsend_hub.simulators.mailgun import MailgunSimulator
from suprsend_hub.simulators.ms_teams import MsTeamsSimulator
from suprsend_hub.simulators.msg91 import Msg91Simulator
from suprsend_hub.simulators.oppo import OppoSimulator
from suprsend_hub.simulators.plivo import PlivoSimulator
from suprsend_hub.simulators.postmark import PostmarkSimulator
from suprsend_hub.simulators.received import MOST_KEPT, ReceivedMessages
from suprsend_hub.simulators.reception import Reception, StandIn
from suprsend_hub.simulators.resend import ResendSimulator
from suprsend_hub.simulators.sendgrid import SendgridSimulator
from suprsend_hub.simulators.ses import SesSimulator
from suprsend_hub.simulators.slack import SlackSimulator
from suprsend_hub.simulators.smtp import SmtpDemands, SmtpSimulator
from suprsend_hub.simulators.sns import SnsSimulator
from suprsend_hub.simulators.twilio import TWILIO_SMS
from suprsend_hub.simulators.twilio_api import TwilioSimulator
from suprsend_hub.simulators.twilio_whatsapp import TWILIO_WHATSAPP
from suprsend_hub.simulators.vonage import VonageSimulator
from suprsend_hub.simulators.web_push import WebPushSimulator
from suprsend_hub.simulators.webhook import WebhookSimulator
from suprsend_hub.simulators.whatsapp_cloud import WhatsappCloudSimulator
from suprsend_hub.simulators.xiaomi import XiaomiSimulator

# Those of which nobody asks more than to take messages.
STAND_INS: Mapping[str, Callable[[Reception], StandIn]] = MappingProxyType(
    {
        "sendgrid": SendgridSimulator,
        "mailgun": MailgunSimulator,
        "postmark": PostmarkSimulator,
        "resend": ResendSimulator,
        "ses": SesSimulator,
        "twilio": partial(TwilioSimulator, channel=TWILIO_SMS),
        "vonage": VonageSimulator,
        "plivo": PlivoSimulator,
        "msg91": Msg91Simulator,
        "sns": SnsSimulator,
        "whatsapp_cloud": WhatsappCloudSimulator,
        "twilio_whatsapp": partial(TwilioSimulator, channel=TWILIO_WHATSAPP),
        "xiaomi": XiaomiSimulator,
        "apns": ApnsSimulator,
        "webhook": WebhookSimulator,
        "apprise": AppriseSimulator,
    }
)


def _read_clock() -> datetime:
    return datetime.now(UTC)


class Simulation:
    """Starts the stand-ins in the running event loop; they share behaviours and what they received."""

    def __init__(
        self,
        *,
        smtp_port: int = 0,
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
        self.browser = WebPushSimulator(reception)
        self.slack = SlackSimulator(reception)
        self.ms_teams = MsTeamsSimulator(reception)
        self.oppo = OppoSimulator(reception)
        self.services: Mapping[str, StandIn] = {
            **{name: make(reception) for name, make in STAND_INS.items()},
            "fcm": self.fcm,
            "vapid": self.browser,
            "slack": self.slack,
            "ms_teams": self.ms_teams,
            "oppo": self.oppo,
        }
        self._smtp_port = smtp_port
        self._running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            await self.smtp.start(self._smtp_port)
            starting.push_async_callback(self.smtp.stop)
            for each in self.services.values():
                await each.server.start()
                starting.push_async_callback(each.server.stop)
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
        return {"smtp": smtp, **{name: each.settings() for name, each in self.services.items()}}
