"""When to read only what changed: the bookmark that a read leaves behind, and the decision made from it.

Only a full read can show that a record is gone, so full reads keep a schedule of their own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.crm.options import CrmOptions, Incremental

_ASKED = {
    "url", "method", "params", "body", "records", "columns", "columns_from", "filter", "deleted", "incremental",
}  # fmt: skip
_ASKED_LATER = {"record_key", "empty_values"}


@dataclass(frozen=True, slots=True)
class Bookmark:
    """``since``: the CRM's time when the last read began; ``full``: when the last full one did; ``asked``: a
    fingerprint of what was asked for, since another question needs a full answer."""

    since: datetime
    full: datetime
    asked: str

    def text(self) -> str:
        """The bookmark as it is handed to the engine."""
        return json.dumps({"since": _iso(self.since), "full": _iso(self.full), "asked": self.asked})

    @classmethod
    def read(cls, text: str | None) -> Bookmark | None:
        """The bookmark in ``text``; None where there is none that can be used."""
        try:
            raw = json.loads(text or "")
            return cls(_moment(raw["since"]), _moment(raw["full"]), str(raw["asked"]))
        except (ValueError, KeyError, TypeError):
            return None


def changes_since(options: CrmOptions, text: str | None, now: datetime) -> tuple[Bookmark, datetime] | None:
    """The bookmark to go on from, and the moment to ask from; None where everything is to be read."""
    bookmark, incremental = Bookmark.read(text), options.incremental
    if bookmark is None or incremental is None or bookmark.asked != fingerprint(options):
        return None
    if bookmark.since > now or not 0 <= (now - bookmark.full).total_seconds() < incremental.full_every.total_seconds():
        return None
    return bookmark, bookmark.since - incremental.overlap


def fingerprint(options: CrmOptions) -> str:
    """Changes whenever the configuration asks for something else."""
    asked = options.model_dump(mode="json", include=_ASKED)
    later = options.model_dump(mode="json", include=_ASKED_LATER, exclude_defaults=True)
    asked |= later  # so that a bookmark of before these settings still counts
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def crm_time(date_header: str | None, asked_at: datetime) -> datetime:
    """The CRM's time when it was asked, never later than ours: too early reads twice, too late loses a change."""
    try:
        stated = parsedate_to_datetime(date_header or "")
    except ValueError:
        return asked_at
    return min(stated if stated.tzinfo else stated.replace(tzinfo=UTC), asked_at)


def written(moment: datetime, incremental: Incremental) -> str:
    """A moment as the API wants it: ``iso``, ``epoch``, ``epoch_ms``, ``date``, or a pattern such as ``%Y-%m-%d``."""
    moment = moment.astimezone(UTC)
    match incremental.format:
        case "iso":
            return _iso(moment)
        case "epoch":
            return str(int(moment.timestamp()))
        case "epoch_ms":
            return str(int(moment.timestamp() * 1000))
        case "date":
            return moment.date().isoformat()
        case pattern:
            return moment.strftime(pattern)


def with_since(value: Any, since: str) -> Any:
    """``{since}`` replaced throughout."""
    if isinstance(value, dict):
        return {key: with_since(inner, since) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_since(inner, since) for inner in value]
    return value.replace("{since}", since) if isinstance(value, str) else value


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
