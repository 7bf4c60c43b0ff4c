"""One cell → one canonical value: one function for each kind of value, and the reason where it cannot be read.

Pure. Knows nothing of columns, mappings or OpenPhone's JSON. Every function takes any ``Cell`` and either returns
a value that it would itself accept and return again, or raises ``ValueUnreadable``. Blank cells are the caller's
affair, except for ``text``, which answers "".
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.base import Cell, Unreadable
from sync.mapping import dates, error_words, numerals, plain_numbers, yes_no

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


class ValueUnreadable(ValueError):
    """The cell does not hold such a value; the message is the reason, for people."""

    @property
    def reason(self) -> str:
        return str(self)


# --- text ---------------------------------------------------------------------------------------------------------


def text(cell: Cell) -> str:
    """The cell as text, as a spreadsheet would show it, trimmed.

    5.0 is "5", True is "TRUE", a date is ISO, a list is joined with ", ". Line breaks become "\\n"; other control
    characters are removed, since no one can see or correct them. What a spreadsheet shows instead of a value
    (#N/A, Loading...) is none: it must not rename anyone.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        if error_words.is_error_word(cell):
            raise ValueUnreadable("is a spreadsheet's error (or its sign of waiting), not a value: correct the formula")
        return _clean(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int):
        return _int_text(cell)
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, datetime):
        return _datetime_text(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Unreadable):
        raise ValueUnreadable(cell.reason)
    return ", ".join(filter(None, (text(item) for item in cell)))


_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
"""Control characters but the tab and the end of a line, halves of a surrogate pair, and the byte order mark."""


def _clean(raw: str) -> str:
    if raw.isascii() and raw.isprintable():
        return raw.strip()
    return _INVISIBLE.sub("", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _int_text(cell: int) -> str:
    try:
        return str(cell)
    except ValueError:  # Python refuses to write out integers of thousands of digits
        raise ValueUnreadable("is far too large a number") from None


def _float_text(cell: float) -> str:
    if not math.isfinite(cell):
        raise ValueUnreadable("is not a number that a contact can hold")
    return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)


def _datetime_text(cell: datetime) -> str:
    midnight = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
    return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")


def _unmarked(cell: Cell) -> str:
    """Text without the invisible marks (of direction, of width) that copying from a page or a phone leaves."""
    written = text(cell)
    if written.isascii():
        return written
    return "".join(c for c in written if unicodedata.category(c) != "Cf").strip()


def _compat(cell: Cell) -> str:
    """Text for reading digits and signs: full-width forms, other scripts' digits and no-break spaces made plain."""
    plain = unicodedata.normalize("NFKC", _unmarked(cell))
    if not plain.isascii():
        plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)
    return plain.strip()


def _one(cell: Cell, what: str) -> Cell:
    """The only item of a list; any other cell as it is."""
    if isinstance(cell, list):
        if len(cell) != 1:
            raise ValueUnreadable(f"holds {len(cell)} values where one {what} is expected")
        return _one(cell[0], what)
    return cell


