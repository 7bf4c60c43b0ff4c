"""What every wing's options have in common: their base, the refusal of a value, the forms that several of them use.

Knows nothing of any wing, nor where options are written down.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from connectors.intervals import interval

__all__ = ["Model", "Port", "empty_if_none", "expected", "interval", "number"]


class Model(BaseModel):
    """Base of every wing's options: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def expected(text: str) -> PydanticCustomError:
    """The refusal of a value: ``text`` completes the sentence "found …, expected …".

    It says only what would have been right: what was found, and where, is added by whoever knows what may be shown.
    """
    return PydanticCustomError("expected", "{text}", {"text": text})


def empty_if_none(raw: object) -> object:
    """A heading with nothing below it says nothing, rather than something wrong."""
    return {} if raw is None else raw


def number(raw: object) -> object:
    """Anything but true and false, which pydantic would take for 1 and 0."""
    if isinstance(raw, bool):
        raise expected("a number")
    return raw


Port = Annotated[int, BeforeValidator(number)]
