"""A message's content in the form of its channel."""

import msgspec

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.template_content import CONTENTS, Content


def read_channel_content(message: OutgoingMessage) -> Content | Rejected:
    """The content as its channel has it, or what is wrong with it."""
    form = CONTENTS.get(message.channel)
    if form is None:
        return Rejected("content", f"there is no content for the channel {message.channel}")
    try:
        return msgspec.convert(message.content, form)
    except msgspec.ValidationError as error:
        return Rejected("content", f"the content is wrong: {error}")
