"""Exporting all that is known of a user."""

from collections.abc import AsyncIterator

import msgspec

from suprsend_hub.actions.rewrite_requests import MOST_LOOKED_AT
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.request_people import part_of_person
from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.erasure import Unplanned, look_through_unplanned
from suprsend_hub.store.person_log import SECTIONS, stream_section
from suprsend_hub.store.requests import read_bodies

_DOCUMENT = msgspec.json.Decoder(Document)


async def export_user(pool: Pool, workspace_id: int, distinct_id: str) -> AsyncIterator[str]:
    """One JSON document in parts: an array for each kind of thing; of requests what is of this person alone."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        yield "{" + f'"distinct_id": {_text(distinct_id)}'
        for section in SECTIONS:
            yield f',\n"{section}": ['
            separator = "\n"
            async for document in _documents(connection, workspace_id, distinct_id, section):
                yield separator + document
                separator = ",\n"
            yield "]"
        yield "}\n"


async def _documents(connection: Connection, workspace_id: int, distinct_id: str, section: str) -> AsyncIterator[str]:
    async for text in stream_section(connection, workspace_id, distinct_id, section):
        yield _own_part(text, distinct_id) if section == "requests" else text
    if section == "requests":
        async for text in _unplanned(connection, workspace_id, distinct_id):
            yield text


def _own_part(text: str, distinct_id: str) -> str:
    document = _DOCUMENT.decode(text)
    return _text({**document, "body": part_of_person(document["body"], distinct_id)})


async def _unplanned(connection: Connection, workspace_id: int, distinct_id: str) -> AsyncIterator[str]:
    """What waits to be planned, or was cancelled as it did: there are no messages of it."""
    place = Unplanned()
    while True:
        going_on, ids = await look_through_unplanned(connection, workspace_id, distinct_id, place, MOST_LOOKED_AT)
        for start in range(0, len(ids), 100):
            bodies = await read_bodies(connection, workspace_id, ids[start : start + 100])
            for request_id, body in bodies.items():
                part = part_of_person(_DOCUMENT.decode(body), distinct_id)
                if part is not None:
                    yield _text({"request_id": request_id, "body": part})
        if going_on is None:
            return
        place = going_on


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
