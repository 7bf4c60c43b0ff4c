"""Text with ``{column}`` placeholders: which columns it names, and what it says for a row.

Pure; knows nothing of fields. ``{{`` and ``}}`` stand for the braces themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Cell
from sync import values

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
_GAP = "\0"  # stands for an empty placeholder; ``values.text`` never lets one through
_EMPTY_BRACKETS = re.compile(rf"\(\s*{_GAP}\s*\)|\[\s*{_GAP}\s*\]|<\s*{_GAP}\s*>|\"\s*{_GAP}\s*\"")
_SEPARATORS = r"[\s,;:|/&+·•–—-]*"
_GAP_FIRST = re.compile(rf"^(?:\s*{_GAP}{_SEPARATORS})+")
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
        filled = [values.text(cells.get(column)) for column in self.columns]
        if self.columns and not any(filled):
            return ""
        written = self.join([value or _GAP for value in filled])
        while _GAP in written:
            written, brackets = _EMPTY_BRACKETS.subn(_GAP, written)
            if not brackets:
                written = _GAP_LATER.sub("", _GAP_FIRST.sub("", written))
        return written.strip()

    def join(self, filled: Sequence[str]) -> str:
        """The template with these texts in its placeholders, in order."""
        written = list(self.parts)
        written[1::2] = filled
        return "".join(written)


def _plain(source: str, start: int, end: int) -> str:
    literal = source[start:end]
    if "{" in literal or "}" in literal:
        raise ValueError(f"{source!r} has a brace without its partner: a placeholder is written {{column}}")
    return literal
