"""What a sync last sent to a contact, seen from today's mapping: what of it is to go, what of it still stands.

Pure. Knows neither the state that remembers it nor the workspace that may hold it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sync.contacts.contact import Desired, Former
from sync.contacts.json_value import Json
from sync.mapping.fields import Field
from sync.mapping.mapper import Mapper, Understood

Labelled = Mapping[str, tuple[str, ...]]
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class LastApplied:
    """``sent``: what the contact's row wanted then. ``former``: what of it today's mapping wants no longer.

    ``standing``: what the row wants now and, where it says nothing since a bad value was left out, what was last sent:
    what the state shall remember once that is in place.
    """

    sent: Desired
    former: Former
    standing: Desired

    @property
    def again(self) -> bool:
        """The row wants just what was last sent."""
        return self.sent.to_json() == self.standing.to_json()

    @property
    def still(self) -> Desired:
        """What of the last sent the row wants just so now: the rest came to be so by other hands."""
        sent, now = self.sent, self.standing
        return Desired(
            sent.external_id,
            _equal(sent.scalars, now.scalars),
            _equal(sent.phone_numbers, now.phone_numbers),
            _equal(sent.emails, now.emails),
            _equal(sent.custom_fields, now.custom_fields),
            sent.source_url if sent.source_url == now.source_url else None,
        )


def last_applied(mapper: Mapper, understood: Understood, sent: Mapping[str, Json] | None) -> LastApplied | None:
    """What the state remembers as ``sent``, for a row that is mapped now; None where it remembers nothing."""
    desired = understood.desired
    if sent is None or desired is None:
        return None
    try:
        before = Desired.from_json(desired.external_id, sent)
    except ValueError:
        return None
    keeps_url, left = understood.keeps_source_url, understood.left
    numbers, addresses = (*_given(mapper.phone_numbers), *left.phone_numbers), (*_given(mapper.emails), *left.emails)
    former = Former(
        _unmapped(before.phone_numbers, {*numbers, *desired.phone_numbers}),
        _unmapped(before.emails, {*addresses, *desired.emails}),
        None if keeps_url or desired.source_url else before.source_url,
    )
    standing = replace(
        desired,
        phone_numbers=_filled(desired.phone_numbers, before.phone_numbers, numbers),
        emails=_filled(desired.emails, before.emails, addresses),
        source_url=before.source_url if keeps_url else desired.source_url,
    )
    return LastApplied(before, former, standing)


def _equal(sent: Mapping[str, V], now: Mapping[str, V]) -> dict[str, V]:
    return {name: value for name, value in sent.items() if name in now and now[name] == value}


def _given(fields: Mapping[str, Field[str]]) -> list[str]:
    """The labels that the mapping itself gives, whatever a row says."""
    return [label for label, each in fields.items() if each.spec.label_column is None]


def _unmapped(sent: Labelled, mapped: Collection[str]) -> Labelled:
    return {label: values for label, values in sent.items() if label not in mapped}


def _filled(wanted: Labelled, sent: Labelled, mapped: Collection[str]) -> Labelled:
    """What is wanted, and under the labels that were left out what was last sent."""
    return {**wanted} | {label: sent[label] for label in mapped if label not in wanted and label in sent}
