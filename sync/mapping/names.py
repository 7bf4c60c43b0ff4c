"""A whole name → the first name, and the rest of it. Pure; what is a particle, a title or a suffix nameparser knows.

Nothing is thrown away in silence: middle names, particles and suffixes are in one part or the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from connectors.base import Cell
from sync.mapping.pieces import Piece, of_text

Part = Literal["first", "last"]
Order = Literal["family_first"]

_COMPANY = re.compile(
    r"\b(?:llc|l\.l\.c\.?|inc|incorporated|ltd|limited|llp|plc|pllc|corp|corporation|company|gmbh|mbh|ohg|kg|ug|e\.v|s\.?a\.?r\.?l"
    r"|s\.r\.l|s\.l|s\.a|b\.v|n\.v|pty|oy|ab|aps|a/s|services?"
    r"|solutions|holdings|partners|associates|enterprises|industries"
    r"|dental|dentistry|clinic|medical|hospital|pharmacy|plumbing|roofing|electric(?:al)?|construction|contractors?"
    r"|landscaping|cleaning|pest|realty|properties|apartments|insurance|financial|consulting|logistics|transport|trucking"
    r"|motors|automotive|restaurant|caf[eé]|pizza|bakery|hotel|salon|studios?|agency|media|systems|technologies|software"
    r"|university|college|academy|foundation|association|ministries|department|hoa|trust|committee|group|team|shop|store)\b"
    r"|(?:&|and|und|et|y)\s+(?:sons?|co\b|bros|brothers|söhne|fils|hijos)|\bbros\b|\d|[’']s\s+\w|^the\s",
    re.IGNORECASE,
)
_OF_A_COMPANY = re.compile(
    r"compan(?:y|ies)|organi[sz]ation|business|account|firm|employer|firma|empresa|soci[eé]t[eé]|azienda"
    r"|raz(?:[oó]n|[aã]o) social|ragione sociale|raison sociale|entreprise|unternehmen|ditta|bedrijf|företag|virksomhed"
    r"|yritys|compañ[ií]a|przedsi[eę]biorstw|společnost|cég|şirket|компани|организац|фирм|会社|公司|회사",
    re.IGNORECASE,
)
_SECOND = frozenset(
    """
    maría maria josé jose juan luis carlos antonio manuel francisco javier miguel ángel angel jesús jesus fernando pilar
    carmen teresa isabel luisa fernanda josefa elena cristina victoria guadalupe alberto alejandro andrés andres eduardo
    ignacio pablo pedro rafael ramón ramon rosa lucía lucia beatriz paola andrea sofía sofia camila valentina daniel
    david
    gabriel ana ann anne lou lynn lynne jo sue beth jane jean kay mae may marie lee ray rae rose ellen grace louise joe
    elizabeth paul pierre claude marc luc philippe françois jacques christine hélène peter heinz georg friedrich wilhelm
    """.split()  # noqa: SIM905  forty short words read better so
)
"""Given names that often come second: Ana María, Mary Ann, Jean Pierre, Karl Heinz."""

_INITIAL = re.compile(r"[^\W\d_]\.?")
_TITLE = re.compile(r"(?:[^\W\d_]{1,5}\.)+|mme|mlle|mr|frau|herr|dr|prof", re.IGNORECASE)
_PARTICLES = frozenset("de del della di da do dos das du la le les el al van von der den ter ten zu bin ibn".split())  # noqa: SIM905
_OF_SAINTS = frozenset({"st", "st."})


def is_of_a_company(column: str) -> bool:
    """Whether the cells of this column name companies, which have no first names."""
    return _OF_A_COMPANY.search(column) is not None


def of_name(cell: Cell, part: Part, order: Order | None = None) -> Sequence[Piece]:
    """One part of a name; what of it is in neither is said with the first."""
    pieces = of_text(cell)
    return tuple(_part(piece.cell, part, order) if isinstance(piece.cell, str) else piece for piece in pieces)


def _part(written: str, part: Part, order: Order | None) -> Piece:
    first, last, lost = split_name(" ".join(written.split()), order)
    return Piece(first, lost) if part == "first" else Piece(last or None)


@lru_cache(maxsize=1024)
def split_name(name: str, order: Order | None = None) -> tuple[str, str, str | None]:
    """The first name, the rest, and what is in neither, for people. A company, or one word, is a first name whole."""
    name = name.strip(" ,;")
    if " " not in name or "@" in name or _COMPANY.search(name):
        return name, "", None
    if order == "family_first" and "," not in name:
        return _split_behind_family(name.split())
    from nameparser import HumanName  # only where names are to be split

    parsed = HumanName(name)
    given, middle, last = parsed.first, parsed.middle.split(), parsed.last
    rest = " ".join(filter(None, (last, parsed.suffix)))
    if not given and parsed.title and last:
        return parsed.title, rest, None  # Dr. Roe: nobody knows more
    if not given:
        return name, "", None
    if not last and not middle:
        return " ".join(filter(None, (parsed.title, given, parsed.suffix))), "", None
    ahead = len(middle) if _family_first(name, given) else _given_names(middle)
    first = " ".join([given, *middle[:ahead]])
    title = parsed.title
    if title.casefold() in _OF_SAINTS:
        first, title = f"{title} {first}", ""
    aside = [f"the title {title!r}"] if title else []
    aside += [f"the note {parsed.nickname!r}"] if parsed.nickname else []
    lost = f"{' and '.join(aside)} of the name {'was' if len(aside) == 1 else 'were'} left out" if aside else None
    return first, " ".join([*middle[ahead:], *([rest] if rest else [])]), lost


def _split_behind_family(words: list[str]) -> tuple[str, str, str | None]:
    """``Kovács János``, ``LE GALL Yann``, ``de Wit Anna``: the family's name ends before the first given one."""
    titles = 0
    while titles < len(words) - 2 and _TITLE.fullmatch(words[titles]):
        titles += 1
    title, words = " ".join(words[:titles]), words[titles:]
    capitals = next((at for at, word in enumerate(words) if not (word.isupper() and len(word) > 1)), len(words))
    end = capitals if 0 < capitals < len(words) else 1
    while end < len(words) - 1 and all(word.casefold() in _PARTICLES for word in words[:end]):
        end += 1
    lost = f"the title {title!r} of the name was left out" if title else None
    return " ".join(words[end:]), " ".join(words[:end]), lost


def _family_first(name: str, given: str) -> bool:
    """Whether it is written ``Roe, Ana María``: all that follows the comma is given."""
    before, comma, _ = name.partition(",")
    return bool(comma) and given.split()[0] not in before.split()


def _given_names(middle: Sequence[str]) -> int:
    """How many of the words between are given names; the others belong to the surname: García Márquez."""
    for count, word in enumerate(middle):
        if word.casefold() not in _SECOND and not _INITIAL.fullmatch(word):
            return count
    return len(middle)
