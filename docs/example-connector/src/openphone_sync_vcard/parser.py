"""vCards, versions 2.1 to 4.0, as far as contacts need them. Knows nothing of openphone-sync."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPED = re.compile(r"\\(.)")


class CutOff(Exception):
    """The text ends within a card."""


def cards(text: str) -> Iterator[dict[str, list[str]]]:
    """The properties of each card, by their names in capitals. Raises CutOff."""
    card: dict[str, list[str]] | None = None
    for line in _unfolded(text):
        name, _, value = line.partition(":")
        name = name.split(";")[0].rpartition(".")[2].strip().upper()
        if name == "BEGIN" and value.strip().upper() == "VCARD":
            card = {}
        elif name == "END" and card is not None:
            yield card
            card = None
        elif card is not None and value:
            card.setdefault(name, []).append(_ESCAPED.sub(_plain, value.strip()))
    if card is not None:
        raise CutOff


def _unfolded(text: str) -> list[str]:
    """Lines, those that continue one before put together."""
    return re.sub(r"\r?\n[ \t]", "", text).splitlines()


def _plain(match: re.Match[str]) -> str:
    return "\n" if match[1] in "nN" else match[1]