# --- phone numbers ------------------------------------------------------------------------------------------------

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_EXTENSION = re.compile(r"[\s,;]*(?:;ext=|extension|ext\b\.?|x|#)[\s:.]*\d{1,7}\s*$", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_NOT_DIALLED = re.compile(r"[^\d+()\[\]\s./~‐-―−-]")


def phone(cell: Cell, region: str) -> str:
    """The number in E.164. Numbers that are possible are accepted, assigned or not.

    ``region`` (such as "US") serves numbers without a country code. An extension is left out: E.164 has no place
    for one, and the number itself is good.
    """
    if isinstance(cell, str) and (read := plain_numbers.plain(cell.strip(), region)):
        return read
    written = _phone_text(_one(cell, "phone number"))
    number = _EXTENSION.sub("", re.sub(r"^tel:\s*", "", written, flags=re.IGNORECASE))
    _check_dialled(number)
    attempts = [*_dialled_abroad(number, region), number]
    reasons: list[str] = []
    for attempt in attempts:
        try:
            return _e164(attempt, region)
        except ValueUnreadable as refusal:
            reasons.append(refusal.reason)
    raise ValueUnreadable(reasons[0])


_ABROAD = re.compile(r"\D*(?:\+\s*(?:00|011)|00)\D*(?=\d)")
_MOBILE_ONCE = re.compile(r"(\+|00|011)\D*52\D*1\D*([2-9]\D*(?:\d\D*){9})")
_TWICE = re.compile(r"(\+)\D*1\D+1\D*([2-9]\D*(?:\d\D*){9})|(\+)11([2-9]\D*(?:\d\D*){9})")


def _dialled_abroad(number: str, region: str) -> list[str]:
    """What it means if its first digits are those that are dialled to get there, or were once."""
    found = []
    if mexican := _MOBILE_ONCE.fullmatch(number.strip()):
        found.append(f"+52{mexican[2]}")  # the 1 before mobile numbers was given up in 2019
    if twice := _TWICE.fullmatch(number.strip()):
        found.append(f"+1{twice[2] or twice[4]}")
    if region == "MX" and (mobile := re.fullmatch(r"[^\d+]*(?:1|01|044|045)\D*([2-9]\D*(?:\d\D*){9})", number)):
        found.append(f"+52{mobile[1]}")
    if re.match(_ABROAD, number):
        found.append(re.sub(_ABROAD, "+", number, count=1))
    return found


def _phone_text(cell: Cell) -> str:
    if isinstance(cell, (bool, date)):
        raise ValueUnreadable("is not a phone number")
    return re.sub(r"^(\+?\d+)\.0+$", r"\1", _compat(cell))


def _check_dialled(number: str) -> None:
    """Raises where the text is not one number written with digits."""
    if _SCIENTIFIC.fullmatch(number):
        raise ValueUnreadable("was shortened by a spreadsheet: format the column as text and enter the number again")
    several = [part for part in re.split(r"[,;|/\n]|\bor\b", number) if sum(map(str.isdigit, part)) >= 7]
    if len(several) > 1:
        raise ValueUnreadable("holds more than one phone number: separate them with 'split'")
    if any(c.isalpha() for c in number):
        raise ValueUnreadable("has letters: a phone number is written with digits")
    odd = _NOT_DIALLED.search(number)
    if odd:
        raise ValueUnreadable(f"has {odd[0]!r} in it: not a phone number")
    if not any(c.isdigit() for c in number):
        raise ValueUnreadable("is not a phone number: it has no digits")


def _e164(number: str, region: str) -> str:
    import phonenumbers  # slow to import, and a run without changes needs it for nothing

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException as problem:
        raise ValueUnreadable(_parse_reason(problem.error_type, region)) from None
    _check_possible(parsed)
    canonical = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not _E164.fullmatch(canonical):
        raise ValueUnreadable("is not a phone number that can be called from abroad")
    again = phonenumbers.parse(canonical, None)
    if phonenumbers.format_number(again, phonenumbers.PhoneNumberFormat.E164) != canonical:
        raise ValueUnreadable("is not a phone number: its leading digits do not fit its country")
    return canonical


def _check_possible(parsed: PhoneNumber) -> None:
    from phonenumbers import ValidationResult, is_possible_number_with_reason

    reasons = {
        ValidationResult.TOO_SHORT: "is too short for a phone number",
        ValidationResult.TOO_LONG: "is too long for a phone number",
        ValidationResult.INVALID_LENGTH: "has the wrong number of digits for its country",
        ValidationResult.INVALID_COUNTRY_CODE: "has a country code that does not exist",
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "has no area code",
    }
    reason = reasons.get(is_possible_number_with_reason(parsed))
    if reason:
        raise ValueUnreadable(reason)


def _parse_reason(error_type: int, region: str) -> str:
    from phonenumbers import NumberParseException

    reasons = {
        NumberParseException.INVALID_COUNTRY_CODE: f"has no country code that exists, and region {region!r} has none",
        NumberParseException.TOO_LONG: "is too long for a phone number",
        NumberParseException.TOO_SHORT_NSN: "is too short for a phone number",
        NumberParseException.TOO_SHORT_AFTER_IDD: "is too short for a phone number",
    }
    return reasons.get(error_type, "is not a phone number")


# --- e-mail and web addresses -------------------------------------------------------------------------------------

_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>]+)>")
_LOCAL_PART = re.compile(r"[^\s@<>()\[\],:;\"\\]{1,64}")
_LABEL = re.compile(r"(?!-)[^\W_](?:[\w-]{0,61}[^\W_])?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def email(cell: Cell) -> str:
    """The address alone, as it was written: ``Jane <jane@x.com>`` and ``mailto:jane@x.com`` are ``jane@x.com``."""
    written = _unmarked(_one(cell, "e-mail address"))
    named = _NAMED_ADDRESS.fullmatch(written)
    address = (named[1] if named else written).strip()
    if address[:7].lower() == "mailto:":
        address = address[7:].split("?")[0].strip()
    if len(re.findall(r"[^\s,;]@[^\s,;]", address)) > 1:
        raise ValueUnreadable("holds more than one e-mail address: separate them with 'split'")
    local, at, domain = address.rpartition("@")
    if not at:
        raise ValueUnreadable("is not an e-mail address: it has no @")
    if not _LOCAL_PART.fullmatch(local) or ".." in local or local[0] == "." or local[-1] == ".":
        raise ValueUnreadable("is not an e-mail address: the part before the @ is not valid")
    if not _is_domain(domain) or len(address) > 254:
        raise ValueUnreadable("is not an e-mail address: the part after the @ is not a domain")
    return address


def _is_domain(name: str) -> bool:
    """At least two labels of letters (of any script), digits and hyphens."""
    labels = name.split(".")
    return len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and len(name) <= 253


def url(cell: Cell) -> str:
    """A web address. ``https://`` is put before a bare ``example.com/path``; nothing else is changed."""
    written = _unmarked(_one(cell, "web address"))
    if re.search(r"\s", written):
        raise ValueUnreadable("is not a web address: it has a space in it")
    scheme = _SCHEME.match(written)
    if scheme:
        if scheme[1].lower() not in ("http", "https"):
            raise ValueUnreadable("is not a web address: it must begin with http:// or https://")
        return _checked_url(written, bare=False)
    return _checked_url("https://" + written.removeprefix("//"), bare=True)


def _checked_url(address: str, *, bare: bool) -> str:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueUnreadable("is not a web address") from None
    if not host or (bare and (not _is_domain(host) or "@" in parts.netloc)):
        raise ValueUnreadable("is not a web address: it has no host such as example.com")
    return address


# --- numbers, booleans and dates ----------------------------------------------------------------------------------

_EXACT = 2**53


def number(cell: Cell) -> int | float:
    """The number; an int where it is whole.

    Accepts thousands separators, a currency, a sign, and the brackets of accounts. Where only a comma is there it
    groups thousands if it can (``1,234``) and is decimal otherwise (``1,5``); a lone point is always decimal.
    """
    cell = _one(cell, "number")
    if isinstance(cell, (bool, date)):
        raise ValueUnreadable("is not a number")
    if isinstance(cell, (int, float)):
        return _plain(cell)
    try:
        return _plain(numerals.value_of(_compat(cell)))
    except numerals.NotANumber as reason:
        raise ValueUnreadable(str(reason)) from None


def _plain(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueUnreadable("is not a finite number")
    if abs(value) > _EXACT:
        raise ValueUnreadable("is too large to be kept exactly")
    return int(value) if value == int(value) else value


def boolean(cell: Cell) -> bool:
    """yes/no, true/false, on/off, 1/0, x and a tick, in any case; and in many languages."""
    meant = yes_no.meant_by(text(_one(cell, "yes or no")))
    if meant is None:
        raise ValueUnreadable("is neither yes nor no")
    return meant


def date_(cell: Cell, format: str | None = None) -> str:
    """The day as ``YYYY-MM-DD``: an ISO date or date-time, what follows ``format``, what means one day anyway.

    ``format`` is Python's (``%d/%m/%Y``). The day is the one that is written, whatever the time zone.
    """
    cell = _one(cell, "date")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool) or (format is None and isinstance(cell, (int, float))):
        raise ValueUnreadable("is not a date")
    try:
        return dates.day_in(_compat(cell), format).isoformat()
    except ValueUnreadable:
        raise
    except ValueError as reason:
        raise ValueUnreadable(str(reason)) from None
