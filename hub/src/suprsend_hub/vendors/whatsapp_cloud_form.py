"""A WhatsApp message in the words of Meta's Cloud API: free text, a file, buttons, or an approved template."""

from collections.abc import Sequence

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template_content import (
    QuickReplyButton,
    UrlButton,
    WhatsappButton,
    WhatsappContent,
    WhatsappHeader,
)
from suprsend_hub.vendors.whatsapp_message import (
    LONGEST_CAPTION,
    check_length,
    find_buttons,
    find_link,
    find_media,
    write_parameter,
    write_whole_text,
)

_LONGEST_TEXT = 4096
_LONGEST_LINE = 60
_LONGEST_BUTTON = 20
_MOST_REPLIES = 3


def write_template(content: WhatsappContent, name: str, language: str) -> Document:
    """An approved template with the body in its one variable; its header, footer and buttons are its own."""
    parameter = {"type": "text", "text": write_parameter(content)}
    return {
        "type": "template",
        "template": {
            "name": name,
            "language": {"code": language},
            "components": [{"type": "body", "parameters": [parameter]}],
        },
    }


def write_free_form(content: WhatsappContent) -> Document:
    """The message as it is; a ValueError names the field that WhatsApp would not take."""
    buttons, media = find_buttons(content), find_media(content)
    if buttons:
        return {"type": "interactive", "interactive": _interactive(content, buttons)}
    text = write_whole_text(content)
    if media is None:
        check_length("body.text", text, _LONGEST_TEXT)
        return {"type": "text", "text": {"body": text}}
    check_length("body.text", text, LONGEST_CAPTION)
    kind = media.format.lower()
    return {"type": kind, kind: {**_file(media), "caption": text}}


def _interactive(content: WhatsappContent, buttons: Sequence[WhatsappButton]) -> Document:
    body = content.body.text.strip()
    check_length("body.text", body, LONGEST_CAPTION)
    interactive = {**_buttons(buttons), "body": {"text": body}}
    header, media = content.header, find_media(content)
    if media is not None:
        kind = media.format.lower()
        interactive["header"] = {"type": kind, kind: _file(media)}
    elif header is not None and header.text and header.text.strip():
        check_length("header.text", header.text.strip(), _LONGEST_LINE)
        interactive["header"] = {"type": "text", "text": header.text.strip()}
    if content.footer is not None and content.footer.text.strip():
        check_length("footer.text", content.footer.text.strip(), _LONGEST_LINE)
        interactive["footer"] = {"text": content.footer.text.strip()}
    return interactive


def _buttons(buttons: Sequence[WhatsappButton]) -> Document:
    match buttons:
        case [UrlButton() as link]:
            parameters = {"display_text": _label(link.text, 0), "url": find_link(link)}
            return {"type": "cta_url", "action": {"name": "cta_url", "parameters": parameters}}
        case [*replies] if all(isinstance(each, QuickReplyButton) for each in replies):
            return {"type": "button", "action": {"buttons": _replies([each.text for each in replies])}}
        case _:
            raise ValueError(
                "buttons: without an approved template WhatsApp takes quick replies, or one link,"
                " and neither numbers to call nor several kinds"
            )


def _replies(texts: Sequence[str]) -> list[Document]:
    labels = [_label(text, index) for index, text in enumerate(texts)]
    if len(labels) > _MOST_REPLIES:
        raise ValueError(f"buttons: there are {len(labels)}; WhatsApp takes {_MOST_REPLIES}")
    if len(set(labels)) < len(labels):
        raise ValueError("buttons: two have the same text")
    # The id comes back with the person's answer.
    return [{"type": "reply", "reply": {"id": label, "title": label}} for label in labels]


def _label(text: str, index: int) -> str:
    label, field = text.strip(), f"buttons[{index}].text"
    if not label:
        raise ValueError(f"{field}: is empty")
    check_length(field, label, _LONGEST_BUTTON)
    return label


def _file(media: WhatsappHeader) -> Document:
    named = {"filename": media.filename} if media.format == "DOCUMENT" and media.filename else {}
    return {"link": media.media_url, **named}
