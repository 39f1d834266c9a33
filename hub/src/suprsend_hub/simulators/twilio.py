"""A stand-in for text messages through Twilio."""

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, read_form
from suprsend_hub.simulators.twilio_api import TwilioChannel, twilio_fault


def read_text_message(raw: bytes) -> Document:
    """A text message as people see it; the title is its beginning."""
    form = read_form(raw)
    return {"title": form["Body"][:60], "text": form["Body"], "from": form["From"]}


def _find_fault(form: Document) -> Answer | None:
    return None if "Body" in form else twilio_fault(400, 21602, "Message body is required.")


TWILIO_SMS = TwilioChannel("sms", "twilio", "", _find_fault, read_text_message, failure_code="30003")
