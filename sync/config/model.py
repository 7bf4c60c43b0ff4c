"""The configuration's models: what ``config.yaml`` may say, checked by pydantic.

Reading the file, ``${NAME}`` and the messages for mistakes live in ``config_file.py``. Each ``description``
is what an editor shows beside the key, and what the message says where the key is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    SecretStr,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from connectors.base import Context
from connectors.intervals import interval
from sync.config import checks
from sync.config.checks import expected
from sync.config.daemon import AlertsConfig, ServerConfig
from sync.contacts.contact import LISTS, SCALARS, SOURCE_MAX, is_reserved_source
from sync.options import Model, empty_if_none, number

__all__ = [
    "DEFAULT_FIELDS",
    "AlertsConfig",
    "Config",
    "FieldSpec",
    "FieldsConfig",
    "Limit",
    "LoadedConfig",
    "OpenPhoneConfig",
    "ServerConfig",
    "SyncConfig",
    "interval",
]

DEFAULT_FIELDS = (*SCALARS, *LISTS)
LIMIT_FORMS = "a number such as 25, or a share of at most 100% such as 10%"
_COLUMN_FORMS = "a column's name, a list of names, or a mapping with 'column', 'template' or 'value'"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PLAIN = str | int | float | bool | None


class Limit(Model):
    """A safety limit: a number of contacts, or a share of the contacts held."""

    count: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, text: object) -> Limit:
        """``5``, ``"5"`` or ``"10%"``. Raises ValueError with the expected forms."""
        if isinstance(text, Limit):
            return text
        match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%?)\s*", str(text), re.ASCII)
        if isinstance(text, bool) or match is None or (not match[2] and "." in match[1]):
            raise ValueError(f"{text!r} is not a limit: expected {LIMIT_FORMS}")
        if not match[2]:
            return cls(count=int(match[1]))
        if float(match[1]) > 100:
            raise ValueError(f"{text!r} is not a limit: expected {LIMIT_FORMS}")
        return cls(percent=float(match[1]))

    def allows(self, held: int) -> int:
        """How many contacts of ``held`` may be touched."""
        if self.count is not None:
            return self.count
        return int(held * (self.percent or 0.0) / 100)

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{self.percent:g}%"


def _limit(raw: object) -> Limit:
    try:
        return Limit.parse(raw)
    except ValueError:
        raise expected(LIMIT_FORMS) from None


def _plain(raw: object) -> object:
    if not isinstance(raw, str | int | float | bool | None):
        raise expected("text, a number, true, false or nothing")
    return raw


def _columns(raw: object) -> tuple[str, ...]:
    items = raw if isinstance(raw, list | tuple) else (raw,)
    if not items or not all(isinstance(item, str) and item.strip() for item in items):
        raise expected("a column's name, or a list of names (a name that is a number stands in quotes)")
    return tuple(item.strip() for item in items)


def _labelled(raw: object) -> object:
    if not isinstance(raw, dict | None):
        raise expected("labels with a column each, such as '{mobile: phone, work: office_phone}'")
    return empty_if_none(raw)


Plain = Annotated[_PLAIN, BeforeValidator(_plain)]
Columns = Annotated[
    tuple[str, ...],
    BeforeValidator(_columns),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Template = Annotated[str, BeforeValidator(checks.template)]
Source = Annotated[
    Mapping[str, Any],
    WithJsonSchema({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "anyOf": [
        {"enum": ["crm", "csv", "google_sheets", "sql"]}, {"description": "another package's connector"}]}}}),
]  # fmt: skip
LimitField = Annotated[
    Limit,
    BeforeValidator(_limit),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?%?$"}]}),
]


class FieldSpec(Model):
    """Where a field's value comes from: exactly one of a column (or several), a template and a fixed value."""

    columns: Columns = Field(
        default=(),
        validation_alias=AliasChoices("column", "columns"),
        description="the column, or a list of columns of which the first that is not empty counts",
    )
    template: Template | None = Field(default=None, description="text with columns in braces: '{title} ({team})'")
    value: Plain = Field(default=None, description="the same value for every row")
    split: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="what separates several values in one cell, such as ';'"
    )
    map: Annotated[dict[str, Plain], BeforeValidator(empty_if_none)] = Field(
        default_factory=dict, description="what to put instead of a cell's text: {'VIP': 'Gold'}"
    )
    default: Plain = Field(default=None, description="the value where the cell is empty")
    format: Annotated[str, BeforeValidator(checks.date_format)] | None = Field(
        default=None, description="how dates are written, such as '%d/%m/%Y' (ISO dates need none)"
    )

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, raw: object) -> object:
        """A column's name, a list of columns, or a mapping."""
        if isinstance(raw, str | list):
            return {"columns": _columns(raw)}
        if not isinstance(raw, dict | FieldSpec):
            raise expected(_COLUMN_FORMS)
        if isinstance(raw, dict) and "column" in raw and "columns" in raw:
            raise expected("'column' or 'columns', not both")
        return raw

    @model_validator(mode="after")
    def _one_origin(self) -> FieldSpec:
        given = [bool(self.columns), self.template is not None, "value" in self.model_fields_set]
        if sum(given) != 1:
            raise expected("exactly one of 'column', 'template' and 'value'")
        if self.split is not None and not self.columns:
            raise expected("'split' only beside 'column'")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core)
        schema = handler.resolve_ref_schema(reference)
        full = {**schema, "properties": {**schema["properties"], "columns": schema["properties"]["column"]}}
        schema.clear()
        short: list[JsonSchemaValue] = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
        schema.update({"anyOf": [*short, full], "description": "A column, the first filled of several, or a mapping"})
        return reference


