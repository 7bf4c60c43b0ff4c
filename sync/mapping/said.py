"""A mapping in words: which columns make which field, as a person would say it. Pure."""

from __future__ import annotations

from sync.contacts.contact import SCALARS
from sync.mapping.options import FieldSpec, MappingOptions
from sync.mapping.template import Template
from sync.wording import listed

_PARTS = {"first": "the first name in ", "last": "the rest of the name in "}
_POLICIES = {"keep_edits": "edits in the app stay", "fill_empty": "only where it is empty in the app"}


def mapping_said(options: MappingOptions) -> dict[str, str]:
    """Field → what it is made of: ``{"company": "company, or account where that is empty"}``."""
    return {part: spec_said(spec, options) for part, spec in specs(options).items()}


def specs(options: MappingOptions) -> dict[str, FieldSpec]:
    """Every mapped field by its name, as the configuration has them: ``phoneNumbers.mobile``."""
    fields = options.fields
    found: dict[str, FieldSpec | None] = {name: getattr(fields, name) for name in SCALARS}
    found |= {f"phoneNumbers.{label}": spec for label, spec in fields.phoneNumbers.items()}
    found |= {f"emails.{label}": spec for label, spec in fields.emails.items()}
    found |= {f"customFields.{name}": spec for name, spec in options.customFields.items()}
    if options.source_url:
        found["sourceUrl"] = FieldSpec(template=options.source_url)
    return {name: spec for name, spec in found.items() if spec is not None}


def spec_said(spec: FieldSpec, options: MappingOptions) -> str:
    """What a field is made of."""
    said = _origin(spec)
    more = []
    if spec.map:
        more.append(listed([f"{word} becomes {value}" for word, value in list(spec.map.items())[:3]]))
    if spec.map and len(spec.map) > 3:
        more[-1] += f" and {len(spec.map) - 3} more such words"
    if spec.default is not None:
        more.append(f"{spec.default} where that is empty")
    if isinstance(spec.split, str):
        more.append(f"taken apart at {spec.split!r}")
    if spec.format is not None:
        more.append(f"dates as {spec.format}")
    if spec.label_column is not None:
        more.append(f"its label from {spec.label_column}")
    if (policy := spec.policy or options.policy) in _POLICIES:
        more.append(_POLICIES[policy])
    return "; ".join([said, *more])


def columns_of(spec: FieldSpec) -> tuple[str, ...]:
    """The columns that a field is made of."""
    return Template.parse(spec.template).columns if spec.template else spec.columns


def _origin(spec: FieldSpec) -> str:
    if spec.template is not None:
        return spec.template
    if not spec.columns:
        return f"always {spec.value}"
    first, *others = spec.columns
    return "".join([_PARTS.get(spec.part or "", ""), first, *(f", or {other} where that is empty" for other in others)])
