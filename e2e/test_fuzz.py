"""Requests made up from the hub's own description, right ones and wrong ones: none is answered with a 5xx."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from e2e.running import Access, Running, a_folder, development_hub

EXAMPLES = 100
# So many tests share the operations: one of all of them would take many minutes.
SHARES = 6


@pytest.fixture(scope="module")
def victim() -> Iterator[tuple[Running, Access]]:
    """A hub of this test's own, in development mode: so its stand-ins are described and tried as well."""
    with a_folder() as folder, development_hub(folder) as (running, access, _):
        yield running, access


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("share", range(SHARES))
def test_no_request_is_answered_with_a_fault_of_the_hub(
    victim: tuple[Running, Access], mode: GenerationMode, share: int
) -> None:
    running, access = victim
    schema = schemathesis.openapi.from_url(f"{access.base_url}/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(operations) > 15, "the description has lost most of its operations"
    for operation in operations[share::SHARES]:
        # Nothing can be wrong with a request whose only parts are names in its path.
        if mode is GenerationMode.POSITIVE or operation.body or operation.query:
            attack(operation, access, mode)
    assert access.request("GET", "/readyz").status == 200
    assert "unexpected error" not in running.printed
    assert "job failed" not in running.printed


def attack(operation: Any, access: Access, mode: GenerationMode) -> None:
    """Send many requests to one operation, with credentials and without."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def each(case: Case[Any]) -> None:
        headers = aim(case, access)
        answer = case.call(base_url=access.base_url, headers=headers)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400 and "json" in answer.headers.get("content-type", [""])[0]:
            assert answer.json()["status"] == "error"

    each()


def aim(case: Case[Any], access: Access) -> dict[str, str]:
    """Name the hub's own workspace in the path, and give the credentials that open it."""
    parameters = case.path_parameters or {}
    if "workspace_key" in parameters:
        parameters["workspace_key"] = access.workspace_key
    if "workspace" in parameters:
        parameters["workspace"] = access.workspace
    if "workspace" in parameters or case.path.startswith("/v1/workspace"):
        return {"Authorization": f"ServiceToken {access.service_token}"}
    return {"Authorization": f"Bearer {access.api_key}"}
