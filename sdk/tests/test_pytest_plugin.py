"""The fixture that this package brings to its users' own tests."""

from __future__ import annotations

from suprsend import AsyncSuprsend, Suprsend
from suprsend.testing import RecordingTransport, reply

shop = Suprsend("key", "secret", base_url="http://127.0.0.1:1/", max_retries=0)


def test_clients_made_before_and_in_the_test_are_recorded(suprsend_recorder: RecordingTransport) -> None:
    assert shop.track("u1", "ORDERED")["message"] == "OK"
    assert Suprsend("other key", "secret").track("u2", "ORDERED")["success"]
    assert [body["distinct_id"] for body in suprsend_recorder.bodies] == ["u1", "u2"]


async def test_async_clients_are_recorded_too(suprsend_recorder: RecordingTransport) -> None:
    suprsend_recorder.answer(reply(404, {"message": "no"}), reply(202, "fine"))
    async with AsyncSuprsend("key", "secret") as client:
        assert (await client.track("u1", "ORDERED"))["status_code"] == 404
        assert (await client.track("u1", "ORDERED"))["message"] == "fine"
    assert len(suprsend_recorder.requests) == 2


def test_a_transport_of_ones_own_stays_in_use(suprsend_recorder: RecordingTransport) -> None:
    own = RecordingTransport()
    assert Suprsend("key", "secret", transport=own).track("u1", "ORDERED")["success"]
    assert (len(own.requests), len(suprsend_recorder.requests)) == (1, 0)


def test_nothing_stays_replaced_after_a_test() -> None:
    assert not shop.track("u1", "ORDERED")["success"]
