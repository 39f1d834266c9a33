"""The calls that both clients offer, defined once: plain calls on one, coroutines on the other."""

from __future__ import annotations

from typing import Any, Protocol, Self

from suprsend.operation import operation
from suprsend.protocol import Steps, exchange
from suprsend.resources.attachment import attach
from suprsend.resources.bulk import BulkEvents, BulkFactory, BulkUsers, BulkWorkflows
from suprsend.resources.event import Event, tracking
from suprsend.resources.user import Users
from suprsend.resources.workflow import Workflow, trigger
from suprsend.results import Result, read_result
from suprsend.settings import USER_AGENT, Settings
from suprsend.version import __version__


class Surface(Protocol):
    """Everything an app can ask of the platform, whichever client it holds."""

    settings: Settings

    @operation
    def trigger_workflow(self, data: Workflow | dict[str, Any]) -> Steps[Result]:
        """Run a workflow for 1 to 100 users.

        Returns `{"success", "status", "status_code", "message"}`; if no answer came, `success` is False,
        `status_code` 500 and `message` says what happened. Raises SuprsendValidationError, which names the
        field, and InputValueError if the body is above 800 KB.

            client.trigger_workflow(Workflow(
                {
                    "name": "Purchase Workflow",
                    "template": "purchase-made",
                    "notification_category": "transactional",
                    "users": [{"distinct_id": "user-1"}],
                    "delay": "15m",
                    "data": {"amount": 10},
                },
                idempotency_key="order-981",
            ))
        """
        workflow = data if isinstance(data, Workflow) else Workflow(data)
        send = trigger(workflow, self.settings)
        return read_result((yield from exchange(send, self.settings.policy)))

    @operation
    def track_event(self, event: Event) -> Steps[Result]:
        """Record that a user did something.

        Returns and raises what `trigger_workflow` does.

            client.track_event(Event("user-1", "ORDER_PLACED", {"amount": 10}))
        """
        send = tracking(event, self.settings)
        return read_result((yield from exchange(send, self.settings.policy)))

    @operation
    def track(
        self,
        distinct_id: str,
        event_name: str,
        properties: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        tenant_id: str | None = None,
        brand_id: str | None = None,
    ) -> Steps[Result]:
        """Record that a user did something, without making an `Event` first.

        Returns and raises what `trigger_workflow` does.

            client.track("user-1", "ORDER_PLACED", {"amount": 10})
        """
        event = Event(distinct_id, event_name, properties, idempotency_key, tenant_id or brand_id)
        send = tracking(event, self.settings)
        return read_result((yield from exchange(send, self.settings.policy)))

    @property
    def user(self) -> Users[Self]:
        """Edit one user's profile: `client.user.get_instance("user-1")`."""
        return Users(self)

    @property
    def bulk_workflows(self) -> BulkFactory[BulkWorkflows[Self]]:
        """Trigger many workflows in few requests."""
        return BulkFactory(lambda: BulkWorkflows(self))

    @property
    def bulk_events(self) -> BulkFactory[BulkEvents[Self]]:
        """Track many events in few requests."""
        return BulkFactory(lambda: BulkEvents(self))

    @property
    def bulk_users(self) -> BulkFactory[BulkUsers[Self]]:
        """Save many profiles in few requests."""
        return BulkFactory(lambda: BulkUsers(self))

    def add_attachment(
        self,
        body: dict[str, Any],
        file_path: str,
        file_name: str | None = None,
        ignore_if_error: bool = False,
    ) -> dict[str, Any]:
        """Add a file or a URL to a workflow body's `data.$attachments`, and return the body.

        Raises FileNotFoundError (any OSError) unless `ignore_if_error`.
        """
        data = body.setdefault("data", {})
        if data is None:
            data = body["data"] = {}
        attach(data, file_path, file_name, ignore_if_error=ignore_if_error)
        return body

    @property
    def workspace_key(self) -> str:
        """Return the workspace key this client was built with."""
        return self.settings.workspace_key

    @property
    def workspace_secret(self) -> str:
        """Return the workspace secret this client was built with."""
        return self.settings.workspace_secret

    @property
    def base_url(self) -> str:
        """Return the URL that every path is appended to."""
        return self.settings.base_url

    @property
    def user_agent(self) -> str:
        """Return the User-Agent header of every request."""
        return USER_AGENT

    @property
    def sdk_version(self) -> str:
        """Return the version of this package."""
        return __version__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.workspace_key!r}, '***', base_url={self.base_url!r})"