def _one_value(spec: FieldSpec | None) -> FieldSpec | None:
    if spec is not None and spec.split is not None:
        raise expected("no 'split': this field holds one value")
    return spec


Spec = Annotated[FieldSpec, AfterValidator(_one_value)]
LabelledSpecs = Annotated[dict[Annotated[str, Field(min_length=1)], FieldSpec], BeforeValidator(_labelled)]


class FieldsConfig(Model):
    """OpenPhone's default fields, by their own names."""

    firstName: Spec = Field(description="the column of first names (a row without one is rejected)")
    lastName: Spec | None = Field(default=None, description="the column of last names")
    company: Spec | None = Field(default=None, description="the column of companies")
    role: Spec | None = Field(default=None, description="the column of roles")
    phoneNumbers: LabelledSpecs = Field(default_factory=dict, description="phone numbers: 'label: column'")
    emails: LabelledSpecs = Field(default_factory=dict, description="e-mail addresses: 'label: column'")


def _source_label(label: str) -> str:
    if is_reserved_source(label):
        raise expected("a label that OpenPhone does not keep for itself, such as 'contact-sync'")
    return label


class SyncConfig(Model):
    """One source kept in step with the workspace."""

    schedule: Annotated[str | None, BeforeValidator(checks.schedule)] = Field(
        default=None, description="when the daemon runs it: cron ('0 * * * *') or an interval ('15m')"
    )
    jitter: Annotated[str | None, BeforeValidator(checks.jitter)] = Field(
        default=None, description="up to how much later the daemon may start a run, so that not all start at once"
    )
    source: Source = Field(repr=False, description="where the rows come from: 'type' and that type's options")
    key: Columns | None = Field(default=None, description="the column, or list of columns, that identifies a row")
    fields: FieldsConfig = Field(description="OpenPhone's default fields, each with its column")
    customFields: Annotated[dict[str, FieldSpec], BeforeValidator(empty_if_none)] = Field(
        default_factory=dict, description="custom fields, by the workspace's name or key for them"
    )
    region: Annotated[str, BeforeValidator(checks.region)] = Field(
        default="US", description="the country of phone numbers that are written without a country code"
    )
    on_missing: Literal["delete", "keep"] = Field(
        default="delete", description="what becomes of a contact whose row is gone"
    )
    max_deletes: LimitField = Field(
        default=Limit(percent=10), description="the most deletes in one run (a share has a floor of 5)"
    )
    max_updates: LimitField = Field(
        default=Limit(percent=100), description="the most updates in one run (a share has a floor of 5)"
    )
    on_invalid: Literal["reject", "drop"] = Field(
        default="reject", description="whether a bad value rejects its row, or is left out"
    )
    key_prefix: str = Field(
        default="", max_length=40, description="put before every externalId, where two syncs share a workspace"
    )
    source_label: Annotated[str, AfterValidator(_source_label)] = Field(
        default="contact-sync", min_length=1, max_length=SOURCE_MAX, description="OpenPhone's 'source'"
    )
    source_url: Template | None = Field(default=None, description="a link to the record, with columns in braces")


