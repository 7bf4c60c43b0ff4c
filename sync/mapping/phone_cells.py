"""A cell of a phone column → the numbers in it, and what stood beside each: an extension, a note, a name. Pure.

Whether a piece is a number that can be called is for ``values.phone`` to say; here it is only set apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync.mapping import nothing_words

_STRONG = re.compile(r"\s*(?::::|[;|\n\r\t]|\s/\s|\s+(?:or|and|und|oder|ou|et|y|o|e|og|och|lub|или|и)\s+|\s&\s)\s*")
_WEAK = re.compile(r"\s*[,/&、；，]\s*|\s{2,}|\s+(?=\+\d)|(?<=\d)(?=\+\d)|(?<=\d)\s+(?=\(\d{3}\))")
_EXTENSION = re.compile(
    r"[\s,;./-]*(?:;?ext(?:ension|n)?\b\.?|;ext=|\bx\.?|#|(?<=\d)x|\bdurchwahl|\bdw\b\.?|\bint(?:erno)?\b\.?|\bposte"
    r"|\bramal|\banexo|\bwew\b\.?|\bdoorkiesnr\b\.?|\bдоб\b\.?|内线|分机)[\s:.=#]*\d{1,7}#?\s*$"
    r"|\s*[,;]+\s*\d{1,6}#?\s*$|\s*[pw]\s*\d{1,6}#?\s*$|(?<=\d)[\s,;]*[,;][\d,;*#]{0,12}#\s*$",
    re.IGNORECASE,
)
_EXTENSION_IN_BRACKETS = re.compile(
    r"\s*[(\[]\s*(?:ext(?:ension|n)?\.?|x|#)[\s:.=#]*\d{1,7}\s*[)\]]\s*$", re.IGNORECASE
)
_LABEL = (
    r"(?:p|t|m|c|h|w|o|f|tel|telephone|phone|ph|mobile|mob|cell|cellular|home|work|office|business|main|direct|primary"
    r"|other|voice|landline|number|no|sms|text|whatsapp|wa|telefon|tel[eé]fono|telefone|t[eé]l[eé]phone|telefoon|handy"
    r"|mobil|m[oó]vil|celular|portable|privat|gesch[aä]ftlich|arbeit|b[uü]ro|trabajo|casa|cel|gsm)"
)
_SAID = re.compile(r"(?:p|tel|phone|callto|sms|whatsapp|number)\s*[:=]\s*(?://)?", re.IGNORECASE)
"""What programs put before a number: nothing is lost with it."""
_BEFORE = re.compile(
    rf"({_LABEL})(?:\s*(?:phone|number|no|tel))?\s*(?:[:=#]|\.\s*:?|\s-|\s|(?=[+(\d]))\s*(?=[+(\d])", re.IGNORECASE
)
_AFTER = re.compile(rf"(?<=\d)\s*[-–,/]?\s*\b({_LABEL})\.?$", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*[(\[{]\s*([^()\[\]{}]*[^\W\d_][^()\[\]{}]*)\s*[)\]}]\s*")
_WORDS = re.compile(r"^([^\d+(]*[^\W\d_][^\d+(]*?)[\s:,–-]+(?=[+(\d])|(?<=[\d)])[\s,:–-]+([^\d]*[^\W\d_][^\d]*)$")
_SHOUTED = re.compile(r"[A-Z]{2,}")
_FEWEST = 7

_SOMEBODY_ELSE = re.compile(
    r"\b(?:assistant|secretary|receptionist|spouse|wife|husband|mother|mom|mum|mama|father|dad|papa|parents?|son|daughter"
    r"|sister|brother|grand\w+|aunt|uncle|cousin|child|kid|nanny|babysitter|emergency|kin|landlord|tenant|neighbou?r|friend"
    r"|caregiver|guardian|roommate|ex|agent|realtor|rep|lawyer|attorney|accountant|boss|frau|mann|mutter|vater|tochter"
    r"|sohn|esposa|esposo|marido|madre|padre|hija|hijo|mari|femme|mère|père|notfall|emergencia|urgence)\b",
    re.IGNORECASE,
)
_NO_LONGER = re.compile(
    r"\b(?:wrong|disconnected|not in service|no longer|out of service|old|former|previous|invalid|dead"
    r"|do not (?:use|call)"
    r"|don't (?:use|call)|dnc|bad|falsch|alt|ungültig|incorrecto|ancien)\b",
    re.IGNORECASE,
)
_FAX = re.compile(r"\b(?:tele)?fax\b|^f$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written; empty where it is none of this contact's. ``lost``: what was left out, for people."""

    number: str
    lost: str | None = None


