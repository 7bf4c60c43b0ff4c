"""Which rows are kept: what a configuration may say of a column, and whether a row's cells are so. Pure.

A cell that cannot be read where it must be is no answer: its row then needs a person, and its contact stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from connectors.base import Cell, is_blank
from sync.mapping import guards, languages, nothing_words, values, yes_no
from sync.mapping.values import ValueUnreadable
from sync.options import Model, expected

Word = str | int | float | bool
_FORMS = (
    "a value, a list of values, or a mapping of 'is', 'not', 'blank', 'matches', 'before', 'after' (such as {not: yes})"
)


def _words(raw: object) -> tuple[Word, ...]:
    items = tuple(raw) if isinstance(raw, list | tuple) else (raw,)
    if not items or not all(isinstance(item, str | int | float) and str(item).strip() for item in items):
        raise expected("a value, or a list of values (for empty cells write {blank: true})")
    return tuple(item for item in items if isinstance(item, str | int | float))


def _pattern(raw: object) -> str:
    try:
        re.compile(str(raw))
    except re.error as error:
        raise expected(f"a regular expression ({error})") from None
    if not isinstance(raw, str) or not raw:
        raise expected("a regular expression such as '^VIP'")
    return raw


def _day(raw: object) -> str:
    try:
        return values.date_(raw if isinstance(raw, str | date) else str(raw))
    except ValueUnreadable:
        raise expected("a date such as 2026-03-01") from None


_ONE: dict[str, object] = {"type": ["string", "number", "boolean"]}
Words = Annotated[
    tuple[Word, ...],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1}]}),
]
Day = Annotated[str, BeforeValidator(_day), WithJsonSchema({"type": "string"})]


class Condition(Model):
    """What must hold of one column's cell: everything that is said."""

    is_: Words | None = Field(default=None, alias="is", description="the cell is this, or one of these, in any case")
    not_: Words | None = Field(default=None, alias="not", description="the cell is not this, and none of these")
    blank: bool | None = Field(default=None, description="true: the cell is empty; false: it is not")
    matches: Annotated[str, BeforeValidator(_pattern)] | None = Field(
        default=None, description="a regular expression that is found in the cell, in any case"
    )
    before: Day | None = Field(default=None, description="the cell is a date before this one")
    after: Day | None = Field(default=None, description="the cell is a date after this one")
    format: Annotated[str, BeforeValidator(languages.date_format)] | None = Field(
        default=None, description="how the cell's dates are written, such as '%d/%m/%Y' (ISO dates need none)"
    )
    _is: frozenset[object] = PrivateAttr(default=frozenset())
    _not: frozenset[object] = PrivateAttr(default=frozenset())

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: object) -> object:
        if isinstance(raw, dict | Condition):
            return raw
        if raw is None:
            raise expected(_FORMS)
        return {"is": raw}

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        said = (self.is_, self.not_, self.blank, self.matches, self.before, self.after)
        if all(each is None for each in said):
            raise expected(_FORMS)
        if self.format and not (self.before or self.after):
            raise expected("'format' beside 'before' or 'after' only")
        self._is, self._not = _alike(self.is_ or ()), _alike(self.not_ or ())
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core)
        schema = handler.resolve_ref_schema(reference)
        full = dict(schema)
        schema.clear()
        lists = {"type": "array", "items": _ONE, "minItems": 1}
        schema.update({"anyOf": [_ONE, lists, full], "description": "A value, several, or what must hold of the cell"})
        return reference

    def broken_by(self, cell: Cell) -> str | None:
        """Why the cell is not so; None where it is. Raises ValueUnreadable."""
        items = cell if isinstance(cell, list) else [cell]
        texts = [text for item in items if (text := guards.without_guard(values.text(item)))]
        forms = frozenset[object]().union(*(_forms(text) for text in texts))
        if self.blank is not None and self.blank != (not any(not nothing_words.is_nothing(text) for text in texts)):
            return "is empty" if self.blank is False else "is not empty"
        if self.is_ is not None and not forms & self._is:
            return f"is not {' or '.join(map(str, self.is_))}"
        if self.not_ is not None and forms & self._not:
            return f"is {' or '.join(map(str, self.not_))}"
        if self.matches is not None and not any(re.search(self.matches, text, re.IGNORECASE) for text in texts):
            return f"does not match {self.matches}"
        return self._out_of_time(cell)

    def _out_of_time(self, cell: Cell) -> str | None:
        if self.before is None and self.after is None:
            return None
        pieces = guards.bare(cell) if isinstance(cell, str) else cell
        if is_blank(pieces) or (isinstance(pieces, str) and nothing_words.is_no_value(pieces)):
            return "is empty"
        day = values.date_(pieces, self.format)
        if self.before is not None and day >= self.before:
            return f"is not before {self.before}"
        return f"is not after {self.after}" if self.after is not None and day <= self.after else None


def _alike(words: tuple[Word, ...]) -> frozenset[object]:
    """The words in every form in which a cell may have them; a lone letter or digit is no yes."""
    found: set[object] = set()
    for word in words:
        if isinstance(word, bool):
            found.add(word)
            continue
        text = values.text(word)
        found |= _forms(text) if len(text) > 1 else {text.casefold()}
        if not isinstance(word, str) or _number(text) is not None:
            found.add(("number", _number(text)))
    return frozenset(found)


def _forms(text: str) -> set[object]:
    """A cell's text without regard to case and spaces, the number that it is, the yes or no that it says."""
    forms: set[object] = {" ".join(text.casefold().split())}
    if (number := _number(text)) is not None:
        forms.add(("number", number))
    if (meant := yes_no.meant_by(text)) is not None:
        forms.add(meant)
    return forms


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d{1,15}(?:\.\d+)?", text, re.ASCII) else None


Where = Annotated[
    dict[Annotated[str, Field(min_length=1)], Condition],
    BeforeValidator(lambda raw: {} if raw is None else raw),
]


def left_out(where: Mapping[str, Condition], cells: Mapping[str, Cell]) -> str | None:
    """Why a row is left out: ``status is not active``; None where it is kept. Raises ValueUnreadable."""
    for column, condition in where.items():
        try:
            broken = condition.broken_by(cells.get(column))
        except ValueUnreadable as unreadable:
            raise ValueUnreadable(f"{column}: {unreadable.reason}") from None
        if broken:
            return f"{column} {broken}"
    return None
