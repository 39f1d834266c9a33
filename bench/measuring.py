"""What a benchmark measures with, and how it says what it found."""

import os
import platform
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure: what was measured, its medians, its ratio with the spread of the pairs, and its budget."""

    what: str
    measured: str
    ratios: tuple[float, ...]
    budget: str
    is_met: Callable[[float], bool]

    @property
    def ratio(self) -> float:
        """The median of the pairs."""
        return median(self.ratios)

    def __str__(self) -> str:
        verdict = "met" if self.is_met(self.ratio) else "NOT met"
        spread = f" ({min(self.ratios):.3g}-{max(self.ratios):.3g})" if len(self.ratios) > 1 else ""
        return f"{self.what}: {self.measured}; {self.ratio:.3g}{spread}; budget {self.budget}: {verdict}"


def machine(libraries: Sequence[str]) -> str:
    """What this was measured on."""
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    return (
        f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores, {_gigabytes():.0f} GB; "
        f"CPython {platform.python_version()}; {versions}"
    )


def cpu_seconds(process_ids: Iterable[int]) -> float:
    """What these processes have spent so far, from the kernel's own count; Linux only."""
    ticks = 0
    for process_id in process_ids:
        # A process that has ended meanwhile is no longer counted.
        with suppress(FileNotFoundError):
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def megabytes(process_id: int) -> float:
    """What a process holds in memory now; Linux only."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def family(process_id: int) -> list[int]:
    """A process and its children; Linux only."""
    found = [process_id]
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(each.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == process_id:
            found.append(int(each.parent.name))
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")


def _gigabytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