def _address(raw: object) -> str:
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        parts = urlsplit(text)
        whole = bool(parts.scheme in ("http", "https") and parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a bracket too few, a port too high
        whole = False
    if not whole or re.search(r"\s", text):
        raise expected("an address such as https://api.openphone.com")
    return text


def _api_key(raw: object) -> object:
    key = _text(raw).strip() if isinstance(raw, str | SecretStr) else ""
    if not key or not key.isprintable():
        raise expected("OpenPhone's API key: set OPENPHONE_API_KEY in the environment or in .env beside the file")
    return SecretStr(key)


def _text(raw: str | SecretStr) -> str:
    return raw.get_secret_value() if isinstance(raw, SecretStr) else raw


class OpenPhoneConfig(Model):
    """How to reach the workspace."""

    api_key: Annotated[SecretStr, BeforeValidator(_api_key)] = Field(
        description="OpenPhone's API key, best kept in the environment: ${OPENPHONE_API_KEY}"
    )
    base_url: Annotated[str, BeforeValidator(_address)] = Field(
        default="https://api.openphone.com", description="the API's address, with or without /v1"
    )
    requests_per_second: Annotated[float, BeforeValidator(number)] = Field(
        default=10, gt=0, allow_inf_nan=False, description="what this key is allowed"
    )
    timeout: Annotated[float, BeforeValidator(number)] = Field(
        default=30, gt=0, allow_inf_nan=False, description="seconds for one request"
    )


def _sync_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise expected("a name of up to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit")
    return name


def _state(text: str) -> str:
    scheme, separator, _ = text.partition("://")
    if not text.strip() or (separator and scheme.partition("+")[0] not in ("sqlite", "postgresql")):
        raise expected("a path beside the file, or an address that begins with sqlite:/// or postgresql://")
    return text.strip()


class Config(Model):
    """The whole of ``config.yaml``."""

    openphone: OpenPhoneConfig = Field(description="how to reach the workspace: at least 'api_key'")
    state: Annotated[str, AfterValidator(_state)] = Field(
        default="state.db", description="what is remembered between runs: a path beside the file, or a database URL"
    )
    syncs: dict[Annotated[str, AfterValidator(_sync_name)], SyncConfig] = Field(
        min_length=1, description="at least one sync by its name: a source, a key and the fields"
    )
    server: Annotated[ServerConfig, BeforeValidator(empty_if_none)] = Field(
        default=ServerConfig(), description="the daemon's page and endpoints"
    )
    timezone: Annotated[str | None, BeforeValidator(checks.timezone)] = Field(
        default=None, description="whose clock the schedules go by, such as Europe/Berlin (the machine's by default)"
    )
    alerts: Annotated[AlertsConfig, BeforeValidator(empty_if_none)] = Field(
        default=AlertsConfig(), description="whom the daemon tells when a sync gets into trouble"
    )


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """A checked configuration and where it stands; relative paths start from ``folder``.

    ``sources`` holds each sync's connector options, already checked by the connector's own model.
    """

    config: Config
    path: Path
    folder: Path
    sources: Mapping[str, BaseModel]

    @property
    def context(self) -> Context:
        """What a connector is given beside its options."""
        return Context(folder=self.folder)

    def source_type(self, name: str) -> str:
        """The name of a sync's connector, for ``connectors.base.load``."""
        return str(self.config.syncs[name].source["type"])

    def state_url(self) -> str:
        """SQLAlchemy's URL for the state."""
        if "://" in self.config.state:
            return self.config.state
        return f"sqlite:///{self.folder / Path(self.config.state).expanduser()}"
