"""Puts a value at a dotted path into JSON: into objects, into lists by their index, and where there is null so far."""

from __future__ import annotations

import re
from typing import Any

_INDEX = re.compile(r"\[(\d+)\]")


def placed(body: Any, path: str, value: Any) -> Any:
    """``body`` with ``value`` at ``path`` (``variables.after``, ``params.args.6.offset`` or ``params.args[6].offset``).

    What is not there yet, or is null, becomes an object. Changes nothing that it was given. Raises ValueError where
    the path leads into a plain value, or beyond the end of a list.
    """
    return _put(body, _INDEX.sub(r".\1", path).split("."), path, value)


def _put(body: Any, steps: list[str], path: str, value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if body is None:
        body = {}
    if isinstance(body, dict):
        return {**body, step: _put(body.get(step), rest, path, value)}
    if not isinstance(body, list):
        raise ValueError(f"{path!r} leads into {body!r} in 'body', which is neither an object nor a list")
    if not step.isdigit():
        raise ValueError(f"{path!r} leads into a list in 'body' at {step!r}: say which item, counting from 0")
    index = int(step)
    if index > len(body):
        raise ValueError(f"{path!r} leads beyond the end of a list in 'body', which has {len(body)} items")
    items = [*body, None] if index == len(body) else list(body)
    items[index] = _put(items[index], rest, path, value)
    return items
