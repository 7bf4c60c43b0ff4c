"""What a configuration may say about a Google sheet; mistakes are pydantic's ``ValidationError``."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from connectors.base import Options

GOOGLE_URL = "https://sheets.googleapis.com"
_ID = re.compile(r"[A-Za-z0-9_-]+")
_ID_IN_URL = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)")
_PUBLISHED = "/d/e/"
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def spreadsheet_id(text: object) -> str:
    """The id in a spreadsheet's address, or the id itself. Raises ValueError where there is none."""
    given = str(text).strip()
    if _PUBLISHED in given:
        raise ValueError("is the address of a published copy: take the one that the browser shows while you edit")
    found = _ID_IN_URL.search(given)
    if found:
        return found[1]
    if _ID.fullmatch(given):
        return given
    raise ValueError(
        f"{given!r} is neither a spreadsheet's address (https://docs.google.com/spreadsheets/d/…/edit) nor its id"
    )


def _guarded(url: str) -> str:
    """``url`` without its trailing slash, if a token may travel there: encrypted, or within this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        return url.rstrip("/")
    raise ValueError(f"{url!r} is not an https address")


def _given(text: object) -> object:
    """Blank text, as an unset ``${NAME:-}`` leaves it, counts as not given; a worksheet called 2024 is text to us."""
    if isinstance(text, str):
        return text.strip() or None
    return str(text) if type(text) is int else text


ColumnName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class WriteBack(Options):
    """The columns that results are written to, each of them optional; a missing one is made at the right edge."""

    contactId: ColumnName | None = None
    status: ColumnName | None = None
    error: ColumnName | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names given, in the order in which missing columns are made."""
        return tuple(name for name in (self.contactId, self.status, self.error) if name is not None)

    @model_validator(mode="after")
    def _one_column_each(self) -> WriteBack:
        if not self.columns:
            raise ValueError("name at least one of 'contactId', 'status' and 'error'")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("'contactId', 'status' and 'error' need a column each")
        return self


class GoogleSheetsOptions(Options):
    """``source: {type: google_sheets, …}``. ``api_url`` is for tests: where requests and their tokens go."""

    type: Literal["google_sheets"] = "google_sheets"
    spreadsheet: Annotated[str, BeforeValidator(spreadsheet_id)]
    worksheet: Annotated[str | None, BeforeValidator(_given)] = None
    credentials: Annotated[str | None, BeforeValidator(_given)] = Field(
        default=None, json_schema_extra={"writeOnly": True}
    )
    write_back: WriteBack | None = None
    header_row: int = Field(default=1, ge=1)
    timeout: float = Field(default=30, gt=0, le=600)
    api_url: Annotated[str, AfterValidator(_guarded)] = Field(default=GOOGLE_URL, repr=False)
