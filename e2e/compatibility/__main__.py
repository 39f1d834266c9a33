"""`python -m e2e.compatibility` writes docs/compatibility.md, and lists what is otherwise than the table expects."""

import sys

from e2e.compatibility.hub import a_hub
from e2e.compatibility.matrix import run_matrix
from e2e.compatibility.page import PAGE, write_page
from e2e.compatibility.table import SERVED, expectations


def main() -> int:
    """Run the matrix; 1 if the table in e2e/compatibility/table.py is wrong."""
    with a_hub() as (hub, keys):
        matrix = run_matrix(hub, keys)
    PAGE.write_text(write_page(matrix))
    wrong = 0
    for (client, feature), state in expectations().items():
        if matrix.works(client, feature) != (state == SERVED):
            wrong += 1
            print(f"{client} {feature}: expected {state!r}; {matrix.faults[client, feature] or 'it works'}")
    for refusal in matrix.refusals if wrong else ():
        print(f"the scene was refused {refusal}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
