"""How a contact's JSON is made and changed: from an accepted body, or from the short form that tests and demos write.

Pure but for the ids, which are drawn from the generator passed in. Judges nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sync.sandbox.law_book import ITEM_FIELDS, SOURCE_OF_THE_API, TEXT_FIELDS, USER_ID, CustomField, Json
from sync.sandbox.rules import parse_date_time

CREATOR = f"{USER_ID}sandbox"
SHORT_LISTS = {"phone": "phoneNumbers", "phones": "phoneNumbers", "email": "emails"}
SHORT_LABEL = "primary"


class Maker:
    """Makes contacts as the workspace keeps them: dates and ids as the API would return them."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def created(self, body: Mapping[str, Json], fields: Mapping[str, CustomField]) -> dict[str, Json]:
        """The contact that an accepted POST makes."""
        now = _timestamp()
        default = body["defaultFields"]
        return {
            "id": self._new_id(),
            "externalId": body.get("externalId"),
            "source": body.get("source", SOURCE_OF_THE_API),
            "sourceUrl": body.get("sourceUrl"),
            "defaultFields": {
                **{name: default.get(name) for name in TEXT_FIELDS},
                **{name: self._items(_without_ids(default.get(name, ()))) for name in ITEM_FIELDS},
            },
            "customFields": self._custom_fields(_without_ids(body.get("customFields", ())), fields),
            "createdAt": now,
            "updatedAt": now,
            "createdByUserId": body.get("createdByUserId", CREATOR),
        }

    def replaced(
        self, held: Mapping[str, Json], body: Mapping[str, Json], fields: Mapping[str, CustomField]
    ) -> dict[str, Json]:
        """The contact after an accepted PATCH: what is left out is gone, the default fields that are texts excepted."""
        default = body.get("defaultFields", {})
        return {
            **held,
            "externalId": body.get("externalId"),
            "source": body.get("source"),
            "sourceUrl": body.get("sourceUrl"),
            "defaultFields": {
                **{name: default.get(name, held["defaultFields"][name]) for name in TEXT_FIELDS},
                **{name: self._items(default.get(name, ())) for name in ITEM_FIELDS},
            },
            "customFields": self._custom_fields(body.get("customFields", ()), fields),
            "updatedAt": _timestamp(),
        }

    def edited(
        self, held: Mapping[str, Json], changes: Mapping[str, Json], fields: Mapping[str, CustomField]
    ) -> dict[str, Json]:
        """The contact after somebody changed only what ``changes`` names, as the app does."""
        long = _long_form(changes)
        default = {**held["defaultFields"], **{name: long[name] for name in TEXT_FIELDS if name in long}}
        default.update({name: self._items(long[name]) for name in ITEM_FIELDS if name in long})
        custom = held["customFields"]
        if "customFields" in long:
            new = self._custom_fields(long["customFields"], fields)
            named = {item["key"] for item in long["customFields"]}
            custom = [item for item in custom if item["key"] not in named] + new
        top: dict[str, Json] = {name: long[name] for name in ("externalId", "source", "sourceUrl") if name in long}
        return {**held, **top, "defaultFields": default, "customFields": custom, "updatedAt": _timestamp()}

    def seeded(self, short: Mapping[str, Json], fields: Mapping[str, CustomField]) -> dict[str, Json]:
        """A contact from its short form."""
        return self.edited(self.created({"defaultFields": {}}, fields), short, fields)

    def _items(self, items: Iterable[Mapping[str, Json]]) -> list[Json]:
        return [
            {"name": item["name"], "value": item["value"], "id": item.get("id") or self._new_id()} for item in items
        ]

    def _custom_fields(self, items: Iterable[Mapping[str, Json]], fields: Mapping[str, CustomField]) -> list[Json]:
        values = {item["key"]: item for item in items}
        return [
            {
                "name": fields[key].name,
                "key": key,
                "id": item.get("id") or self._new_id(),
                "type": fields[key].type,
                "value": _returned_date(item["value"]) if fields[key].type == "date" else item["value"],
            }
            for key, item in values.items()
            if item["value"] is not None
        ]

    def _new_id(self) -> str:
        return f"{self._rng.getrandbits(96):024x}"


def _without_ids(items: Iterable[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """Items as a create takes them: an ``id`` is no part of its schema, and is not looked at."""
    return [{name: value for name, value in item.items() if name != "id"} for item in items]


def _long_form(short: Mapping[str, Json]) -> dict[str, Json]:
    """What is written short (``phone="+1…"``, ``emails={"work": "…"}``, ``customFields={"tags": […]}``) as API JSON."""
    long = {SHORT_LISTS.get(name, name): value for name, value in short.items()}
    known = {*TEXT_FIELDS, *ITEM_FIELDS, "customFields", "externalId", "source", "sourceUrl"}
    if unknown := set(long) - known:
        raise ValueError(f"a contact has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
    for name in ITEM_FIELDS:
        if name in long:
            long[name] = list(_long_items(long[name]))
    if isinstance(long.get("customFields"), Mapping):
        long["customFields"] = [{"key": key, "value": value} for key, value in long["customFields"].items()]
    return long


def _long_items(value: Json) -> Iterable[Json]:
    if isinstance(value, str):
        return [{"name": SHORT_LABEL, "value": value}]
    if isinstance(value, Mapping):
        return [
            {"name": label, "value": text}
            for label, texts in value.items()
            for text in ([texts] if isinstance(texts, str) else texts)
        ]
    return [{"name": SHORT_LABEL, "value": item} if isinstance(item, str) else item for item in value or ()]


def _returned_date(text: str) -> str:
    """A date as the API gives it back: ``2026-03-01T00:00:00.000+0000``."""
    moment = parse_date_time(text) or datetime.fromisoformat(text)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def _timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
