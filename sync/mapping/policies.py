"""Which parts of a contact follow the source, and where what the app holds stays. Pure: knows only the mapping."""

from __future__ import annotations

from collections.abc import Mapping

from sync.contacts.contact import SCALARS, CustomField
from sync.mapping.options import FieldSpec, MappingOptions, Policy


def policies(options: MappingOptions, used: Mapping[str, CustomField]) -> dict[str, Policy]:
    """The policy of each part that does not simply follow the source: ``{"phoneNumbers.mobile": "keep_edits"}``.

    ``used``: custom fields by the names under which they are mapped.
    """
    fields = options.fields
    specs: dict[str, FieldSpec | None] = {name: getattr(fields, name) for name in SCALARS}
    specs |= {f"phoneNumbers.{label}": spec for label, spec in fields.phoneNumbers.items()}
    specs |= {f"emails.{label}": spec for label, spec in fields.emails.items()}
    specs |= {f"customFields.{used[name].key}": spec for name, spec in options.customFields.items() if name in used}
    found = {part: spec.policy or options.policy for part, spec in specs.items() if spec is not None}
    return {part: policy for part, policy in found.items() if policy != "source"}
