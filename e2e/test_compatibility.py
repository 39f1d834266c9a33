"""Everything that an official client can call, against what e2e/compatibility/table.py expects of the hub."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from e2e.compatibility.matrix import FEATURES, Matrix, run_matrix
from e2e.compatibility.page import PAGE, write_page
from e2e.compatibility.table import SERVED, TITLES, WEB, Client, State, expectations
from e2e.official import official_node
from e2e.running import Access

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# What the clients' own code calls of itself, though nothing hides it.
INTERNAL = re.compile(
    r"as_json|as_json_async|get_final_json|get_events?|get_payload|get_async_payload|validate_\w+|detail_url\w*"
    r"|get_errors|get_warnings|get_object_type|get_object_id|cleaned_limit_offset|default_headers|prepare_request|request|workspace_identifier|client|eventApi|getUrl"
)


@pytest.fixture(scope="module")
def matrix(operated_hub: tuple[Access, Mapping[str, Any]]) -> Matrix:
    """What came of every feature."""
    return run_matrix(*operated_hub)


@pytest.mark.parametrize(
    ("client", "feature", "state"),
    [pytest.param(*cell, state, id=f"{cell[0]}-{cell[1]}") for cell, state in expectations().items()],
)
def test_a_feature_is_served_exactly_if_the_table_says_so(
    matrix: Matrix, client: Client, feature: str, state: State
) -> None:
    fault = matrix.faults[client, feature]
    if state == SERVED:
        assert fault is None, "\n".join((fault, *matrix.refusals))
    else:
        assert fault is not None, f"{feature} works with {TITLES[client]}: write 'served' into its row"


def test_every_feature_has_a_row() -> None:
    assert {feature for _, feature in expectations()} == set(FEATURES)


@pytest.mark.parametrize("client", TITLES)
def test_every_public_method_of_a_client_is_called_by_a_feature(matrix: Matrix, client: Client) -> None:
    played = matrix.played[client]
    public = {each for each in played.methods if not INTERNAL.fullmatch(each.rpartition(".")[2])}
    if client == WEB:
        hidden = private_members(official_node("web") / "node_modules" / "@suprsend" / "web-sdk")
        public = {each for each in public if each.rpartition(".")[2] not in hidden}
    assert public - played.called == set()


def test_the_page_is_that_of_this_run(matrix: Matrix) -> None:
    assert PAGE.read_text() == write_page(matrix), "run: python -m e2e.compatibility"


def private_members(package: Path) -> set[str]:
    """The members that the client's types hide, whose names are not to be called."""
    types = "".join(file.read_text() for file in (package / "dist" / "types").glob("*.d.ts"))
    return set(re.findall(r"private (\w+)", types))