def numbers_in(written: str) -> list[Number]:
    """Every number of the cell; a cell that holds none comes back whole, for its reason to be said."""
    return [_alone(part) for part in _apart(written)]


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _apart(written: str) -> list[str]:
    """The parts of which at least two are numbers by their length; what is no number stays with the one before it."""
    for mark in (_STRONG, _WEAK):
        parts = _joined(written, mark)
        if len(parts) > 1:
            return [each for part in parts for each in _apart(part)]
    return [written.strip().rstrip(";,|").strip() or written]


def _joined(written: str, mark: re.Pattern[str]) -> list[str]:
    """The parts between the marks; one without enough digits is joined to its neighbour as it was written."""
    cuts = [match for match in mark.finditer(written) if match.start() > 0 and match.end() < len(written)]
    parts: list[str] = []
    start = 0
    for cut in cuts:
        left, right = written[start : cut.start()], written[cut.end() :]
        if _digits(left) >= _FEWEST and _has_number(right):
            parts.append(left)
            start = cut.end()
    return [*parts, written[start:]]


def _has_number(text: str) -> bool:
    """Whether the text begins with a number, a label before it or not, rather than with an extension or a note."""
    first = re.split(r"[;|\n,/&]|:::", text, maxsplit=1)[0]
    return _digits(first) >= _FEWEST


def _alone(part: str) -> Number:
    """One number without what is beside it."""
    rest, lost = part, list[str]()
    if said := _SAID.match(rest):
        rest = rest[said.end() :]
    rest, notes = _without_notes(rest)
    for pattern in (_EXTENSION_IN_BRACKETS, _EXTENSION):
        found = pattern.search(rest)
        if found and _digits(rest[: found.start()]) >= _FEWEST:
            lost.append(f"the extension {found[0].strip(' ,;()[]')!r}")
            rest = rest[: found.start()]
    rest, more = _without_notes(rest)
    notes += more
    digits = "".join(filter(str.isdigit, rest))
    if nothing_words.is_no_number(digits):
        return Number("", f"{part!r} was read as nothing")
    if _digits(rest) < _FEWEST:
        return Number(part)
    for why, pattern in (("is somebody else's", _SOMEBODY_ELSE), ("is not in use", _NO_LONGER), ("is a fax", _FAX)):
        if any(pattern.search(note) for note in notes):
            return Number("", f"{part!r} {why}: the number was left out")
    lost += [f"the note {note!r}" for note in notes]
    return Number(
        rest.strip(), f"{' and '.join(lost)} {'was' if len(lost) == 1 else 'were'} left out" if lost else None
    )


def _without_notes(written: str) -> tuple[str, list[str]]:
    rest, notes = written.strip(), list[str]()
    while found := next(filter(None, (_note(rest, pattern) for pattern in (_BRACKETS, _BEFORE, _AFTER))), None):
        rest, note = found
        notes.append(note)
    words = _WORDS.search(rest)
    if words and (note := (words[1] or words[2]).strip(" .:,-")):
        left = (rest[: words.start()] + " " + rest[words.end() :]).strip()
        # A word in capitals may be digits (1-800-FLOWERS) unless the number is whole without it.
        if "@" not in note and _digits(left) >= (10 if _SHOUTED.search(note) else _FEWEST):
            return left, [*notes, note]
    return rest, notes


def _note(written: str, pattern: re.Pattern[str]) -> tuple[str, str] | None:
    found = pattern.search(written) if pattern is not _BEFORE else pattern.match(written)
    if found is None or (pattern is _BRACKETS and re.match(r"\s*(?:ext|x|#)[\s.:=#\w]*\d", found[1], re.IGNORECASE)):
        return None
    rest = f"{written[: found.start()]} {written[found.end() :]}".strip()
    return (rest, found[1].strip()) if _digits(rest) >= _FEWEST else None
