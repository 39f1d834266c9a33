"""A stand-in for the part of Amazon SNS that sends texts, with one key in one region."""

import secrets
from html import escape
from uuid import uuid4

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.aws_signature import AwsCredential, find_fault
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request, read_form
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

REGION = "eu-west-1"
SENDER_ID = "HUB"

_XML = {"Content-Type": "text/xml"}
_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"


class SnsSimulator:
    """The API behind one address; knows one key, whose secret it makes itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._access_key_id = f"AKIA{secrets.token_hex(8).upper()}"
        self._secret = secrets.token_urlsafe(30)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "access_key_id": self._access_key_id,
            "secret_access_key": self._secret,
            "region": REGION,
            "sender_id": SENDER_ID,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", "/"):
            return _fault(404, "InvalidAction", "There is nothing here.")
        key = AwsCredential(self._access_key_id, self._secret, REGION, "sns")
        if problem := find_fault(key, request, self._reception.now()):
            return _fault(403, "SignatureDoesNotMatch", problem)
        form = read_form(request.body)
        if (form.get("Action"), form.get("Version")) != ("Publish", "2010-03-31"):
            return _fault(400, "InvalidAction", "The action is not known.")
        if missing := next((name for name in ("PhoneNumber", "Message") if not form.get(name)), None):
            return _fault(400, "InvalidParameter", f"Invalid parameter: {missing}")
        number = form["PhoneNumber"]
        manners = Manners(
            taken=_taken,
            refused=_fault(
                400, "InvalidParameter", f"Invalid parameter: PhoneNumber Reason: {number} is not valid to publish to"
            ),
            failed=_fault(500, "InternalError", "An internal service error."),
            limited=_fault(429, "Throttled", "Rate exceeded"),
        )
        return await self._reception.take(Arrival("sms", "sns", number, None, request.body, read_text), manners)


def read_text(raw: bytes) -> Document:
    """A text message as people see it; the title is its beginning."""
    form = read_form(raw)
    attributes = _read_attributes(form)
    text = form["Message"]
    return {
        "title": text[:60],
        "text": text,
        "from": attributes.get("AWS.SNS.SMS.SenderID", ""),
        "attributes": attributes,
    }


def _read_attributes(form: dict[str, str]) -> dict[str, str]:
    entries = [name.removesuffix(".Name") for name in form if name.endswith(".Name")]
    return {form[f"{entry}.Name"]: form[f"{entry}.Value.StringValue"] for entry in entries}


def _taken() -> Answer:
    result = f"<PublishResult><MessageId>{uuid4()}</MessageId></PublishResult>"
    metadata = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    return Answer(200, f'<PublishResponse xmlns="{_NAMESPACE}">{result}{metadata}</PublishResponse>'.encode(), _XML)


def _fault(status: int, code: str, said: str) -> Answer:
    kind = "Sender" if status < 500 else "Receiver"
    error = f"<Error><Type>{kind}</Type><Code>{code}</Code><Message>{escape(said)}</Message></Error>"
    whole = f'<ErrorResponse xmlns="{_NAMESPACE}">{error}<RequestId>{uuid4()}</RequestId></ErrorResponse>'
    return Answer(status, whole.encode(), _XML)
