"""The workspace behind the sandbox: the contacts it holds and what each call of the API does to them.

Knows nothing of HTTP, keys, rates or faults. What it refuses, it refuses by raising ``Refusal``.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sync.sandbox import refusal, rules, shelf
from sync.sandbox.law_book import FILTER_LONGEST, FILTERS_MOST, PAGE_LARGEST, CustomField, Json
from sync.sandbox.making import Maker
from sync.sandbox.options import SandboxOptions


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What ``GET /v1/contacts`` was asked, as the texts of its query."""

    max_results: str | None
    page_token: str | None
    external_ids: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """A contact and what the lists know of it. A ghost is gone, and listed all the same."""

    contact: dict[str, Json]
    number: int
    listed_from: float
    ghost: bool = False
    readable: bool = True


class Workspace:
    """The contacts, in order of creation. A contact's JSON is replaced when it changes, never altered in place."""

    def __init__(self, options: SandboxOptions, clock: Callable[[], float], rng: random.Random) -> None:
        self._options = options
        self._clock = clock
        self._rng = rng
        self._maker = Maker(rng)
        self._fields = {field.key: field for field in options.custom_fields}
        self._held: dict[str, _Held] = {}
        self._ids: defaultdict[str, list[str]] = defaultdict(list)
        self._count = 0
        if options.file is not None:
            for contact in shelf.load(options.file):
                self._add(contact)

    @property
    def custom_fields(self) -> tuple[CustomField, ...]:
        """The custom fields as they are defined now."""
        return tuple(self._fields.values())

    @custom_fields.setter
    def custom_fields(self, fields: Iterable[CustomField]) -> None:
        self._fields = {field.key: field for field in fields}

    @property
    def contacts(self) -> dict[str, Json]:
        """Every contact by its id, ghosts excepted. The dict is yours, the contacts in it are to be read only."""
        return {contact_id: held.contact for contact_id, held in self._held.items() if not held.ghost}

    def by_external_id(self, external_id: str) -> list[Json]:
        """The contacts that have this ``externalId``, ghosts excepted."""
        return [held.contact for held in self._with_external_id(external_id) if not held.ghost]

    # What the API does.

    def page(self, query: ListQuery) -> dict[str, Json]:
        """One page of contacts, oldest first."""
        size = self._page_size(query)
        _check_filter("externalIds", query.external_ids)
        _check_filter("sources", query.sources)
        if self._options.require_external_ids and not query.external_ids:
            raise refusal.invalid(refusal.Flaw("/externalIds", "Expected required property", None, "array"))
        after = _read_token(query.page_token)
        found = [held for held in self._listed(query) if held.number > after]
        page = found[:size]
        return {
            "data": [self._shown(held.contact) for held in page],
            "totalItems": len(self._held) + PAGE_LARGEST,  # wrong, as the vendor says it is
            "nextPageToken": f"after-{page[-1].number}" if len(found) > size else None,
        }

    def get(self, contact_id: str) -> Json:
        """One contact, without lag."""
        held = self._held.get(contact_id)
        if held is None or not held.readable:
            raise refusal.not_found()
        return self._shown(held.contact)

    def create(self, body: Json) -> Json:
        """A new contact, in the lists once the lag is over."""
        rules.check_create(body, self._fields)
        self._check_unused(body.get("externalId"))
        contact = self._maker.created(body, self._fields)
        self._add(contact, lag=self._options.list_lag)
        self._save()
        return self._shown(contact)

    def update(self, contact_id: str, body: Json) -> Json:
        """A contact replaced by what was sent."""
        held = self._living(contact_id)
        rules.check_update(body, self._fields, held.contact, refuse_ids=self._options.refuse_item_ids)
        self._check_unused(body.get("externalId"), but=contact_id)
        contact = self._maker.replaced(held.contact, body, self._fields)
        self._put(held, contact)
        self._save()
        return self._shown(contact)

    def delete(self, contact_id: str) -> None:
        """A contact gone for good."""
        self._take_out(self._living(contact_id))
        self._save()

    # What people and tests do behind the API's back.

    def seed(self, contacts: Iterable[Mapping[str, Json]]) -> list[str]:
        """Put contacts in, unchecked and listed at once; their ids."""
        made = [self._maker.seeded(contact, self._fields) for contact in contacts]
        for contact in made:
            self._add(contact)
        self._save()
        return [contact["id"] for contact in made]

    def edit(self, contact_id: str, changes: Mapping[str, Json]) -> None:
        """Change what ``changes`` names and nothing else."""
        held = self._living(contact_id)
        self._put(held, self._maker.edited(held.contact, changes, self._fields))
        self._save()

    def remove(self, contact_id: str) -> None:
        """Take a contact out."""
        self.delete(contact_id)

    def ghost(self, contact_id: str, *, readable: bool = True) -> None:
        """Let a contact be gone for every write, and still be listed (and, if ``readable``, answered to GET)."""
        self._held[contact_id] = replace(self._living(contact_id), ghost=True, readable=readable)
        self._save()

    # How it is kept.

    def _living(self, contact_id: str) -> _Held:
        held = self._held.get(contact_id)
        if held is None or held.ghost:
            raise refusal.not_found()
        return held

    def _with_external_id(self, external_id: str) -> Iterator[_Held]:
        return (self._held[contact_id] for contact_id in self._ids.get(external_id, ()))

    def _check_unused(self, external_id: str | None, but: str | None = None) -> None:
        if external_id is None or self._options.accept_doubles:
            return
        if any(contact["id"] != but for contact in self.by_external_id(external_id)):
            raise refusal.conflict()

    def _add(self, contact: dict[str, Json], lag: float = 0.0) -> None:
        self._count += 1
        self._held[contact["id"]] = _Held(contact, self._count, self._clock() + lag)
        self._index(contact)

    def _put(self, held: _Held, contact: dict[str, Json]) -> None:
        self._unindex(held.contact)
        self._held[contact["id"]] = replace(held, contact=contact)
        self._index(contact)

    def _take_out(self, held: _Held) -> None:
        self._unindex(held.contact)
        del self._held[held.contact["id"]]

    def _index(self, contact: Mapping[str, Json]) -> None:
        if contact["externalId"] is not None:
            self._ids[contact["externalId"]].append(contact["id"])

    def _unindex(self, contact: Mapping[str, Json]) -> None:
        if contact["externalId"] is not None:
            self._ids[contact["externalId"]].remove(contact["id"])

    def _save(self) -> None:
        if self._options.file is not None:
            shelf.save(self._options.file, list(self.contacts.values()))

    # How it is shown.

    def _page_size(self, query: ListQuery) -> int:
        text = query.max_results
        if text is not None and text.isascii() and text.isdigit() and 1 <= int(text) <= PAGE_LARGEST:
            return int(text)
        message = f"Expected integer between 1 and {PAGE_LARGEST}" if text else "Expected required property"
        raise refusal.invalid(refusal.Flaw("/maxResults", message, text, "integer"))

    def _listed(self, query: ListQuery) -> list[_Held]:
        held: Iterable[_Held] = self._held.values()
        if query.external_ids:
            asked = dict.fromkeys(query.external_ids)
            held = sorted(
                (found for external_id in asked for found in self._with_external_id(external_id)),
                key=lambda found: found.number,
            )
        now = self._clock()
        return [
            one
            for one in held
            if one.listed_from <= now and (not query.sources or one.contact["source"] in query.sources)
        ]

    def _shown(self, contact: Mapping[str, Json]) -> dict[str, Json]:
        return {**contact, "customFields": [self._shown_field(item) for item in contact["customFields"]]}

    def _shown_field(self, item: Mapping[str, Json]) -> dict[str, Json]:
        value = item["value"]
        if item["type"] == "multi-select":
            value = self._rng.sample(value, len(value))
        elif item["type"] == "date" and self._options.bare_dates:
            value = value[: len("2026-03-01")]
        return {**item, "value": value}


def _check_filter(name: str, values: Collection[str]) -> None:
    if len(values) > FILTERS_MOST:
        flaw = refusal.Flaw(f"/{name}", f"Expected array length to be less or equal to {FILTERS_MOST}", None, "array")
        raise refusal.invalid(flaw)
    for index, value in enumerate(values):
        if not 1 <= len(value) <= FILTER_LONGEST:
            message = f"Expected string length between 1 and {FILTER_LONGEST}"
            raise refusal.invalid(refusal.Flaw(f"/{name}/{index}", message, value, "string"))


def _read_token(token: str | None) -> int:
    """The number of the contact after which the page begins."""
    if token is None:
        return 0
    prefix, _, number = token.partition("-")
    if prefix != "after" or not (number.isascii() and number.isdigit()):
        raise refusal.invalid(refusal.Flaw("/pageToken", "Invalid page token", token, "string"))
    return int(number)
