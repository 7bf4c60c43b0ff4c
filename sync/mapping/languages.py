"""The small languages inside a mapping: templates, date formats, regions. Pure functions on text.

A refusal is ``expected(...)``, which says only what would have been right.
"""

from __future__ import annotations

import re
from datetime import datetime

from sync.mapping.template import Template
from sync.options import expected

REGION_FORMS = "a country's two-letter code such as US or GB"
DATE_FORMS = "the codes for day, month and year, such as '%d/%m/%Y'"
TEMPLATE_FORMS = "text with columns in braces, such as '{title} ({team})'"
_FORMATTING = re.compile(r"[\[\]]|![ars]$|:[<>^=+.\d]")
"""What Python's ``str.format`` would take as more than a name. A point may stand in a column's name."""
_SAMPLE = datetime(2031, 11, 23)


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
