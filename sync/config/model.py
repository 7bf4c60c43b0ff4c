"""The whole of ``config.yaml``: the options of every wing, added up.

Each ``description`` is what an editor shows beside the key, and what the message says where the key is missing.
Reading the file is the affair of ``file``, saying what is wrong with it that of ``messages``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, WithJsonSchema

from connectors.base import Context
from sync.config.daemon import AlertsOptions, ScheduleOptions, ServerOptions, Timezone
from sync.config.secrets import secret_values
from sync.mapping.options import MappingOptions
from sync.openphone.options import OpenPhoneOptions
from sync.options import Model, empty_if_none, expected
from sync.plan.options import SafetyOptions
from sync.redaction import Redactor

_SHORTEST_KEY = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

Source = Annotated[
    Mapping[str, Any],
    WithJsonSchema({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "anyOf": [
        {"enum": ["crm", "csv", "excel", "google_sheets", "sql", "vcard"]},
        {"description": "another package's connector"}]}}}),
]  # fmt: skip


class SyncConfig(MappingOptions, SafetyOptions, ScheduleOptions):
    """One source kept in step with the workspace."""

    source: Source = Field(repr=False, description="where the rows come from: 'type' and that type's options")


def _sync_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise expected("a name of up to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit")
    return name


def _state(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not text.strip() or (separator and scheme.partition("+")[0] not in ("sqlite", "postgresql")):
        raise expected("a path beside the file, or an address that begins with sqlite:/// or postgresql://")
    if scheme.startswith("postgresql") and rest.partition("/")[0].count("@") > 1:
        raise expected("an address with one '@' before the host: in a password it is written as %40")
    return text.strip()


def _state_key(key: object) -> object:
    """A variable that is not set is no key."""
    if isinstance(key, str) and 0 < len(key) < _SHORTEST_KEY:
        raise expected(f"at least {_SHORTEST_KEY} characters, such as 'openssl rand -hex 32' gives")
    return key or None


class Config(Model):
    """The whole of ``config.yaml``."""

    openphone: OpenPhoneOptions = Field(description="how to reach the workspace: at least 'api_key'")
    state: Annotated[str, AfterValidator(_state)] = Field(
        default="state.db", description="what is remembered between runs: a path beside the file, or a database URL"
    )
    state_key: Annotated[SecretStr | None, BeforeValidator(_state_key)] = Field(
        default=None, description="encrypts the tokens that are kept in the state"
    )
    syncs: dict[Annotated[str, AfterValidator(_sync_name)], SyncConfig] = Field(
        min_length=1, description="at least one sync by its name: a source, a key and the fields"
    )
    server: Annotated[ServerOptions, BeforeValidator(empty_if_none)] = Field(
        default=ServerOptions(), description="the daemon's page and endpoints"
    )
    timezone: Timezone = Field(
        default=None, description="whose clock the schedules go by, such as Europe/Berlin (the machine's by default)"
    )
    alerts: Annotated[AlertsOptions, BeforeValidator(empty_if_none)] = Field(
        default=AlertsOptions(), description="whom the daemon tells when a sync gets into trouble"
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

    def secrets(self) -> set[str]:
        """The value of every secret in it."""
        return {secret for options in (self.config, *self.sources.values()) for secret in secret_values(options)}

    def redactor(self) -> Redactor:
        """Takes every secret of this configuration out of what is said."""
        return Redactor(self.secrets())

    def state_url(self) -> str:
        """SQLAlchemy's URL for the state."""
        if "://" in self.config.state:
            return self.config.state
        return f"sqlite:///{self.folder / Path(self.config.state).expanduser()}"
