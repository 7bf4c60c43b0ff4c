"""The options that only the daemon reads: when it runs, its page, and whom it tells when something is wrong."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, WithJsonSchema

from sync.config import cron
from sync.options import Model, Port, expected, interval

TOKEN_MIN = 12
_SHARE = re.compile(r"\s*(\d{1,3}(?:\.\d{1,9})?)\s*%\s*", re.ASCII)
_MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


def _jitter(raw: object) -> str | None:
    """How much later a run may start, as an interval."""
    if raw is None:
        return None
    if not isinstance(raw, str) or interval(raw) is None:
        raise expected("an interval such as '30s'")
    return raw.strip()


def _timezone(raw: object) -> str | None:
    """A time zone by its name."""
    if raw is None:
        return None
    try:
        return ZoneInfo(str(raw).strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise expected("a time zone's name such as Europe/Berlin or America/New_York") from None


def _secret(raw: object) -> SecretStr | None:
    """Text that is not shown. Empty text, as from ``${NAME:-}``, is none."""
    text = raw.get_secret_value() if isinstance(raw, SecretStr) else raw
    if text is None:
        return None
    if not isinstance(text, str):
        raise expected("text (in quotes, where it is a number)")
    return SecretStr(text.strip()) if text.strip() else None


def _token(raw: object) -> SecretStr | None:
    token = _secret(raw)
    if token is not None and len(token.get_secret_value()) < TOKEN_MIN:
        raise expected(f"a token of at least {TOKEN_MIN} characters, such as 'openssl rand -hex 16' makes")
    return token


def _webhook(raw: object) -> SecretStr | None:
    address = _secret(raw)
    if address is not None and not re.match(r"https?://[^\s/]+(/\S*)?$", address.get_secret_value()):
        raise expected("an address that begins with https://")
    return address


def _share(raw: object) -> float:
    match = _SHARE.fullmatch(raw) if isinstance(raw, str) else None
    if match is None or float(match[1]) > 100:
        raise expected("a share from 0% to 100%, such as 10%")
    return float(match[1]) / 100


def _recipients(raw: object) -> tuple[str, ...]:
    items = raw if isinstance(raw, list | tuple) else (raw,)
    if not items or not all(isinstance(item, str) and _MAIL.fullmatch(item.strip()) for item in items):
        raise expected("an e-mail address, or a list of them")
    return tuple(item.strip() for item in items)


def _sender(raw: object) -> str:
    if not isinstance(raw, str) or not _MAIL.fullmatch(raw.strip()):
        raise expected("an e-mail address")
    return raw.strip()


def _names(raw: object) -> tuple[str, ...]:
    items = raw if isinstance(raw, list | tuple) else (raw,)
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise expected("a host's name such as sync.example.com, or a list of names")
    return tuple(item.strip().lower() for item in items)


_OPTIONAL_TEXT = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})
_TEXT_OR_LIST = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
Timezone = Annotated[str | None, BeforeValidator(_timezone)]
Secret = Annotated[SecretStr | None, BeforeValidator(_secret), _OPTIONAL_TEXT]


class ScheduleOptions(Model):
    """When the daemon runs a sync."""

    schedule: Annotated[str | None, BeforeValidator(cron.schedule)] = Field(
        default=None, description="when the daemon runs it: cron ('0 * * * *') or an interval ('15m')"
    )
    jitter: Annotated[str | None, BeforeValidator(_jitter)] = Field(
        default=None, description="up to how much later the daemon may start a run, so that not all start at once"
    )


class ServerOptions(Model):
    """The daemon's page and endpoints; port 0 switches them off."""

    host: str = Field(default="127.0.0.1", min_length=1, description="the address to listen on")
    port: Port = Field(default=8080, ge=0, le=65535, description="the port; 0 switches the page off")
    token: Annotated[SecretStr | None, BeforeValidator(_token), _OPTIONAL_TEXT] = Field(
        default=None,
        description="what the page asks for before it shows names and lets decide; without it the page only reads",
    )
    names: Annotated[tuple[str, ...], BeforeValidator(_names), _TEXT_OR_LIST] = Field(
        default=(), description="the names that the page is reached by, beside localhost and addresses"
    )


class SmtpOptions(Model):
    """The mail server that notices are sent through."""

    host: str = Field(min_length=1, description="the mail server's name")
    port: Port = Field(default=587, ge=1, le=65535, description="the mail server's port")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="how the way to it is secured")
    username: str | None = Field(default=None, description="the account, where the server asks for one")
    password: Secret = Field(default=None, description="the account's password, best kept in the environment")
    sender: Annotated[str, BeforeValidator(_sender)] = Field(description="the address that notices come from")
    to: Annotated[tuple[str, ...], BeforeValidator(_recipients), _TEXT_OR_LIST] = Field(
        description="whom to write to: an address, or a list of them"
    )


class AlertsOptions(Model):
    """Whom the daemon tells, once, when a sync gets into trouble, and when it is well again."""

    webhook: Annotated[SecretStr | None, BeforeValidator(_webhook), _OPTIONAL_TEXT] = Field(
        default=None, description="an address that takes Slack's JSON: Slack, Mattermost, Rocket.Chat, …"
    )
    smtp: SmtpOptions | None = Field(default=None, description="the mail server, the sender and whom to write to")
    rejected_share: Annotated[
        float, BeforeValidator(_share), WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"})
    ] = Field(default="10%", validate_default=True, description="tell when more than this share of rows is rejected")
