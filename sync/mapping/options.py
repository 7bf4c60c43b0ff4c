"""What a configuration says of a mapping: which columns become which fields, and how their cells are read.

Knows neither the source nor the workspace: whether columns and custom fields exist is for others to find out.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sync.contacts.contact import SOURCE_MAX, is_reserved_source
from sync.mapping import languages
from sync.mapping.where import Where
from sync.options import Model, empty_if_none, expected

_COLUMN_FORMS = "a column's name, a list of names, or a mapping with 'column', 'template' or 'value'"
_PLAIN = str | int | float | bool | None


def _plain(raw: object) -> object:
    if not isinstance(raw, str | int | float | bool | None):
        raise expected("text, a number, true, false or nothing")
    return raw


def _columns(raw: object) -> tuple[str, ...]:
    items = raw if isinstance(raw, list | tuple) else (raw,)
    if not items or not all(isinstance(item, str) and item.strip() for item in items):
        raise expected("a column's name, or a list of names (a name that is a number stands in quotes)")
    return tuple(item.strip() for item in items)


def _labelled(raw: object) -> object:
    if not isinstance(raw, dict | None):
        raise expected("labels with a column each, such as '{mobile: phone, work: office_phone}'")
    return empty_if_none(raw)


Separator = Annotated[
    Annotated[str, Field(min_length=1)] | Literal[False],
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"const": False}]}),
]
Plain = Annotated[_PLAIN, BeforeValidator(_plain)]
Columns = Annotated[
    tuple[str, ...],
    BeforeValidator(_columns),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
TemplateText = Annotated[str, BeforeValidator(languages.template)]


Policy = Literal["source", "keep_edits", "fill_empty"]
"""Whose word counts where the app and the source differ."""


class FieldSpec(Model):
    """Where a field's value comes from: exactly one of a column (or several), a template and a fixed value."""

    columns: Columns = Field(
        default=(),
        validation_alias=AliasChoices("column", "columns"),
        description="the column, or a list of columns of which the first that is not empty counts",
    )
    template: TemplateText | None = Field(default=None, description="text with columns in braces: '{title} ({team})'")
    value: Plain = Field(default=None, description="the same value for every row")
    split: Separator | None = Field(
        default=None,
        description="what separates several values in one cell, such as ';' (found by itself without it; false: the "
        "cell is one value)",
    )
    map: Annotated[dict[str, Plain], BeforeValidator(empty_if_none)] = Field(
        default_factory=dict, description="what to put instead of a cell's text: {'VIP': 'Gold'}"
    )
    default: Plain = Field(default=None, description="the value where the cell is empty")
    format: Annotated[str, BeforeValidator(languages.date_format)] | None = Field(
        default=None, description="how dates are written, such as '%d/%m/%Y' (ISO dates need none)"
    )

    part: Literal["first", "last"] | None = Field(
        default=None, description="of a whole name: 'first', or 'last', which gives the rest"
    )
    order: Literal["family_first"] | None = Field(
        default=None, description="how whole names are written, with 'part': 'family_first' as in Kovács János"
    )
    label_column: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="the column that holds the label of this number or address; the given one where blank"
    )
    policy: Policy | None = Field(
        default=None, description="what becomes of edits made in the app: source, keep_edits or fill_empty"
    )

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, raw: object) -> object:
        """A column's name, a list of columns, or a mapping."""
        if isinstance(raw, str | list):
            return {"columns": _columns(raw)}
        if not isinstance(raw, dict | FieldSpec):
            raise expected(_COLUMN_FORMS)
        if isinstance(raw, dict) and "column" in raw and "columns" in raw:
            raise expected("'column' or 'columns', not both")
        return raw

    @model_validator(mode="after")
    def _one_origin(self) -> FieldSpec:
        given = [bool(self.columns), self.template is not None, "value" in self.model_fields_set]
        if sum(given) != 1:
            raise expected("exactly one of 'column', 'template' and 'value'")
        if self.split is not None and not self.columns:
            raise expected("'split' only beside 'column'")
        if self.part is not None and not self.columns:
            raise expected("'part' only beside 'column'")
        if self.order is not None and self.part is None:
            raise expected("'order' only beside 'part'")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core)
        schema = handler.resolve_ref_schema(reference)
        full = {**schema, "properties": {**schema["properties"], "columns": schema["properties"]["column"]}}
        schema.clear()
        short: list[JsonSchemaValue] = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
        schema.update({"anyOf": [*short, full], "description": "A column, the first filled of several, or a mapping"})
        return reference


T = TypeVar("T", FieldSpec, FieldSpec | None)


def _one_value(spec: FieldSpec | None) -> FieldSpec | None:
    if spec is not None and spec.split is not None:
        raise expected("no 'split': this field holds one value")
    return _no_label(spec)


def _no_label(spec: T) -> T:
    if spec is not None and spec.label_column is not None:
        raise expected("no 'label_column': this field has no label")
    return spec


def _no_part(spec: T) -> T:
    if spec is not None and spec.part is not None:
        raise expected("no 'part': this field holds no name")
    return spec


Spec = Annotated[FieldSpec, AfterValidator(_one_value)]
LabelledSpecs = Annotated[
    dict[Annotated[str, Field(min_length=1)], Annotated[FieldSpec, AfterValidator(_no_part)]],
    BeforeValidator(_labelled),
]


class FieldsOptions(Model):
    """OpenPhone's default fields, by their own names."""

    firstName: Spec = Field(description="the column of first names (a row without one is rejected)")
    lastName: Spec | None = Field(default=None, description="the column of last names")
    company: Spec | None = Field(default=None, description="the column of companies")
    role: Spec | None = Field(default=None, description="the column of roles")
    phoneNumbers: LabelledSpecs = Field(default_factory=dict, description="phone numbers: 'label: column'")
    emails: LabelledSpecs = Field(default_factory=dict, description="e-mail addresses: 'label: column'")


def _source_label(label: str) -> str:
    if is_reserved_source(label):
        raise expected("a label that OpenPhone does not keep for itself, such as 'contact-sync'")
    return label


class MappingOptions(Model):
    """Which columns identify a row, which become fields, and what is done with values that cannot be read."""

    where: Where = Field(
        default_factory=dict, description="only the rows of which all this holds: {status: [active, vip]}"
    )
    key: Columns | None = Field(default=None, description="the column, or list of columns, that identifies a row")
    fields: FieldsOptions = Field(description="OpenPhone's default fields, each with its column")
    customFields: Annotated[
        dict[str, Annotated[FieldSpec, AfterValidator(_no_label), AfterValidator(_no_part)]],
        BeforeValidator(empty_if_none),
    ] = Field(default_factory=dict, description="custom fields, by the workspace's name or key for them")
    region: Annotated[str, BeforeValidator(languages.region)] = Field(
        default="US", description="the country of phone numbers that are written without a country code"
    )
    on_invalid: Literal["reject", "drop"] = Field(
        default="reject", description="whether a bad value rejects its row, or is left out"
    )
    policy: Policy = Field(
        default="source",
        description="whose word counts where the app and the source differ: the source's; keep_edits: what someone "
        "changed in the app since it was sent stays; fill_empty: only what is empty in the app is filled",
    )
    key_prefix: str = Field(
        default="", max_length=40, description="put before every externalId, where two syncs share a workspace"
    )
    source_label: Annotated[str, AfterValidator(_source_label)] = Field(
        default="contact-sync", min_length=1, max_length=SOURCE_MAX, description="OpenPhone's 'source'"
    )
    source_url: TemplateText | None = Field(default=None, description="a link to the record, with columns in braces")
