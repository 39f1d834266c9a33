"""`make bench`: both benchmarks, printed, and put into docs/benchmarks.md in place of the last ones."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from bench import hub, sdk

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    """Run both and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small, to see that it works; leaves the page alone")
    quick = parser.parse_args().quick
    reports = {
        "python -m bench.sdk --million": tell(str(sdk.run(with_million=not quick)).splitlines()),
        "python -m bench.hub": tell(hub.run(hub.QUICK if quick else hub.FULL)),
    }
    if not quick:
        page = PAGE.read_text()
        for command, report in reports.items():
            page = replace_report(page, command, report)
        PAGE.write_text(page)


def tell(lines: Iterable[str]) -> str:
    """Print each line as it comes, and give them all."""
    told: list[str] = []
    for line in lines:
        print(line, flush=True)
        told.append(line)
    return "\n".join(told)


def replace_report(page: str, command: str, report: str) -> str:
    """The page with another report in the block that begins with this command."""
    begins = f"```\n$ {command}\n"
    before, found, rest = page.partition(begins)
    if not found:
        raise SystemExit(f"{PAGE} has no block that begins with: $ {command}")
    return f"{before}{begins}{report}\n{rest[rest.index('```') :]}"


if __name__ == "__main__":
    main()
