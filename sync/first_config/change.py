"""What a person changes in a proposal, one field at a time. Asks nobody: whoever asks brings the answer here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sync.contacts.contact import SCALARS, CustomField
from sync.first_config.cells import custom_origin, separator
from sync.first_config.custom_fields import spelled
from sync.first_config.proposal import Origin, Proposal
from sync.first_config.survey import Survey
from sync.mapping.readers import LABELLED


def changed(
    proposal: Proposal,
    name: str,
    column: str | None,
    survey: Survey,
    custom_fields: Sequence[CustomField],
    *,
    region: str = "US",
) -> Proposal:
    """The proposal with one field taken from another column, or from none.

    Raises ValueError, with what there is, where there is no such field or column.
    """
    name = name.strip()
    if column and column not in survey.columns:
        raise ValueError(f"there is no column {column!r}: there are {', '.join(map(repr, survey.columns))}")
    sample = list(survey.samples[column]) if column else []
    if name == "key":
        return replace(proposal, key=(column,) if column else ())
    group, _, label = (part.strip() for part in name.partition("."))
    if name in SCALARS:
        if name == "firstName" and not column:
            raise ValueError("every contact must have a firstName: give it a column")
        return replace(proposal, fields=_with(proposal.fields, name, Origin((column,)) if column else None))
    if group in LABELLED and label:
        origin = Origin((column,), separator(sample, LABELLED[group](region))) if column else None
        return replace(proposal, fields=_relabelled(proposal.fields, group, label, origin))
    names = {spelling: each for each in custom_fields if (spelling := spelled(each, custom_fields)) is not None}
    for spelling, definition in names.items():
        if name.casefold() in (spelling.strip().casefold(), definition.key.casefold()):
            read_as = custom_origin(column, definition, sample, region)[0] if column else None
            return replace(proposal, custom=_with(proposal.custom, spelling, read_as))
    fields = ", ".join((*SCALARS, "phoneNumbers.LABEL", "emails.LABEL", "key", *names))
    raise ValueError(f"there is no field {name!r}: there are {fields}")


def _relabelled(fields: Mapping[str, Origin], group: str, label: str, origin: Origin | None) -> dict[str, Origin]:
    """With this origin under this label, and under no other of its group."""
    name, column = f"{group}.{label}", origin.columns if origin else None
    others = {
        each: held
        for each, held in fields.items()
        if each == name or held.columns != column or not each.startswith(f"{group}.")
    }
    return _with(others, name, origin)


def _with(origins: Mapping[str, Origin], name: str, origin: Origin | None) -> dict[str, Origin]:
    found = dict(origins)
    if origin is None:
        found.pop(name, None)
    elif name not in found or found[name].columns != origin.columns:
        found[name] = origin
    return found
