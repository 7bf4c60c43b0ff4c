"""What OpenPhone answers, read and checked: the one edge that its values come in by. Not how answers are fetched.

What one odd contact holds is no reason to stop: it is marked as unreadable, and left alone. Nothing that is not
understood is changed: values come in as they are, and go out so.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.contacts.contact import Contact, CustomField, FieldType
from sync.contacts.json_value import Json, list_in, object_in, text_in
from sync.openphone.errors import OutcomeUnknown

DEEPEST = 20
"""Values within values that a custom field may hold; none has been seen with more than two."""

_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_~:@=+-]|\.(?!\.)){0,127}")
_LONGEST_NUMBER = 300
_MOST_ERRORS = 20
_TOKEN_MAX = 4096
_NO_DATA = "OpenPhone's answer has no data: check openphone.base_url"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's HTTP status, and its JSON if it is some; whether it had any text, and where it sends us on to."""

    status: int
    payload: Json
    has_text: bool = False
    location: str | None = None


def as_json(text: bytes) -> Json:
    """The JSON in ``text``, or None. Numbers too large to be any become infinite, which no field may hold."""
    try:
        found: Json = json.loads(text, parse_int=_whole_number)
    except (ValueError, RecursionError):
        return None
    return found


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else math.inf


def is_id(text: object) -> bool:
    """Whether this can be the id of a contact: a word, with nothing in it that would lead a request elsewhere."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def _data(answer: Answer) -> Json:
    """The answer's ``data``; what has none is no answer of OpenPhone's."""
    found = answer.payload.get("data") if isinstance(answer.payload, Mapping) else None
    if found is None:
        raise OutcomeUnknown(_NO_DATA)
    return found


def data_list(answer: Answer) -> Sequence[Json]:
    """The list in an answer. Raises OutcomeUnknown where there is none."""
    try:
        return list_in(_data(answer))
    except TypeError:
        raise OutcomeUnknown(_NO_DATA) from None


def one_contact(answer: Answer) -> Contact:
    """The contact that an answer is about. Raises OutcomeUnknown where there is none."""
    found = _data(answer)
    if not isinstance(found, Mapping):
        raise OutcomeUnknown(_NO_DATA)
    return contact(found)


def made(answer: Answer) -> Contact:
    """The contact that was made. Raises OutcomeUnknown where the answer does not say which."""
    found = one_contact(answer)
    if found.id is None:
        raise OutcomeUnknown("OpenPhone's answer does not say which contact it made: its id is none")
    return found


def contact(raw: Json) -> Contact:
    """A contact as OpenPhone has it. One that cannot be understood says why (``unreadable``), and is left alone."""
    try:
        found = Contact.from_json(raw)
        for key, value in found.custom_fields.items():
            _check(value, f"the custom field {key[:40]!r}")
    except ValueError as error:
        return _unreadable(raw, str(error))
    named = isinstance(raw, Mapping) and not isinstance(raw["id"], float | bool) and is_id(found.id)
    return found if named else _unreadable(raw, "its id is none")


def _unreadable(raw: Json, why: str) -> Contact:
    """What can be said of a contact that is none: which one it is, as far as it says."""
    whole = raw if isinstance(raw, Mapping) else {}
    contact_id, external_id = whole.get("id"), whole.get("externalId")
    return Contact(
        scalars={},
        id=contact_id if isinstance(contact_id, str) and is_id(contact_id) else None,
        external_id=external_id if isinstance(external_id, str) else None,
        unreadable=why,
    )


def _check(value: Json, what: str) -> None:
    """Raises ValueError for a value that cannot be sent back as it came: without end, or deeper than we go."""
    level: list[Json] = [value]
    for _ in range(DEEPEST):
        if any(isinstance(each, float) and not math.isfinite(each) for each in level):
            raise ValueError(f"not a contact: {what} is a number without end")
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise ValueError(f"not a contact: {what} goes deeper than {DEEPEST} levels")


def _inside(value: Json) -> Sequence[Json]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list | tuple) else ()


def custom_fields(answer: Answer) -> tuple[tuple[CustomField, ...], int]:
    """The custom fields in an answer, and how many more things in it are none. Raises OutcomeUnknown."""
    items = data_list(answer)
    found = tuple(field for raw in items if (field := _custom_field(raw)) is not None)
    if items and not found:
        raise OutcomeUnknown("OpenPhone's answer holds what is no custom field")
    return found, len(items) - len(found)


def _custom_field(raw: Json) -> CustomField | None:
    """The custom field; a type that is new to us is read as text."""
    try:
        whole = object_in(raw)
        key = text_in(whole["key"])
        name = whole.get("name")
        kind: FieldType = whole["type"] if isinstance(whole.get("type"), str) else "string"  # type: ignore[assignment]
    except (KeyError, TypeError):
        return None
    return CustomField(name if isinstance(name, str) and name else str(key), key, kind) if key else None


def next_page(answer: Answer) -> str | None:
    """The token of the page after this one; None on the last, and where what stands there is none."""
    token = answer.payload.get("nextPageToken") if isinstance(answer.payload, Mapping) else None
    if isinstance(token, int) and not isinstance(token, bool):
        token = str(token)
    return token if isinstance(token, str) and 0 < len(token) <= _TOKEN_MAX else None


def total(answer: Answer) -> int | None:
    """How many the whole list has, as the answer says: wrong by the vendor's own word, so no more than a hint."""
    said = answer.payload.get("totalItems") if isinstance(answer.payload, Mapping) else None
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None


def reason(payload: Json) -> str:
    """The service's own words, from either shape of error (one documented, one measured)."""
    if not isinstance(payload, Mapping):
        return ""
    inner = payload.get("error")
    if isinstance(inner, Mapping):
        return _words(inner.get("message"))
    parts = [_words(payload.get("message")) or _words(payload.get("title")) or _words(inner)]
    errors = payload.get("errors")
    for item in errors[:_MOST_ERRORS] if isinstance(errors, list) else ():
        if isinstance(item, Mapping):
            parts.append(f"{_words(item.get('path'))}: {_words(item.get('message'))}".strip(": "))
    return "; ".join(dict.fromkeys(part for part in parts if part))


def code(payload: Json) -> str | None:
    """The service's code of an error."""
    return (_words(payload.get("code")) or None) if isinstance(payload, Mapping) else None


def _words(value: Json) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def unauthorized(status: int, said: str) -> str:
    """What to tell whose key is refused; ``said``: the service's own words."""
    return (
        f"OpenPhone refused the API key ({status}{': ' + said if said else ''}). Check openphone.api_key; "
        "a key made less than a minute ago may need about 30 seconds before it works."
    )
