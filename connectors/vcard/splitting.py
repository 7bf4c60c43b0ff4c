"""The text of each card in a .vcf, and where one was cut. Pure; what is in a card is read elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BEGIN = re.compile(r"^\s*BEGIN\s*:\s*VCARD\s*$", re.IGNORECASE)
_END = re.compile(r"^\s*END\s*:\s*VCARD\s*$", re.IGNORECASE)
_AGENT = re.compile(r"^(?:[\w-]+\.)?AGENT[;:]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CardText:
    """One card. ``whole``: it has an end; ``last``: nothing follows it."""

    text: str
    line: int
    whole: bool
    last: bool = False


def cards_in(text: str) -> Iterator[CardText]:
    """Every card with the number of its first line. A card within a card (an AGENT) is left out of it."""
    lines: list[str] = []
    begun, within, agent = 0, 0, False
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if within and _END.match(line):
            within -= 1
        elif _BEGIN.match(line):
            if begun and agent:
                within += 1
            else:
                if begun:
                    yield CardText("\n".join([*lines, "END:VCARD", ""]), begun, whole=False)
                lines, begun, within = ["BEGIN:VCARD"], number, 0
        elif begun and not within and _END.match(line):
            yield CardText("\n".join([*lines, "END:VCARD", ""]), begun, whole=True)
            lines, begun = [], 0
        elif begun and not within and not _AGENT.match(line):
            lines.append(line)
        agent = bool(_AGENT.match(line)) or (agent and not line.strip())
    if begun:
        yield CardText("\n".join(lines), begun, whole=False, last=True)
