"""What a mail gets on its way out: tracked links, a picture, and a way to unsubscribe."""

from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from suprsend_hub.actions.links import LinkMaker, LinkTarget
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.tracking import MailLinks, track_mail
from suprsend_hub.store.workspaces import Tracking


@dataclass(frozen=True, slots=True)
class MailDressing:
    """Dresses the mails of one workspace; `tracking` is None where the hub can't be reached from outside.

    `commercial` are the categories whose mails offer to unsubscribe with one click.
    """

    workspace_id: int
    links: LinkMaker
    tracking: Tracking | None
    commercial: frozenset[str]

    def dress(self, message: OutgoingMessage, category: str) -> OutgoingMessage:
        """A mail with its links; any other message as it is."""
        if message.channel != "email" or self.tracking is None:
            return message
        target = LinkTarget(self.workspace_id, message.id)
        content = message.content
        if self.tracking.opens or self.tracking.clicks:
            pixel = self.links.pixel(target) if self.tracking.opens else None
            click = partial(self.links.click, target) if self.tracking.clicks else None
            content = track_mail(content, MailLinks(pixel, click))
        url = self.links.unsubscribe(target) if category in self.commercial else ""
        return replace(message, content=content, unsubscribe_url=url)
