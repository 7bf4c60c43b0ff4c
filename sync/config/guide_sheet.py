"""The sheet of OpenPhone's own guide, synced without a configuration: a folder with the guide's ``.env`` is enough.

Knows which variables the guide names and what its script does with them; everything else is an ordinary configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sync.config.file import environment, loads
from sync.config.model import LoadedConfig

SHEET_ID = "GOOGLE_SHEET_ID"

CONFIG = """\
openphone:
  api_key: ${OPENPHONE_API_KEY}
  base_url: ${OPENPHONE_BASE_URL:-https://api.openphone.com}
syncs:
  sheet:
    schedule: "0 * * * *"
    source:
      type: google_sheets
      spreadsheet: ${GOOGLE_SHEET_ID}
      credentials: ${GOOGLE_APPLICATION_CREDENTIALS:-}
      api_url: ${GOOGLE_SHEETS_URL:-https://sheets.googleapis.com}
      write_back: {contactId: contactId}
    fields:
      firstName: firstName
      lastName: lastName
      phoneNumbers: {primary: phone}
      emails: {primary: email}
    on_missing: keep
"""

HINT = """\
There is no {path}, but {variable} is set: the sheet of OpenPhone's guide is synced (contactId, firstName, lastName,
phone, email). To add fields, labels or deletes, write a {path}; docs/google-sheets.md begins with one that does the
same."""


def applies(path: Path, environ: Mapping[str, str]) -> bool:
    """Whether there is no configuration, but the guide's variables are set, here or in the ``.env`` beside it."""
    return not path.exists() and bool(environment(path.absolute().parent, environ).get(SHEET_ID, "").strip())


def load(path: Path, environ: Mapping[str, str], *, to_look_back: bool = False) -> LoadedConfig:
    """The guide's sheet as a configuration that stands where ``path`` would. Raises ConfigError."""
    return loads(CONFIG, path, environ, to_look_back=to_look_back)


def hint(path: Path) -> str:
    """How to grow out of it, for the person who runs it."""
    return HINT.format(path=path.name, variable=SHEET_ID)
