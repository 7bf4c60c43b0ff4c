"""JSON as a type, and the narrowing of what came from outside. Knows nothing of contacts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""Any JSON value; a tuple is a list that does not change."""


def object_in(value: Json) -> Mapping[str, Json]:
    """The object that ``value`` is. Raises TypeError where it is none."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{type(value).__name__} where an object is expected")
    return value


def list_in(value: Json) -> Sequence[Json]:
    """The list that ``value`` is, an empty one for null. Raises TypeError where it is none."""
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{type(value).__name__} where a list is expected")
    return value


def text_in(value: Json) -> str | None:
    """The text of a value, None for null. Raises TypeError where it is a list or an object."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Sequence | Mapping):
        raise TypeError(f"{type(value).__name__} where text is expected")
    return str(value)


def json_text(value: Json, indent: int | None = None) -> str:
    """The value as JSON that people can read, and that every file and terminal takes: half a letter stays an escape."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        written.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return written
