"""A stand-in for WhatsApp messages through Twilio."""

from typing import Any

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, read_form
from suprsend_hub.simulators.twilio_api import TwilioChannel, twilio_fault
from suprsend_hub.simulators.whatsapp_parameter import is_parameter


def read_whatsapp_form(raw: bytes) -> Document:
    """A message as people see it; of one within a template, what fills it."""
    form = read_form(raw)
    text = form["Body"] if "Body" in form else msgspec.json.decode(form["ContentVariables"])["1"]
    return {"title": text[:60], "text": text, "media": form.get("MediaUrl"), "template": form.get("ContentSid")}


def _find_fault(form: Document) -> Answer | None:
    if "ContentSid" not in form:
        return None if "Body" in form else twilio_fault(400, 21602, "Message body is required.")
    try:
        variables = msgspec.json.decode(form.get("ContentVariables", ""), type=dict[str, Any])
    except msgspec.MsgspecError:
        return twilio_fault(400, 21656, "The ContentVariables Parameter is invalid.")
    if list(variables) != ["1"] or not is_parameter(str(variables["1"])):
        return twilio_fault(400, 63013, "Channel policy violation")
    return None


TWILIO_WHATSAPP = TwilioChannel(
    "whatsapp", "twilio_whatsapp", "whatsapp:", _find_fault, read_whatsapp_form, failure_code="63024"
)
