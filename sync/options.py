"""What every model of the configuration has in common, and the forms of value that several of them use."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from sync.config.checks import expected


class Model(BaseModel):
    """Base of the configuration: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def empty_if_none(raw: object) -> object:
    """A heading with nothing below it says nothing, rather than something wrong."""
    return {} if raw is None else raw


def number(raw: object) -> object:
    """Anything but true and false, which pydantic would take for 1 and 0."""
    if isinstance(raw, bool):
        raise expected("a number")
    return raw


Port = Annotated[int, BeforeValidator(number)]
