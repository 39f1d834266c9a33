"""A source file above 400 lines, or a function above 40, is a sign that a noun is missing; so is a test file."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

MOST_LINES = 400
MOST_FUNCTION_LINES = 40
# A function that only builds a table of nested functions is as long as its table.
FACTORIES = ("_routes",)
ROOTS = ("sdk/src", "hub/src", "tools", "examples")
# A test that tells a story may be long; a file of them may not.
TESTS = ("sdk/tests", "hub/tests", "e2e", "bench")


def main() -> int:
    """List what is too long; the exit code says whether anything is."""
    faults = [
        fault
        for path in (*_sources(TESTS), *_sources(ROOTS, "*.css"), *_sources(ROOTS, "*.js"))
        for fault in _long_file(path)
    ]
    faults += [fault for path in _sources(ROOTS) for check in (_long_file, _long_functions) for fault in check(path)]
    print("\n".join(faults) or "no file or function is too long")
    return 1 if faults else 0


def _sources(roots: Iterable[str], kind: str = "*.py") -> Iterator[Path]:
    for root in roots:
        yield from sorted(Path(root).rglob(kind))


def _long_file(path: Path) -> Iterator[str]:
    lines = path.read_text().count("\n")
    if lines > MOST_LINES:
        yield f"{path}: {lines} lines; at most {MOST_LINES}"


def _long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.endswith(FACTORIES):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
        if length > MOST_FUNCTION_LINES:
            yield f"{path}:{node.lineno}: {node.name} has {length} lines; at most {MOST_FUNCTION_LINES}"


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1


if __name__ == "__main__":
    sys.exit(main())
