"""What OpenPhone answers, read: data, the service's own words in either shape of error, the errors we make of them.

Knows nothing of how answers are fetched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.contacts.contact import Contact, CustomField, FieldType
from sync.contacts.json_value import Json, list_in, object_in
from sync.openphone.errors import OutcomeUnknown, Refused


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's HTTP status, and its JSON if it is some."""

    status: int
    payload: Json


def as_json(text: bytes) -> Json:
    """The JSON in ``text``, or None."""
    try:
        found: Json = json.loads(text)
    except ValueError:
        return None
    return found


def _data(answer: Answer) -> Json:
    """The answer's ``data``; what has none is no answer of OpenPhone's."""
    found = answer.payload.get("data") if isinstance(answer.payload, Mapping) else None
    if found is None:
        raise OutcomeUnknown("OpenPhone's answer has no data")
    return found


def data_list(answer: Answer) -> Sequence[Json]:
    """The list in an answer. Raises OutcomeUnknown where there is none."""
    try:
        return list_in(_data(answer))
    except TypeError:
        raise OutcomeUnknown("OpenPhone's answer has no data") from None


def one_contact(answer: Answer) -> Contact:
    """The contact that an answer is about. Raises OutcomeUnknown where there is none."""
    found = _data(answer)
    if not isinstance(found, Mapping):
        raise OutcomeUnknown("OpenPhone's answer has no data")
    return contact(found)


def contact(raw: Json) -> Contact:
    """The contact in an answer. Raises OutcomeUnknown where it is none."""
    try:
        found = Contact.from_json(raw)
    except ValueError as error:
        raise OutcomeUnknown(f"OpenPhone's answer holds what is {error}") from error
    if found.id is None:
        raise OutcomeUnknown("OpenPhone's answer holds what is not a contact: it has no id")
    return found


def custom_fields(answer: Answer) -> tuple[CustomField, ...]:
    """The custom fields in an answer. Raises OutcomeUnknown where something else is among them."""
    try:
        return tuple(_custom_field(object_in(raw)) for raw in data_list(answer))
    except (KeyError, TypeError) as error:
        raise OutcomeUnknown("OpenPhone's answer holds what is no custom field") from error


def _custom_field(raw: Mapping[str, Json]) -> CustomField:
    kind: FieldType = raw["type"]  # type: ignore[assignment]  # a type that is new to us is read as text
    return CustomField(str(raw["name"]), str(raw["key"]), kind)


def next_page(answer: Answer) -> str | None:
    """The token of the page after this one; None on the last."""
    token = answer.payload.get("nextPageToken") if isinstance(answer.payload, Mapping) else None
    return str(token) if token else None


def _reason(payload: Json) -> str:
    """The service's own words, from either shape of error (one documented, one measured)."""
    if not isinstance(payload, Mapping):
        return ""
    inner = payload.get("error")
    if isinstance(inner, Mapping):
        return str(inner.get("message") or "")
    parts = [str(payload.get("message") or payload.get("title") or "")]
    errors = payload.get("errors")
    for item in errors if isinstance(errors, list) else ():
        if isinstance(item, Mapping):
            parts.append(f"{item.get('path', '')}: {item.get('message', '')}".strip(": "))
    return "; ".join(dict.fromkeys(part for part in parts if part))


def refused(answer: Answer) -> Refused:
    """The refusal that an answer is, in the service's words."""
    code = answer.payload.get("code") if isinstance(answer.payload, Mapping) else None
    label = f"{answer.status}, code {code}" if code else str(answer.status)
    return Refused(answer.status, f"OpenPhone refused it ({label}): {_reason(answer.payload) or 'no reason given'}")


def unauthorized(status: int, payload: Json) -> str:
    """What to tell whose key is refused."""
    said = _reason(payload)
    return (
        f"OpenPhone refused the API key ({status}{': ' + said if said else ''}). Check openphone.api_key; "
        "a key made less than a minute ago may need about 30 seconds before it works."
    )
