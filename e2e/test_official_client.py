"""The official Python client 0.10.0, unmodified and in an environment of its own, against a running hub."""

import json
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from e2e.official import official_python
from e2e.running import Access

PROGRAM = Path(__file__).with_name("official_program.py")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_official_client_works_by_changing_its_address(hub: Access) -> None:
    person = f"official-{uuid4().hex}"
    address = f"{person}@example.com"
    done = subprocess.run(
        [official_python("0.10.0"), PROGRAM, hub.base_url, hub.workspace_key, hub.workspace_secret, person, address],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["save"]["success"], results
    assert (results["trigger"]["success"], results["trigger"]["status_code"]) == (True, 202), results
    assert results["bulk"] == {"status": "success", "total": 3, "success": 3}
    assert results["track"]["success"], results
    mails = hub.outbox(at_least=4, recipient=address)
    assert sorted(mail["title"] for mail in mails) == [
        f"Your order {invoice} is confirmed" for invoice in ("bulk-0", "bulk-1", "bulk-2", "direct")
    ]
    assert len(hub.outbox(at_least=4, recipient=f"token-{person}", channel="androidpush")) == 4
    assert {each["status"] for each in hub.messages(idempotency_key=person)} == {"sent_by_vendor"}
