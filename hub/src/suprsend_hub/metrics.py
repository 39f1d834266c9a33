"""What a process counts for Prometheus."""

import collections
import time
from collections.abc import Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from suprsend_hub.actions.send import Deliver
from suprsend_hub.actions.settle import Result
from suprsend_hub.actions.tell import Told
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Outcome
from suprsend_hub.domain.vendor import VendorAccount


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._settled = Counter(
            "suprsend_hub_messages_settled",
            "Tries written down, by what became of the message.",
            ["status"],
            registry=self.registry,
        )
        self._calls = Counter(
            "suprsend_hub_vendor_calls",
            "Messages handed to vendors.",
            ["channel", "vendor", "outcome"],
            registry=self.registry,
        )
        self._told = Counter(
            "suprsend_hub_webhooks_told",
            "Tries to tell endpoints what became of messages, by what became of the delivery.",
            ["state"],
            registry=self.registry,
        )
        self._sockets = Gauge(
            "suprsend_hub_inbox_sockets",
            "Sockets of inboxes that are open, by clients that said who they are.",
            registry=self.registry,
        )
        self._seconds = Histogram(
            "suprsend_hub_vendor_seconds",
            "How long vendors take to answer.",
            ["vendor"],
            registry=self.registry,
        )
        # Two are looked up for each message; there are few of them.
        self._call, self._answer_time = cache(self._calls.labels), cache(self._seconds.labels)

    def count_sockets(self, number: int) -> None:
        """Note how many sockets of inboxes are open."""
        self._sockets.set(number)

    def counting_deliver(self, deliver: Deliver) -> Deliver:
        """The same delivery, counted and timed."""

        async def counted(account: VendorAccount, message: OutgoingMessage) -> Outcome:
            began = time.perf_counter()
            outcome = await deliver(account, message)
            self._answer_time(account.vendor).observe(time.perf_counter() - began)
            self._call(account.channel, account.vendor, type(outcome).__name__.lower()).inc()
            return outcome

        return counted

    def count_settled(self, results: Sequence[Result]) -> None:
        """Count tries that were written down."""
        for status, count in collections.Counter(each.settlement.status for each in results).items():
            self._settled.labels(status).inc(count)

    def count_told(self, told: Told) -> None:
        """Count what a turn at telling an endpoint came to."""
        for delivery in told.deliveries:
            self._told.labels(delivery.state).inc()
