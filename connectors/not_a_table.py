"""Files that are called CSV and are something else: what they are, and what to do. Looks at the beginning only."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

_EXPORT = "open it in a spreadsheet and save it as CSV"
_TEXT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), what)
    for pattern, what in (
        (r"(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|table|meta|div|style)\b",
         f"is a web page (HTML), as some programs export under the name of a spreadsheet: {_EXPORT}"),
        (r"<\?xml\b|<[a-z][\w:-]*(\s+[\w:-]+=|>\s*<)", f"is XML: {_EXPORT}, or export it as CSV where it was made"),
        (r"mime-version:", f"is a web page in one file (MHTML): {_EXPORT}"),
        (r"begin:vcard\b", "is a file of contact cards (vCard): name it as 'type: vcard'"),
        (r"begin:vcalendar\b", "is a calendar (iCalendar): export the contacts as CSV"),
        (r"(version:\s*1\s+)?dn::?\s+\S+=", "is a directory's export (LDIF): export it as CSV"),
        (r"\[\s*(\{|\])|\{\s*(\"[^\"\n]*\"\s*:|\})", "is JSON: export it as CSV, or read its API with 'type: crm'"),
        (r"(--[^\n]*\s+|/\*.*?\*/\s*)*(create\s+table|insert\s+into|drop\s+table)\b",
         "holds SQL statements: load it into a database and read that with 'type: sql'"),
    )
)  # fmt: skip


def from_text(beginning: str) -> str | None:
    """What a text is that begins so and is no table; None where it may be one."""
    start = beginning.lstrip("\ufeff \t\r\n")
    return next((what for pattern, what in _TEXT if pattern.match(start)), None)


def quoted_whole(lines: Sequence[str], separators: Sequence[str]) -> str | None:
    """What is wrong where each line stands in quotes as one cell that is a line of a table; else None."""
    if len(lines) < 2:
        return None
    for separator in separators:
        records = [next(csv.reader([line], delimiter=separator), []) for line in lines]
        if any(len(record) != 1 for record in records):
            continue
        inner = {len(next(csv.reader([record[0]], delimiter=separator), [])) for record in records}
        if len(inner) == 1 and inner.pop() > 1:
            return (
                "has every line in quotes, so that each is one cell: save it anew as CSV from where it was made, or "
                "remove the quotes at both ends of each line"
            )
    return None
