"""What the stand-ins of the text vendors report under chaos: deliveries, failures, and of some messages nothing."""

import asyncio
from collections import defaultdict
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.received import Received
from suprsend_hub.simulators.simulation import Simulation

# The account that waits for reports, and the one that takes over.
WAITING, OTHER = "twilio", "vonage"


def fails_first(number: int) -> bool:
    """Whether the first vendor that takes a person's text reports later that it failed."""
    return number % 10 == 1


def is_silent(number: int) -> bool:
    """Whether no vendor ever reports on a person's texts."""
    return number % 20 == 3


class Reporter:
    """Reports on every text that a vendor took, as soon as it took it, until the hub has heard it."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._taken_by: dict[int, list[str]] = defaultdict(list)
        self._told = 0
        self.failures = 0

    @property
    def has_told_everything(self) -> bool:
        """Whether there is nothing that the hub has not heard."""
        return self._told == len(self._texts())

    async def run(self) -> None:
        """Report until cancelled."""
        async with ClientBuilder().timeout(timedelta(seconds=10)).build() as client:
            while True:
                fresh = self._texts()[self._told :]
                await asyncio.gather(*(self._report(client, each) for each in fresh[:20]))
                self._told += len(fresh[:20])
                await asyncio.sleep(0.02)

    def is_mended(self, number: int) -> bool:
        """Whether another vendor took the text where the first one failed, or kept silent and was waited for."""
        vendors = self._taken_by[number]
        if fails_first(number):
            return len(set(vendors)) > 1
        return not is_silent(number) or WAITING not in vendors or OTHER in vendors

    @property
    def handed_on(self) -> int:
        """How many texts more than one vendor took."""
        return sum(len(set(vendors)) > 1 for vendors in self._taken_by.values())

    def _texts(self) -> list[Received]:
        return self._simulation.received.find(channel="sms")

    async def _report(self, client: Client, text: Received) -> None:
        number = int(text.recipient[-7:])
        vendors = self._taken_by[number]
        vendors.append(text.vendor)
        if is_silent(number):
            return
        happening: Happening = "failed" if fails_first(number) and text.vendor == vendors[0] else "delivered"
        self.failures += happening == "failed"
        post = text.report(happening, self._simulation.now())
        assert post is not None, f"{text.vendor} was not told where to report"
        while True:
            try:
                sent = client.post(post.url).headers(dict(post.headers)).body_bytes(post.body)
                status = (await sent.build().send()).status
            except PyreqwestError:
                status = 503
            if status == 200:
                return
            assert status >= 500, f"the hub answered a report of {text.vendor} with {status}"
            await asyncio.sleep(0.2)
