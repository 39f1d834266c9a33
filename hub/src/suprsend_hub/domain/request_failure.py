"""Why a request that an event led to was never begun."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# By code, what is wrong; the reason of a failure names the fields.
FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "schema_mismatch": "what the event carries is not what the workflow's schema asks for",
        "attachment": "a file that the event carries can't be read",
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A code of FAILURES, and what is wrong with which fields, if that is still known."""

    code: str
    reason: str | None

    @property
    def sentence(self) -> str:
        """The same for people; of whoever was erased it is not told which fields were wrong."""
        return f"{FAILURES.get(self.code, self.code)}{f' ({self.reason})' if self.reason else ''}."


def failure_of(code: str | None, reason: str | None) -> Failure | None:
    """A failure from its columns; None where there was none."""
    return None if code is None else Failure(code, reason)
