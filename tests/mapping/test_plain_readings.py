"""A cell that is read the short way is read as it is the long way, whatever is in it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.contacts.contact import CustomField
from sync.mapping.compiler import compile_mapping
from sync.mapping.options import MappingOptions

MAPPER = compile_mapping(
    MappingOptions.model_validate(
        {
            "key": "id",
            "fields": {
                "firstName": "a",
                "lastName": {"column": "a", "part": "last"},
                "company": {"column": "a", "default": "none"},
                "role": {"column": "a", "map": {"VIP": "Gold"}},
                "phoneNumbers": {"mobile": "a", "work": {"column": "a", "split": ";"}},
                "emails": {"work": "a"},
            },
            "customFields": {"tags": "a", "day": "a", "yes": "a", "many": {"columns": ["b", "a"]}},
        }
    ),
    [
        CustomField("tags", "tags", "multi-select"),
        CustomField("day", "day", "date"),
        CustomField("yes", "yes", "boolean"),
        CustomField("many", "many", "string"),
    ],
)
FIELDS = [*MAPPER.scalars.values(), *MAPPER.phone_numbers.values(), *MAPPER.emails.values()]
FIELDS += [*MAPPER.custom_fields.values()]  # type: ignore[list-item]  # they hold more kinds of values
WORDS = ["VIP", "n/a", "-", "+1 415 555 0101", "x123", "415-555-0101", "ana@example.com", "'", '="5"', "#N/A", ";", ","]
CELLS = st.text(max_size=12) | st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(CELLS | st.none() | st.booleans() | st.integers(0, 10**10) | st.lists(CELLS, max_size=2))
def test_both_ways_read_the_same(cell: object) -> None:
    for field in FIELDS:
        cells = {"a": cell, "b": None}
        assert field.reading(cells) == field.reading_in_full(cells)  # type: ignore[arg-type]  # any cell
