"""Mappings of a small sync, a row to map, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Cell, Row
from sync.config.model import SyncConfig
from sync.contacts.contact import CustomField, Desired
from sync.contacts.problem import Problem
from sync.mapping.compiler import MappingError, compile_mapping
from sync.mapping.mapper import Mapper

FIELDS = [
    CustomField("Inbound Lead", "lead", "boolean"),
    CustomField("Tags", "tags", "multi-select"),
    CustomField("Since", "since", "date"),
    CustomField("Revenue", "revenue", "number"),
    CustomField("Site", "site", "url"),
    CustomField("Note", "note", "string"),
    CustomField("Twin", "twin1", "string"),
    CustomField("Twin", "twin2", "string"),
]


def config(fields: dict[str, Any] | None = None, **options: Any) -> SyncConfig:
    """A sync whose first names are mapped, with these fields besides."""
    return SyncConfig.model_validate(
        {"source": {"type": "csv"}, "key": "id", **options, "fields": {"firstName": "first", **(fields or {})}}
    )


def mapper(fields: dict[str, Any] | None = None, **options: Any) -> Mapper:
    """The same, compiled for a workspace with ``FIELDS``."""
    return compile_mapping(config(fields, **options), FIELDS)


def row(**cells: Cell) -> Row:
    """Jane's row, with these cells besides."""
    return Row(7, {"id": "c1", "first": "Jane", **cells})


def wanted(mapping: Mapper, **cells: Cell) -> Desired:
    """The contact that such a row becomes."""
    desired, problems = mapping.desired(row(**cells), "c1")
    assert problems == []
    assert desired is not None
    return desired


def rejected(mapping: Mapper, **cells: Cell) -> list[Problem]:
    """Why such a row becomes none."""
    desired, problems = mapping.desired(row(**cells), "c1")
    assert desired is None
    assert problems
    assert {(p.row, p.external_id, p.kind) for p in problems} == {(7, "c1", "rejected")}
    return problems


def mistakes(**options: Any) -> tuple[str, ...]:
    """What is wrong with a mapping that does not compile."""
    with pytest.raises(MappingError) as caught:
        mapper(**options)
    return caught.value.messages
