"""A day as people write it → the day: ISO, a given format, and forms that can be read in one way only. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

_MONTHS = (
    "jan january januar januari janvier enero gennaio janeiro styczeń stycznia leden ledna tammikuu ocak январь января "
    "ene janv gen",
    "feb february februar februari février febrero febbraio fevereiro luty lutego únor února helmikuu şubat февраль "
    "февраля févr fev",
    "mar march märz marz mrz maart mars marzo março marzec marca březen března maaliskuu mart март марта",
    "apr april avril abril aprile kwiecień kwietnia duben dubna huhtikuu nisan апрель апреля avr abr",
    "may mai mei mayo maggio maio maj maja květen května toukokuu mayıs май мая mag",
    "jun june juni juin junio giugno junho czerwiec czerwca červen června kesäkuu haziran июнь июня giu",
    "jul july juli juillet julio luglio julho lipiec lipca červenec července heinäkuu temmuz июль июля juil lug",
    "aug august augustus août aout agosto sierpień sierpnia srpen srpna elokuu ağustos август августа ago",
    "sep sept september septembre septiembre setiembre settembre setembro wrzesień września září syyskuu eylül "
    "сентябрь сентября set",
    "oct october okt oktober octobre octubre ottobre outubro październik października říjen října lokakuu ekim "
    "октябрь октября out ott",
    "nov november novembre noviembre novembro listopad listopada marraskuu kasım ноябрь ноября",
    "dec december dez dezember décembre diciembre dicembre dezembro des desember grudzień grudnia prosinec prosince "
    "joulukuu aralık декабрь декабря dic déc",
)
_MONTH = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_TIME = re.compile(
    r"[\sT,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?\s*(?:[ap]\.?\s?m\.?)?(?:\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?$",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日.]?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})")
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})")
_WORDS = re.compile(r"[^\W\d_]+")
_NO_MONTHS = re.compile(
    r"(?:de|del|of|the|st|nd|rd|th|den|le|er|às|at|\w{2,}day|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)"
)
_FIRST_DAY = date(1899, 12, 30)
_SERIALS = range(7306, 109575)
"""From 1920 to 2199, as Excel counts days."""


def day_in(written: str, format: str | None) -> date:
    """The day. Raises ValueError, with the reason, where there is none or it could be two."""
    if format is not None:
        found = _by_format(written, format)
        found = found or _iso(written) or _year_first(written) or _named(written)
        if found is None:
            raise ValueError(f"is not a date written as {format}")
        return found
    found = _iso(written) or _one_way(_TIME.sub("", written))
    if found is None:
        raise ValueError("is not a date such as 2026-03-01, and no 'format' is given")
    return found


def fits(written: str, format: str | None) -> bool:
    """Whether it is written just so: as the format says, or, without one, as ISO does."""
    return (_iso(written) if format is None else _by_format(written, format)) is not None


def of_serial(number: float) -> date | None:
    """The day with this number in a spreadsheet; None for numbers that hardly mean a day."""
    return _FIRST_DAY + timedelta(days=int(number)) if int(number) in _SERIALS else None


def _by_format(written: str, format: str) -> date | None:
    """As the format says; the year may have two digits or four, and a time may follow."""
    other = format.replace("%Y", "%y") if "%Y" in format else format.replace("%y", "%Y")
    for text in dict.fromkeys((written, _TIME.sub("", written))):
        for each in (format, other):
            try:
                return datetime.strptime(text, each).date()
            except (ValueError, re.error):
                continue
    return None


def _iso(written: str) -> date | None:
    try:
        return datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d|Z$)", "", written)).date()
    except ValueError:
        return None


def _one_way(written: str) -> date | None:
    """Forms that mean one day wherever they are written. Raises ValueError where two are possible."""
    if dotted := _DOTTED.fullmatch(written):
        return _date(dotted[3], dotted[2], dotted[1])
    slashed = _SLASHED.fullmatch(written)
    if slashed is None:
        return _year_first(written) or _named(written)
    first, mark, second, year = slashed.groups()
    month_first, day_first = _date(year, first, second), _date(year, second, first)
    if month_first and day_first and month_first != day_first:
        code = "%Y" if len(year) == 4 else "%y"
        american, other = (f"'{mark.join(codes)}'" for codes in (("%m", "%d", code), ("%d", "%m", code)))
        raise ValueError(
            f"is a date that can be read in two ways, {month_first} and {day_first}: say which with format: {american} "
            f"or {other}"
        )
    return month_first or day_first


def _year_first(written: str) -> date | None:
    found = _YEAR_FIRST.fullmatch(_TIME.sub("", written))
    return _date(*found.groups()) if found else None


def _named(written: str) -> date | None:
    """``24 Nov 2026``, ``Nov 24, 2026``, ``24-Nov-26``, ``24 de noviembre de 2026``."""
    plain = _TIME.sub("", written).casefold()
    words = [word for word in _WORDS.findall(plain) if not _NO_MONTHS.fullmatch(word)]
    numbers = re.findall(r"\d+", plain)
    if len(words) != 1 or words[0] not in _MONTH or len(numbers) != 2:
        return None
    year = next((number for number in numbers if len(number) == 4), numbers[1])
    day = numbers[1] if year is numbers[0] else numbers[0]
    return _date(year, str(_MONTH[words[0]]), day) if len(day) <= 2 and len(year) in (2, 4) else None


def _date(year: str, month: str, day: str) -> date | None:
    whole = int(year) if len(year) == 4 else 2000 + int(year) if int(year) < 69 else 1900 + int(year)
    try:
        return date(whole, int(month), int(day))
    except ValueError:
        return None
