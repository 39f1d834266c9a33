"""The calls that both clients offer, defined once: plain calls on one, coroutines on the other."""

from __future__ import annotations

from typing import Any, Protocol, Self

from suprsend.operation import operation
from suprsend.protocol import Steps, exchange
from suprsend.resources.attachment import attach_to_body
from suprsend.resources.bulk import Bulk, BulkFactory
from suprsend.resources.event import EVENTS, Event, tracking
from suprsend.resources.lists import SubscriberLists
from suprsend.resources.messages import Messages
from suprsend.resources.objects import Objects
from suprsend.resources.profiles import UserProfiles
from suprsend.resources.tenants import Brands, Tenants
from suprsend.resources.trigger_request import Workflows
from suprsend.resources.user import USERS, User, Users
from suprsend.resources.workflow import WORKFLOWS, Workflow, trigger
from suprsend.results import Result, read_result
from suprsend.settings import Settings
from suprsend.signing import ApiKey, WorkspaceSecret
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
    def bulk_workflows(self) -> BulkFactory[Bulk[Self, Workflow]]:
        """Trigger many workflows in few requests."""
        return BulkFactory(lambda: Bulk(self, WORKFLOWS))

    @property
    def bulk_events(self) -> BulkFactory[Bulk[Self, Event]]:
        """Track many events in few requests."""
        return BulkFactory(lambda: Bulk(self, EVENTS))

    @property
    def bulk_users(self) -> BulkFactory[Bulk[Self, User[Any]]]:
        """Save many profiles in few requests."""
        return BulkFactory(lambda: Bulk(self, USERS))

    @property
    def workflows(self) -> Workflows[Self]:
        """Run workflows that the platform keeps."""
        return Workflows(self)

    @property
    def users(self) -> UserProfiles[Self]:
        """Read, write and delete users, and their preferences."""
        return UserProfiles(self)

    @property
    def objects(self) -> Objects[Self]:
        """Keep things that users subscribe to."""
        return Objects(self)

    @property
    def subscriber_lists(self) -> SubscriberLists[Self]:
        """Keep lists of users, and broadcast to them."""
        return SubscriberLists(self)

    @property
    def tenants(self) -> Tenants[Self]:
        """Keep tenants."""
        return Tenants(self)

    @property
    def brands(self) -> Brands[Self]:
        """Keep brands, the old name of tenants."""
        return Brands(self)

    @property
    def messages(self) -> Messages[Self]:
        """Read what became of messages, and mark them."""
        return Messages(self)

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
        attach_to_body(body, file_path, file_name, ignore_if_error=ignore_if_error)
        return body

    @property
    def workspace_key(self) -> str | None:
        """Return the workspace key this client was built with; None if it was built with an API key."""
        credentials = self.settings.credentials
        return credentials.key if isinstance(credentials, WorkspaceSecret) else None

    @property
    def workspace_secret(self) -> str | None:
        """Return the workspace secret this client was built with; None if it was built with an API key."""
        credentials = self.settings.credentials
        return credentials.secret if isinstance(credentials, WorkspaceSecret) else None

    @property
    def workspace_uid(self) -> str | None:
        """Return the workspace uid this client was built with; None if it was built with a key and secret."""
        return self.settings.workspace if isinstance(self.settings.credentials, ApiKey) else None

    @property
    def base_url(self) -> str:
        """Return the URL that every path is appended to."""
        return self.settings.base_url

    @property
    def user_agent(self) -> str:
        """Return the User-Agent header of every request."""
        return self.settings.user_agent

    @property
    def sdk_version(self) -> str:
        """Return the version of this package."""
        return __version__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings.workspace!r}, '***', base_url={self.base_url!r})"
