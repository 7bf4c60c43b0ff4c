"""The small languages inside a configuration: templates, schedules, date formats, regions.

Pure functions on text. A refusal is ``expected(...)``, which says only what would have been right:
what was found, and where, is added by ``config_messages``, which knows what may be shown.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic_core import PydanticCustomError

from connectors.intervals import interval
from sync.mapping.template import Template

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("the minute", 0, 59, {}),
    ("the hour", 0, 23, {}),
    ("the day of the month", 1, 31, {}),
    ("the month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    ("the day of the week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_CRON_PART = re.compile(r"(?:\*|(?P<first>[a-z0-9]+)(?:-(?P<last>[a-z0-9]+))?)(?:/(?P<step>[0-9]+))?", re.ASCII)

SCHEDULE_FORMS = "a cron expression such as '0 * * * *', or an interval such as '15m'"
REGION_FORMS = "a country's two-letter code such as US or GB"
DATE_FORMS = "the codes for day, month and year, such as '%d/%m/%Y'"
TEMPLATE_FORMS = "text with columns in braces, such as '{title} ({team})'"
_FORMATTING = re.compile(r"[\[\]]|![ars]$|:[<>^=+.\d]")
"""What Python's ``str.format`` would take as more than a name. A point may stand in a column's name."""
_SAMPLE = datetime(2031, 11, 23)


def expected(text: str) -> PydanticCustomError:
    """The refusal of a value: ``text`` completes the sentence "found …, expected …"."""
    return PydanticCustomError("expected", "{text}", {"text": text})


def cron_mistake(text: str) -> str | None:
    """What a cron expression of five fields should have been, or None where it is right."""
    fields = text.lower().split()
    if len(fields) != len(_CRON_FIELDS):
        return SCHEDULE_FORMS
    for field, (name, low, high, words) in zip(fields, _CRON_FIELDS, strict=True):
        if not all(_is_cron_part(part, low, high, words) for part in field.split(",")):
            also = f" or {next(iter(words))} to {list(words)[-1]}" if words else ""
            return f"{SCHEDULE_FORMS}: {name}, '{field}', is not {low} to {high}{also}, '*', a list, a range or a step"
    return None


def _is_cron_part(part: str, low: int, high: int, words: dict[str, int]) -> bool:
    match = _CRON_PART.fullmatch(part)
    if match is None or (match["step"] is not None and not 0 < _number(match["step"]) <= high):
        return False
    if match["first"] is None:
        return True
    first = _number(match["first"], words)
    last = first if match["last"] is None else _number(match["last"], words)
    return low <= first <= last <= high


def _number(text: str, words: dict[str, int] | None = None) -> int:
    """The number that ``text`` is or names; -1, which is in no range, where it is neither."""
    if words and text in words:
        return words[text]
    return int(text) if text.isdigit() and len(text) <= 2 else -1


def cron_values(text: str) -> tuple[frozenset[int] | None, ...]:
    """The values that each field of a right cron expression stands for, or None where it restricts nothing.

    The day of the week goes from 0, Sunday, to 6.
    """
    values: list[frozenset[int] | None] = []
    for field, (_, low, high, words) in zip(text.lower().split(), _CRON_FIELDS, strict=True):
        parts = field.split(",")
        named = frozenset(value for part in parts for value in _cron_part(part, low, high, words))
        values.append(None if field.startswith("*") and len(named) > high - low else named)
    *others, weekdays = values
    return (*others, frozenset(day % 7 for day in weekdays) if weekdays is not None else None)


def _cron_part(part: str, low: int, high: int, words: dict[str, int]) -> range:
    match = _CRON_PART.fullmatch(part)
    if match is None:
        raise ValueError(part)
    step = int(match["step"] or 1)
    if match["first"] is None:
        return range(low, high + 1, step)
    first = _number(match["first"], words)
    last = _number(match["last"], words) if match["last"] else high if match["step"] else first
    return range(first, last + 1, step)


def schedule(raw: object) -> str | None:
    """A schedule as it may be given: cron or an interval."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise expected(SCHEDULE_FORMS)
    if interval(raw) is None and (mistake := cron_mistake(raw)) is not None:
        raise expected(mistake)
    return raw.strip()


def jitter(raw: object) -> str | None:
    """How much later a run may start, as an interval."""
    if raw is None:
        return None
    if not isinstance(raw, str) or interval(raw) is None:
        raise expected("an interval such as '30s'")
    return raw.strip()


def timezone(raw: object) -> str | None:
    """A time zone by its name."""
    if raw is None:
        return None
    try:
        return ZoneInfo(str(raw).strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise expected("a time zone's name such as Europe/Berlin or America/New_York") from None


def region(raw: object) -> str:
    """A region that phone numbers can be read for, in capitals."""
    from phonenumbers import SUPPORTED_REGIONS  # only here: costs a quarter of the start-up

    code = raw.strip().upper() if isinstance(raw, str) else None
    if code == "UK":
        raise expected("GB, which is the United Kingdom's code")
    if code is None or code not in SUPPORTED_REGIONS:
        raise expected(REGION_FORMS)
    return code


def date_format(raw: object) -> str:
    """A format for ``strptime`` that yields a whole date."""
    if not isinstance(raw, str):
        raise expected(DATE_FORMS)
    try:
        whole = datetime.strptime(_SAMPLE.strftime(raw), raw).date() == _SAMPLE.date()
    except (ValueError, re.error):
        whole = False
    if not whole:
        raise expected(DATE_FORMS)
    return raw


def template_columns(text: str) -> tuple[str, ...]:
    """The columns that a template names. Raises ValueError (``expected``) where it is none."""
    try:
        columns = Template.parse(text).columns
    except ValueError:
        raise expected(f"{TEMPLATE_FORMS}; {{{{ and }}}} stand for braces themselves") from None
    for column in columns:
        if not column or column.isdigit() or _FORMATTING.search(column):
            raise expected(f"{TEMPLATE_FORMS}: '{{{column}}}' is more, or less, than a column's name")
    return columns


def template(raw: object) -> str:
    """A template that can be filled from a row."""
    if not isinstance(raw, str) or not raw.strip():
        raise expected(TEMPLATE_FORMS)
    template_columns(raw)
    return raw
