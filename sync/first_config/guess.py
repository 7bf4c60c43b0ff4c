"""The likeliest mapping of a source: headings first, cells where headings leave a doubt.

Only a proposal: a person sees it, and ``check`` judges what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sync.contacts.contact import SCALARS, CustomField
from sync.first_config import vocabulary
from sync.first_config.cells import are_salutations, custom_origin, readable, separator
from sync.first_config.custom_fields import means, spelled
from sync.first_config.headings import Heading, email_label, match, phone_label
from sync.first_config.proposal import Origin, Proposal
from sync.first_config.survey import Survey
from sync.mapping.readers import LABELLED


def guess(survey: Survey, custom_fields: Sequence[CustomField], *, region: str = "US", sheet: bool = False) -> Proposal:
    """The likeliest mapping of a source. ``sheet``: the source can be given contact ids, and so needs no key."""
    return _Guesser(survey, tuple(custom_fields), region, sheet).proposal()


class _Guesser:
    """One proposal in the making. A column serves one field, and the key besides."""

    def __init__(self, survey: Survey, custom_fields: tuple[CustomField, ...], region: str, sheet: bool) -> None:
        self.survey = survey
        self.custom_fields = custom_fields
        self.region = region
        self.sheet = sheet
        self.free = {column: Heading.of(column) for column in survey.columns}
        self.fields: dict[str, Origin] = {}
        self.notes: list[str] = []

    def proposal(self) -> Proposal:
        contact_id = self._best(vocabulary.CONTACT_IDS) or "" if self.sheet else ""
        self.free.pop(contact_id, None)
        key = self._key()
        self._names()
        self._labelled("phoneNumbers", phone_label)
        self._labelled("emails", email_label)
        self._take("company", self._best(vocabulary.COMPANY))
        for column in [column for column in self.free if are_salutations(self._sample(column))]:
            del self.free[column]
        self._take("role", self._best(vocabulary.ROLE))
        self._lacking_first_name()
        custom = self._custom()
        ordered = {name: self.fields[name] for name in SCALARS if name in self.fields}
        return Proposal(
            key=(key,) if key else (),
            contact_id_column=contact_id,
            fields=ordered | self.fields,
            custom=custom,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _best(self, wanted: Mapping[str, int]) -> str | None:
        found = [(rank, column) for column, heading in self.free.items() if (rank := match(heading, wanted))]
        return min(found, key=lambda each: each[0])[1] if found else None

    def _take(self, name: str, column: str | None) -> bool:
        if column is not None:
            self.fields[name] = Origin((column,))
            del self.free[column]
        return column is not None

    def _key(self) -> str | None:
        """The column whose heading says that it is a key; one that holds no value twice, if there is a choice."""
        found = [(rank, column) for column, heading in self.free.items() if (rank := match(heading, vocabulary.KEYS))]
        ordered = [(rank, column) for (_, rank), column in sorted(found, key=lambda each: each[0])]
        for _, column in ordered:
            if column in self.survey.unique:
                return column
        for place, column in ordered:
            if not self.survey.rows:
                return column
            if place < vocabulary.KEYS["code"]:
                self.notes.append(f"{column!r} is blank in some rows, or the same in several: such rows are rejected")
                return column
        return None

    def _names(self) -> None:
        first, last = self._best(vocabulary.FIRST), self._best(vocabulary.LAST)
        if first is None:
            full = self._best(vocabulary.FULL)
            if full is not None and last is None:
                self._note_whole_names(full)
            self._take("firstName", full)
        elif last is None:
            spellings, surnames = self.free[first].spellings, vocabulary.SURNAME_BESIDE
            beside = {surnames[each] for each in spellings if each in surnames}
            last = self._best(dict.fromkeys(beside, 0))
            if last is None and any(each in vocabulary.MAY_BE_WHOLE for each in spellings):
                self._note_whole_names(first)
        self._take("firstName", first)
        self._take("lastName", last)

    def _note_whole_names(self, column: str) -> None:
        self.notes.append(
            f"{column!r} seems to hold whole names: they become the first name, and the last name stays empty"
        )

    def _lacking_first_name(self) -> None:
        """OpenPhone wants a first name: a last name, else a company, serves where nothing else does."""
        if "firstName" in self.fields:
            return
        for name in ("lastName", "company"):
            if name in self.fields:
                self.fields["firstName"] = self.fields[name]
                column = self.fields[name].columns[0]
                self.notes.append(
                    f"no column is called like a first name, which every contact must have: {column!r} serves"
                )
                if name == "lastName":
                    del self.fields[name]
                return

    def _labelled(self, group: str, label_of: Callable[[Heading], str | None]) -> None:
        for column, heading in list(self.free.items()):
            label = label_of(heading)
            if label is None:
                continue
            number, name = 1, f"{group}.{label}"
            while name in self.fields:
                number += 1
                name = f"{group}.{label} {number}"
            self._take(name, column)
            sample, read = self._sample(column), LABELLED[group](self.region)
            split = separator(sample, read)
            self.fields[name] = Origin((column,), split=split)
            if split is None and readable(sample, read) * 2 < len(sample):
                what = f"phone numbers of {self.region}" if group == "phoneNumbers" else "e-mail addresses"
                self.notes.append(f"most of {column!r} cannot be read as {what}: such rows are rejected")

    def _sample(self, column: str) -> list[str]:
        return list(self.survey.samples[column])

    def _custom(self) -> dict[str, Origin]:
        taken = {column for origin in self.fields.values() for column in origin.columns}
        free = {column: Heading.of(column) for column in self.survey.columns if column not in taken}
        found: dict[str, Origin] = {}
        for exact in (True, False):
            for definition in self.custom_fields:
                name = spelled(definition, self.custom_fields)
                if name is None or name in found:
                    continue
                column = next((c for c, heading in free.items() if means(heading, definition, exact=exact)), None)
                if column is None:
                    continue
                origin, fits = custom_origin(column, definition, self._sample(column), self.region)
                self._note_custom(column, definition, origin, fits)
                if fits:
                    found[name] = origin
                    del free[column]
        return found

    def _note_custom(self, column: str, definition: CustomField, origin: Origin, fits: bool) -> None:
        if not fits:
            kind = {"boolean": "yes and no", "url": "web addresses"}.get(definition.type, f"{definition.type}s")
            called = f"{column!r} is called like the custom field {definition.name!r}"
            self.notes.append(f"{called}, but most of it cannot be read as {kind}: left out")
        elif origin.format is not None:
            self.notes.append(f"{column!r} is read as dates written {origin.format}: change 'format' if that is wrong")
