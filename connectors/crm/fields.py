"""The kinds of value that a ``crm`` source's configuration is made of: expressions, intervals, addresses.

Each refuses a mistake with the sentence that the user will read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from yarl import URL

from connectors.intervals import length


class Part(BaseModel):
    """Base of the parts of a source's configuration: frozen, unknown keys are mistakes, inputs are never echoed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _compiles(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"{text!r} is not a JMESPath expression: {' '.join(str(error).split())}") from None
    return text


def _interval(raw: object) -> object:
    if isinstance(raw, timedelta):
        return raw
    found = length(str(raw))
    if found is None:
        raise ValueError(f"{raw!r} is not an interval: write a number and s, m, h or d, such as 15m")
    return found


def _address(text: str) -> str:
    try:
        url = URL(text)
        url.port  # noqa: B018 - an impossible port is found only when asked for
    except ValueError:
        raise ValueError("it is not an address: write https://host/path") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("it must begin with https:// (or http://) and name a host")
    if url.user is not None or url.password is not None:
        raise ValueError("it holds a user name or password: give them under 'auth' instead, with type: basic")
    return text


Expression = Annotated[str, AfterValidator(_compiles)]
"""A JMESPath expression."""

ColumnName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""The name of a column."""

Interval = Annotated[timedelta, BeforeValidator(_interval)]
"""A length of time, such as ``15m``."""

Address = Annotated[str, AfterValidator(_address)]
"""An absolute address without credentials in it."""

Param = str | int | float | bool | None | list[str | int | float | bool]
"""A parameter of an address: a list repeats it, null takes a preset's parameter away."""

Json = Any
"""Any JSON value, as it stands in the configuration."""
