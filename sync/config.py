"""The configuration's models: what ``config.yaml`` may say, checked by pydantic.

Reading the file, ``${NAME}`` and the messages for mistakes live in ``config_file.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from sync.contact import LISTS, SCALARS, SOURCE_MAX, is_reserved_source

DEFAULT_FIELDS = (*SCALARS, *LISTS)
_INTERVAL = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([smhd])\s*$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Model(BaseModel):
    """Base of the configuration: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(Model):
    """A safety limit: a number of contacts, or a share of the contacts held."""

    count: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, text: object) -> Limit:
        """``5``, ``"5"`` or ``"10%"``. Raises ValueError with the expected forms."""
        if isinstance(text, Limit):
            return text
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", str(text))
        if isinstance(text, bool) or match is None or (not match[2] and "." in match[1]):
            raise ValueError(f"{text!r} is not a limit: write a number such as 25, or a share such as 10%")
        if match[2]:
            return cls(percent=float(match[1]))
        return cls(count=int(match[1]))

    def allows(self, held: int) -> int:
        """How many contacts of ``held`` may be touched."""
        if self.count is not None:
            return self.count
        return int(held * (self.percent or 0.0) / 100)

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{self.percent:g}%"


class FieldSpec(Model):
    """Where a field's value comes from; exactly one of ``columns``, ``template`` and ``value``."""

    columns: tuple[str, ...] = ()
    template: str | None = None
    value: str | int | float | bool | None = None
    split: str | None = Field(default=None, min_length=1)
    map: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    default: str | int | float | bool | None = None
    format: str | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, raw: object) -> object:
        """A column's name, a list of columns, or a mapping with ``column`` or ``columns``."""
        if isinstance(raw, str):
            return {"columns": (raw,)}
        if isinstance(raw, list):
            return {"columns": tuple(raw)}
        if isinstance(raw, dict) and "column" in raw:
            if "columns" in raw:
                raise ValueError("give 'column' or 'columns', not both")
            return {**{k: v for k, v in raw.items() if k != "column"}, "columns": _as_columns(raw["column"])}
        if isinstance(raw, dict) and "columns" in raw:
            return {**raw, "columns": _as_columns(raw["columns"])}
        if isinstance(raw, (dict, FieldSpec)):
            return raw
        raise ValueError(f"{raw!r} is not a column: give a column's name, a list of names, or a mapping")

    @model_validator(mode="after")
    def _one_origin(self) -> FieldSpec:
        given = [bool(self.columns), self.template is not None, self.value is not None]
        if sum(given) != 1:
            raise ValueError("give exactly one of 'column', 'template' and 'value'")
        return self


def _as_columns(raw: object) -> tuple[object, ...]:
    return tuple(raw) if isinstance(raw, (list, tuple)) else (raw,)


LabelledSpecs = dict[Annotated[str, Field(min_length=1)], FieldSpec]


class FieldsConfig(Model):
    """OpenPhone's default fields, by their own names."""

    firstName: FieldSpec
    lastName: FieldSpec | None = None
    company: FieldSpec | None = None
    role: FieldSpec | None = None
    phoneNumbers: LabelledSpecs = Field(default_factory=dict)
    emails: LabelledSpecs = Field(default_factory=dict)


def _key_columns(raw: object) -> object:
    return (raw,) if isinstance(raw, str) else tuple(raw) if isinstance(raw, list) else raw


KeyColumns = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_key_columns)]
LimitField = Annotated[Limit, BeforeValidator(Limit.parse)]


class SyncConfig(Model):
    """One source kept in step with the workspace."""

    schedule: str | None = None
    source: Mapping[str, Any]
    key: KeyColumns | None = None
    fields: FieldsConfig
    customFields: dict[str, FieldSpec] = Field(default_factory=dict)
    region: str = Field(default="US", pattern=r"^[A-Z]{2}$")
    on_missing: Literal["delete", "keep"] = "delete"
    max_deletes: LimitField = Limit(percent=10)
    max_updates: LimitField = Limit(percent=100)
    on_invalid: Literal["reject", "drop"] = "reject"
    key_prefix: str = Field(default="", max_length=40)
    source_label: str = Field(default="contact-sync", min_length=1, max_length=SOURCE_MAX)
    source_url: str | None = None

    @field_validator("source_label")
    @classmethod
    def _not_reserved(cls, label: str) -> str:
        if is_reserved_source(label):
            raise ValueError(f"OpenPhone keeps {label!r} for itself: choose another, such as 'contact-sync'")
        return label

    @field_validator("schedule")
    @classmethod
    def _known_schedule(cls, text: str | None) -> str | None:
        if text is not None and interval(text) is None and len(text.split()) != 5:
            raise ValueError(f"{text!r} is neither a cron expression such as '0 * * * *' nor an interval such as '15m'")
        return text


def interval(text: str) -> timedelta | None:
    """The interval that ``text`` names ("2s", "15m", "1h", "1d"), or None where it is none."""
    match = _INTERVAL.match(text)
    if match is None or float(match[1]) <= 0:
        return None
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


class OpenPhoneConfig(Model):
    """How to reach the workspace."""

    api_key: SecretStr
    base_url: str = Field(default="https://api.openphone.com", pattern=r"^https?://[^\s/]+")
    requests_per_second: float = Field(default=10, gt=0)
    timeout: float = Field(default=30, gt=0)

    @field_validator("api_key")
    @classmethod
    def _has_key(cls, key: SecretStr) -> SecretStr:
        if not key.get_secret_value().strip():
            raise ValueError("is empty: set OPENPHONE_API_KEY in the environment or in a .env file beside the config")
        return SecretStr(key.get_secret_value().strip())


class ServerConfig(Model):
    """The daemon's page and endpoints; port 0 switches them off."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class Config(Model):
    """The whole of ``config.yaml``."""

    openphone: OpenPhoneConfig
    state: str = "state.db"
    syncs: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")], SyncConfig] = Field(min_length=1)
    server: ServerConfig = ServerConfig()


class LoadedConfig(Model):
    """A checked configuration and where it stands; relative paths start from ``folder``."""

    config: Config
    path: Path
    folder: Path
