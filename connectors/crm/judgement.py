"""Answers that came with a good status and are none: what the API itself says went wrong, and whether that may pass.

GraphQL answers 200 with ``data`` and ``errors``: what is in ``data`` then lacks something. Others say ``success:
false``. ``error_when`` and ``retry_when`` of the configuration say it for any other API, and decide instead of us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connectors.crm.expressions import evaluate, is_true
from connectors.crm.options import CrmOptions
from connectors.crm.secrets import what_it_said
from connectors.crm.transport import Answer, Failure

_THROTTLED = re.compile(
    r"throttl|rate.?limit|too.?many.?(?:requests|calls)|request.?limit|slow.?down|complexity.?(?:exception|budget)"
    r"|temporarily|try.?again.?(?:later|in)|time.?out|timed.?out|\b429\b|\b503\b",
    re.IGNORECASE,
)
_FAILED_WORDS = {"error", "fail", "failed", "failure"}
_TOLD_IN = ("errors", "error", "message", "code", "error_code", "errorCode", "status_code", "statusCode", "type")
_DEPTH = 6


class Judge:
    """Reads answers for what they say of themselves."""

    def __init__(self, options: CrmOptions) -> None:
        self._error_when = options.error_when
        self._retry_when = options.retry_when

    def may_pass(self, answer: Answer) -> bool:
        """Whether the answer itself says that another attempt may help, whatever its status."""
        if self._retry_when is None and not 200 <= answer.status < 300:
            return False
        body = _json(answer)
        if self._retry_when is not None:
            return body is not None and _holds(self._retry_when, body)
        return self._complaint(body) is not None and any(_THROTTLED.search(word) for word in _told(body))

    def failure(self, answer: Answer) -> str | None:
        """What went wrong, by the answer itself; None where it says nothing of the kind."""
        complaint = self._complaint(_json(answer))
        if complaint is None:
            return None
        said = what_it_said(answer.text)
        told = f"the CRM answered {answer.status}, but {complaint}" + (f": {said}" if said else "")
        if self._error_when is not None:
            return told
        return f"{told} (what came with it lacks something; if this API means no harm by it, say error_when: '`false`')"

    def _complaint(self, body: Any) -> str | None:
        if self._error_when is not None:
            return f"error_when holds ({self._error_when})" if _holds(self._error_when, body) else None
        if not isinstance(body, dict):
            return None
        for name in ("errors", "error"):
            if _says_something(body.get(name)):
                return f"with {name!r}"
        for name in ("success", "ok"):
            if body.get(name) is False or str(body.get(name)).lower() == "false":
                return f"with {name!r}: false"
        status = body.get("status")
        if isinstance(status, str) and status.lower() in _FAILED_WORDS:
            return f"with 'status': {status!r}"
        return None


def _json(answer: Answer) -> Any:
    try:
        return answer.json
    except (ValueError, RecursionError):
        return None  # whoever needs the records will say so


def _holds(expression: str, body: Any) -> bool:
    try:
        return is_true(evaluate(expression, body))
    except Failure:
        return False


def _says_something(value: Any, depth: int = _DEPTH) -> bool:
    """Whether there is anything in an error: ``{"code": 0, "message": ""}`` is none."""
    if isinstance(value, dict):
        return depth > 0 and any(_says_something(inner, depth - 1) for inner in value.values())
    if isinstance(value, list):
        return depth > 0 and any(_says_something(inner, depth - 1) for inner in value)
    return is_true(value)


def _told(body: dict[str, Any]) -> Iterator[str]:
    """Every word in the parts of an answer that tell of an error."""
    for name in _TOLD_IN:
        yield from _words(body.get(name), _DEPTH)


def _words(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict | list) and depth:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _words(inner, depth - 1)
    elif isinstance(value, str | int):
        yield str(value)
