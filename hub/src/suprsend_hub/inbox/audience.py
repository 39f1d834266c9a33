"""Who listens to which inbox in this process."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from suprsend_hub.domain.fault import TooManyRequests
from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.inbox.greeting import Guest
from suprsend_hub.inbox.line import Line

# Tabs and devices of one person in one tenant.
MOST_OF_A_PERSON = 50


@dataclass(frozen=True, slots=True)
class Listener:
    """One client that is told of changes."""

    session: str
    guest: Guest
    line: Line


class Audience:
    """The listeners of every inbox; `count` is told how many there are."""

    def __init__(self, count: Callable[[int], None]) -> None:
        self._count = count
        self._by_session: dict[str, Listener] = {}
        self._by_inbox: dict[Inbox, dict[str, Listener]] = {}

    def __contains__(self, inbox: object) -> bool:
        """Whether anybody listens to an inbox."""
        return inbox in self._by_inbox

    def join(self, listener: Listener) -> None:
        """Take in a listener; TooManyRequests where this inbox has as many as it may have."""
        own = self._by_inbox.setdefault(listener.guest.inbox, {})
        if len(own) >= MOST_OF_A_PERSON:
            raise TooManyRequests(f"this inbox is open in {MOST_OF_A_PERSON} places already", 60)
        own[listener.session] = self._by_session[listener.session] = listener
        self._count(len(self._by_session))

    def leave(self, session: str) -> None:
        """Let a listener go."""
        listener = self._by_session.pop(session, None)
        if listener is None:
            return
        own = self._by_inbox[listener.guest.inbox]
        del own[session]
        if not own:
            del self._by_inbox[listener.guest.inbox]
        self._count(len(self._by_session))

    def of(self, inbox: Inbox) -> Sequence[Listener]:
        """Who listens to an inbox now."""
        return tuple(self._by_inbox.get(inbox, {}).values())

    def inboxes(self) -> Sequence[Inbox]:
        """Every inbox that somebody listens to."""
        return tuple(self._by_inbox)

    def everybody(self) -> Iterable[Listener]:
        """Every listener."""
        return tuple(self._by_session.values())
