"""What calls return: plain dicts, typed."""

from __future__ import annotations

from typing import Literal, TypedDict

from suprsend.protocol import Answer, Response


class Result(TypedDict):
    """What became of one trigger, event or profile edit; `status_code` is 500 if no answer came."""

    success: bool
    status: Literal["success", "fail"]
    status_code: int
    message: str


def failure(status_code: int, message: str) -> Result:
    """Return the result of a call that did not succeed."""
    return {"success": False, "status": "fail", "status_code": status_code, "message": message}


def explain(answer: Answer) -> str:
    """Return in words why an answer is not a success."""
    return answer.fault if isinstance(answer, Response) else answer.message


def read_result(answer: Answer) -> Result:
    """Read an answer whose body is only shown, never parsed."""
    if not isinstance(answer, Response):
        return failure(500, answer.message)
    if not answer.is_success:
        return failure(answer.status, explain(answer))
    return {"success": True, "status": "success", "status_code": answer.status, "message": answer.text}
