"""Messages that arrive: every vendor against its stand-in."""

from collections.abc import Callable

import msgspec
import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.sender import Sender

MakeAccount = Callable[..., VendorAccount]
MakeMessage = Callable[..., OutgoingMessage]


# A text message is its text: there is no room for an id or a title.
ONLY_TEXT = ("sms", "whatsapp", "slack", "ms_teams")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_message_reaches_its_vendor_with_its_id_and_title(
    vendor: str, sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    # Browsers and Teams are reached at addresses that lead to the stand-in.
    addresses = {"vapid": simulation.browser.subscription("ann"), "ms_teams": simulation.ms_teams.person("ann")}
    message = make_message(vendor)
    if vendor in addresses:
        message = make_message(vendor, address=msgspec.json.encode(addresses[vendor]).decode())
    account = make_account(vendor, simulation.vendor_settings()[vendor])
    outcome = await sender.send(account, message)
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    assert received.channel == message.channel
    if message.channel not in ONLY_TEXT:
        assert (received.message_id, received.title) == (message.id, "Your order")
    assert "Thank you" in str(received.content)
