"""What the configuration may say about reaching the workspace."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr

from connectors.this_machine import is_this_machine
from sync.options import Model, expected, number


def _address(raw: object) -> str:
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        parts = urlsplit(text)
        whole = bool(parts.scheme in ("http", "https") and parts.hostname) and (parts.port is None or parts.port > 0)
        (parts.hostname or "").encode("idna")
    except ValueError:  # a bracket too few, a port too high, a host that no name server could be asked for
        whole = False
    if not whole or re.search(r"\s", text):
        raise expected("an address such as https://api.openphone.com")
    if "@" in parts.netloc:
        raise expected("an address without a user or password in it: the key stands under api_key")
    if parts.query or parts.fragment:
        raise expected("an address without '?' or '#', such as https://api.openphone.com")
    return text


def _api_key(raw: object) -> object:
    key = _text(raw).strip() if isinstance(raw, str | SecretStr) else ""
    if not key or not key.isprintable():
        raise expected("OpenPhone's API key: set OPENPHONE_API_KEY in the environment or in .env beside the file")
    return SecretStr(key)


def _text(raw: str | SecretStr) -> str:
    return raw.get_secret_value() if isinstance(raw, SecretStr) else raw


def _one_key(schema: dict[str, Any]) -> None:
    """The key itself, or the file that holds it: one of the two."""
    schema.pop("required", None)
    schema["oneOf"] = [{"required": ["api_key"]}, {"required": ["api_key_file"]}]


class OpenPhoneOptions(Model):
    """How to reach the workspace."""

    model_config = ConfigDict(json_schema_extra=_one_key)

    api_key: Annotated[SecretStr, BeforeValidator(_api_key)] = Field(
        description="OpenPhone's API key, best kept in the environment: ${OPENPHONE_API_KEY}"
    )
    api_key_file: str | None = Field(
        default=None, min_length=1, description="instead: a file that holds the key; a path that starts from this file"
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

    @property
    def in_the_clear(self) -> str | None:
        """The warning that whoever is on the way can read the key and every contact; None where nobody can."""
        parts = urlsplit(self.base_url)
        if parts.scheme != "http" or is_this_machine(parts.hostname):
            return None
        return (
            f"openphone.base_url begins with http:// and leads to {parts.hostname}, which is not this machine: "
            "whoever is on the way reads the API key and every contact. Write https://."
        )
