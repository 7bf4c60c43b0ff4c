"""Text with ``{column}`` placeholders: which columns it names, and what it says for a row.

Pure; knows nothing of fields. ``{{`` and ``}}`` stand for the braces themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from connectors.base import Cell
from sync.mapping import guards, nothing_words, values

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
# ``values.text`` lets neither of these through.
_GAP = "\0"  # stands for an empty placeholder
_EDGE = "\1"  # stands on both sides of a value, so that no mark of its own is taken for a separator
_SEPARATORS = r"[\s,;:|/&+·•–—-]*"
_GAPS = rf"{_SEPARATORS}(?:{_GAP}{_SEPARATORS})+"
_EMPTY_BRACKETS = re.compile(rf"\({_GAPS}\)|\[{_GAPS}\]|<{_GAPS}>|\"{_GAPS}\"")
_GAP_FIRST = re.compile(rf"(^|[(\[<\"]){_GAPS}")
_GAP_LATER = re.compile(rf"{_SEPARATORS}{_GAP}")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template: ``parts`` alternates between literal text and column names, literal first and last."""

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, source: str) -> Template:
        """Raises ValueError where a brace has no partner."""
        parts, literal, position = [], "", 0
        for token in _TOKEN.finditer(source):
            literal += _plain(source, position, token.start())
            position = token.end()
            if token[1] is None:
                literal += token[0][0]
            else:
                parts += [literal, token[1].strip()]
                literal = ""
        return cls((*parts, literal + _plain(source, position, len(source))))

    @property
    def columns(self) -> tuple[str, ...]:
        return self.parts[1::2]

    def render(self, cells: Mapping[str, Cell]) -> str:
        """The text for a row; "" where every placeholder is empty.

        An empty placeholder takes its brackets and the separator before it along (after it, at the start):
        ``{title} ({team})`` without a team is the title alone, ``{a}, {b}, {c}`` without b is ``a, c``.
        """
        filled = [_said(cells.get(column)) for column in self.columns]
        if self.columns and not any(filled):
            return ""
        return _closed(self.join([f"{_EDGE}{value}{_EDGE}" if value else _GAP for value in filled]))

    def join(self, filled: Sequence[str]) -> str:
        """The template with these texts in its placeholders, in order."""
        written = list(self.parts)
        written[1::2] = filled
        return "".join(written)


class SourceUrlTemplate(Template):
    """A template whose values are percent-encoded; empty where one of them is, for it would name another page.

    A column at the very start holds an address, and is inserted as it is.
    """

    __slots__ = ()

    def render(self, cells: Mapping[str, Cell]) -> str:
        filled = [_said(cells.get(column)) for column in self.columns]
        if not all(filled):
            return ""
        encoded = [quote(value, safe="") for value in filled]
        return self.join([filled[0], *encoded[1:]] if filled and not self.parts[0] else encoded)


def _said(cell: Cell) -> str:
    """What the cell says: without what guards it, and nothing where it stands for nothing."""
    written = guards.without_guard(values.text(cell))
    return "" if nothing_words.is_nothing(written) else written


def _plain(source: str, start: int, end: int) -> str:
    literal = source[start:end]
    if "{" in literal or "}" in literal:
        raise ValueError(f"{source!r} has a brace without its partner: a placeholder is written {{column}}")
    return literal


def _closed(written: str) -> str:
    """The text with its gaps closed."""
    brackets = 1
    while brackets:
        written, brackets = _EMPTY_BRACKETS.subn(_GAP, written)
    written = _GAP_LATER.sub("", _GAP_FIRST.sub(r"\1", written))
    return written.replace(_EDGE, "").strip()
