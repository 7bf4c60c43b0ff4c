"""What OpenPhone accepts in a contact: the checks of POST and PATCH, by the law book.

Pure: a body and what it is judged by go in, a ``Refusal`` may come out. Never looks at the workspace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sync.sandbox.law_book import (
    EXTERNAL_ID_LONGEST,
    ITEM_FIELDS,
    JSON_TYPES,
    REQUIRED_OF_ITEM,
    REQUIRED_TEXT,
    SOURCE_LONGEST_CREATED,
    SOURCE_LONGEST_UPDATED,
    SOURCE_URL_LONGEST,
    TEXT_FIELDS,
    USER_ID,
    CustomField,
    FieldType,
    Json,
    is_reserved,
)
from sync.sandbox.refusal import Flaw, invalid, invalid_custom_field, unmatched_item

E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_URI_TEXT = r"(?:%[0-9a-f]{2}|[a-z0-9._~:/?@!$&'()*+,;=-])*"
URI = re.compile(
    rf"[a-z][a-z0-9+.-]*:(//(?:[^/?#\[\]]*@)?\[[0-9a-f:.]+\])?{_URI_TEXT}(#{_URI_TEXT})?", re.ASCII | re.IGNORECASE
)
"""Documented: the format ``uri``, which is RFC 3986: nothing beyond ASCII, no blanks, ``%`` only before two digits."""


def check_create(body: Json, fields: Mapping[str, CustomField]) -> None:
    """Refuse a POST body that OpenPhone would refuse."""
    _check(body, fields, creating=True)


def check_update(body: Json, fields: Mapping[str, CustomField], held: Json, *, refuse_ids: bool) -> None:
    """Refuse a PATCH body that OpenPhone would refuse for the contact ``held``."""
    _check(body, fields, creating=False)
    _check_item_ids(body, held, refuse_ids=refuse_ids)


def parse_date_time(text: str) -> datetime | None:
    """The moment that an RFC 3339 date-time names, in UTC; None where it names none."""
    if not DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _check(body: Json, fields: Mapping[str, CustomField], *, creating: bool) -> None:
    flaws = list(_flaws(body, creating=creating))
    if flaws:
        raise invalid(*flaws)
    for index, item in enumerate(body.get("customFields", [])):
        flaw = _custom_field_flaw(f"/customFields/{index}", item, fields)
        if flaw:
            raise invalid_custom_field(flaw)


def _flaws(body: Json, *, creating: bool) -> Iterator[Flaw]:
    if not isinstance(body, dict):
        yield Flaw("", "Expected object", body, "object")
        return
    yield from _external_id(body.get("externalId"))
    yield from _source(body, creating=creating)
    yield from _source_url(body, nullable=not creating)
    if creating:
        yield from _user_id(body)
    if creating or "defaultFields" in body:
        yield from _default_fields(body.get("defaultFields"), creating=creating)
    custom = body.get("customFields", [])
    if not isinstance(custom, list):
        yield Flaw("/customFields", "Expected array", custom, "array")
    elif not creating:
        for index, item in enumerate(custom):
            yield from _item_id(f"/customFields/{index}", item)


def _external_id(value: Json) -> Iterator[Flaw]:
    if value is not None:
        yield from _text("/externalId", value, EXTERNAL_ID_LONGEST)


def _source(body: Mapping[str, Json], *, creating: bool) -> Iterator[Flaw]:
    if "source" not in body or (body["source"] is None and not creating):
        return
    source = body["source"]
    flaws = list(_text("/source", source, SOURCE_LONGEST_CREATED if creating else SOURCE_LONGEST_UPDATED))
    if not flaws and is_reserved(source):
        flaws.append(Flaw("/source", "Source is reserved", source, "string"))
    yield from flaws


def _source_url(body: Mapping[str, Json], *, nullable: bool) -> Iterator[Flaw]:
    if "sourceUrl" not in body or (nullable and body["sourceUrl"] is None):
        return
    url = body["sourceUrl"]
    flaws = list(_text("/sourceUrl", url, SOURCE_URL_LONGEST))
    if not flaws and not _is_uri(url):
        flaws.append(Flaw("/sourceUrl", "Expected string to match 'uri' format", url, "string"))
    yield from flaws


def _user_id(body: Mapping[str, Json]) -> Iterator[Flaw]:
    user = body.get("createdByUserId", USER_ID)
    if not isinstance(user, str) or not user.startswith(USER_ID):
        yield Flaw("/createdByUserId", f"Expected string to match '^{USER_ID}(.*)$'", user, "string")


def _text(path: str, value: Json, longest: int) -> Iterator[Flaw]:
    if not isinstance(value, str):
        yield Flaw(path, "Expected string", value, "string")
    elif not 1 <= len(value) <= longest:
        yield Flaw(path, f"Expected string length between 1 and {longest}", value, "string")


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.netloc or parts.path) and URI.fullmatch(text) is not None


def _default_fields(default: Json, *, creating: bool) -> Iterator[Flaw]:
    if not isinstance(default, dict):
        yield Flaw("/defaultFields", "Expected object", default, "object")
        return
    if creating and REQUIRED_TEXT not in default:
        yield Flaw(f"/defaultFields/{REQUIRED_TEXT}", "Expected required property", None, "string")
    for name in TEXT_FIELDS:
        if not isinstance(default.get(name), str | None):
            yield Flaw(f"/defaultFields/{name}", "Expected string", default[name], "string")
    for name in ITEM_FIELDS:
        yield from _items(f"/defaultFields/{name}", default.get(name, []), creating=creating)


def _items(path: str, items: Json, *, creating: bool) -> Iterator[Flaw]:
    if not isinstance(items, list):
        yield Flaw(path, "Expected array", items, "array")
        return
    for index, item in enumerate(items):
        yield from _item(f"{path}/{index}", item, phones=path.endswith("/phoneNumbers"))
        if not creating:
            yield from _item_id(f"{path}/{index}", item)


def _item_id(path: str, item: Json) -> Iterator[Flaw]:
    if isinstance(item, dict) and not isinstance(item.get("id", ""), str):
        yield Flaw(f"{path}/id", "Expected string", item["id"], "string")


def _item(path: str, item: Json, *, phones: bool) -> Iterator[Flaw]:
    if not isinstance(item, dict):
        yield Flaw(path, "Expected object", item, "object")
        return
    for name in REQUIRED_OF_ITEM:
        if not isinstance(item.get(name), str) or not item[name]:
            yield Flaw(f"{path}/{name}", "Expected required property", item.get(name), "string")
            return
    if phones and not E164.fullmatch(item["value"]):
        yield Flaw(f"{path}/value", "Expected a phone number in E.164 format", item["value"], "string")
    if not phones and "@" not in item["value"]:
        yield Flaw(f"{path}/value", "Expected an email address", item["value"], "string")


def _custom_field_flaw(path: str, item: Json, fields: Mapping[str, CustomField]) -> Flaw | None:
    if not isinstance(item, dict):
        return Flaw(path, "Expected object", item, "object")
    key = item.get("key")
    known = fields.get(key) if isinstance(key, str) else None
    if known is None:
        return Flaw(f"{path}/key", f"Invalid custom field key: {key}", key, "string")
    if "value" not in item:
        return Flaw(f"{path}/value", "Expected required property", None, JSON_TYPES[known.type])
    if item["value"] is not None and not _fits(item["value"], known.type):
        message = f"Invalid value for custom field {known.key} of type {known.type}"
        return Flaw(f"{path}/value", message, item["value"], JSON_TYPES[known.type])
    return None


def _fits(value: Json, kind: FieldType) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "multi-select":
            return isinstance(value, list) and all(isinstance(option, str) for option in value)
        case "date":
            return isinstance(value, str) and parse_date_time(value) is not None
        case "address" | "string" | "url":
            return isinstance(value, str)


def _check_item_ids(body: Json, held: Json, *, refuse_ids: bool) -> None:
    default = body.get("defaultFields", {})
    pairs = [(default.get(name, []), held["defaultFields"][name]) for name in ITEM_FIELDS]
    pairs.append((body.get("customFields", []), held["customFields"]))
    for sent, kept in pairs:
        known = set() if refuse_ids else {item["id"] for item in kept}
        for item in sent:
            if "id" in item and item["id"] not in known:
                raise unmatched_item(item["id"])
