"""What the vendors of WhatsApp have in common: a template's content, checked against what WhatsApp takes."""

import msgspec

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected
from suprsend_hub.domain.template_content import UrlButton, WhatsappButton, WhatsappContent, WhatsappHeader
from suprsend_hub.vendors.error_meaning import ErrorMeaning

# What WhatsApp takes beside media and above buttons.
LONGEST_CAPTION = 1024

# More than 24 hours after the person last wrote, only approved templates are delivered.
OUTSIDE_WINDOW = ErrorMeaning("outside_window")
# The approved template is not there, paused, or does not fit what it was given.
TEMPLATE_REFUSED = ErrorMeaning("template_refused")
NO_WHATSAPP = ErrorMeaning("address", cause="hard_bounce")


def read_whatsapp_message(message: OutgoingMessage) -> WhatsappContent | Rejected:
    """The content of a message, or why it can't be sent."""
    try:
        content = msgspec.convert(message.content, WhatsappContent)
    except msgspec.ValidationError as error:
        return Rejected("content", f"the WhatsApp message's content is wrong: {error}")
    if not content.body.text.strip():
        return Rejected("content", "body.text: is empty")
    media = find_media(content)
    if media is not None and not (media.media_url or "").startswith(("https://", "http://")):
        return Rejected("content", "header.media_url: must be an address that begins with https://")
    return content


def find_media(content: WhatsappContent) -> WhatsappHeader | None:
    """The header that shows a file."""
    return content.header if content.header is not None and content.header.format != "TEXT" else None


def find_buttons(content: WhatsappContent) -> list[WhatsappButton]:
    """The buttons that are to be shown."""
    return [] if content.button_type == "NONE" else content.buttons or []


def find_link(button: UrlButton) -> str:
    """Where a button leads."""
    return button.url_static_part + (button.url_dynamic_part or "" if button.url_type == "dynamic" else "")


def write_whole_text(content: WhatsappContent) -> str:
    """Everything that is written in a message, one part below the other."""
    header = content.header.text if content.header is not None and content.header.format == "TEXT" else None
    footer = content.footer.text if content.footer is not None else None
    return "\n\n".join(part.strip() for part in (header, content.body.text, footer) if part and part.strip())


def write_parameter(content: WhatsappContent) -> str:
    """The body as the value of an approved template's variable, which takes one line and single spaces only."""
    return " ".join(content.body.text.split())


def check_length(field: str, text: str, most: int) -> None:
    """Check a text against a limit of WhatsApp's; a ValueError names the field."""
    if len(text) > most:
        raise ValueError(f"{field}: has {len(text)} characters; WhatsApp takes {most}")
