"""The description of the API is in the repository as it is on the wire."""

import json

from hub.tests.conftest import Api
from tools.openapi_page import PAGE, write_document

REMEDY = "the routes are not those of docs/openapi.json any more; run: python -m tools.openapi_page"


async def test_the_document_in_the_repository_is_that_of_the_routes() -> None:
    assert PAGE.read_text() == await write_document(), REMEDY


async def test_the_document_in_the_repository_is_what_the_application_answers(api: Api) -> None:
    reply = await api.request("GET", "/openapi.json")
    assert reply.json() == json.loads(PAGE.read_text()), REMEDY


def test_the_document_names_no_host() -> None:
    document = json.loads(PAGE.read_text())
    assert document["servers"] == [{"url": "/"}]
    assert not [path for path in document["paths"] if path.startswith("/dev/")]
