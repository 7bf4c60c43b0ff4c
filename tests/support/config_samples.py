"""A valid configuration, a stranger's connector, and how the tests read the one with the other."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors import base
from sync.config.file import ConfigError, load
from sync.config.model import LoadedConfig
from tests.support.installed import install

SECRET = "sk-s3cr3t-value"

VALID = """\
openphone:
  api_key: ${OPENPHONE_API_KEY}
  base_url: https://api.openphone.com/v1
  requests_per_second: 10
  timeout: 30
state: state.db
syncs:
  customers:
    schedule: "0 * * * *"
    source:
      type: table
      path: customers.csv
      pages: 3
    key: id
    fields:
      firstName: first_name
      lastName: last_name
      company: [company, account]
      role: {template: "{title} ({team})"}
      phoneNumbers: {mobile: phone, work: office_phone}
      emails: {work: email}
    customFields:
      Inbound Lead: is_lead
      tags: {column: tags, split: ";"}
      Since: {column: since, format: "%d/%m/%Y"}
    region: US
    on_missing: delete
    max_deletes: 10%
    on_invalid: reject
    key_prefix: ""
    source_label: contact-sync
    source_url: "https://crm.example.com/c/{id}"
    max_updates: 100%
server:
  host: 127.0.0.1
  port: 8080
"""


class Auth(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: SecretStr = Field(min_length=4)


class Lock(BaseModel):
    pin: SecretStr = Field(max_length=4)
    hint: str = Field(default="", max_length=4, json_schema_extra={"writeOnly": True})
    shape: str = Field(default="", max_length=4)


class WriteBack(BaseModel):
    contactId: str | None = None


class Pages(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["page"]
    size: int = 1


class Cursor(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["cursor"]
    cursor: str


class TableOptions(base.Options):
    path: str = Field(description="the table's path")
    pages: int = Field(default=1, ge=1)
    auth: Auth | None = None
    mode: str = Field(default="a", pattern="^[ab]$")
    paging: Pages | Cursor | None = Field(default=None, discriminator="type")
    url: str | None = None
    lock: Lock | None = None
    locks: dict[str, Lock] = Field(default_factory=dict)
    write_back: WriteBack | None = None

    @model_validator(mode="after")
    def _no_wild_table(self) -> TableOptions:
        if self.path.startswith("wild") or self.path.startswith("sk-"):
            raise ValueError(f"the table {self.path!r} is not tame")
        return self

    @field_validator("url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url and "://" not in url:
            raise ValueError(f"{url!r} is no address: an address has '://'")
        return url


class Table:
    """A connector of another package, as far as a configuration sees it."""

    name = "table"
    Options = TableOptions


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> LoadedConfig:
    """The configuration that ``text`` is, in a folder, with the connectors ``table`` and ``unbuilt`` beside our own."""
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        site = install(folder, patched, table=f"{__name__}:Table", unbuilt="unbuilt:Unbuilt")
        (site / "unbuilt.py").write_text("raise ModuleNotFoundError(name='gspread')\n")
        return load(path, {"OPENPHONE_API_KEY": SECRET} if environ is None else environ)


def refusal(folder: Path, text: str, environ: dict[str, str] | None = None) -> ConfigError:
    """The error that ``text`` must cause."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text, environ)
    return caught.value


def replaced(old: str, new: str) -> str:
    """The valid configuration with one thing changed."""
    assert VALID.count(old) == 1, old
    return VALID.replace(old, new)
