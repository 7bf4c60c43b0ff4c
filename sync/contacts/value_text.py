"""A field's value as people read it: one rule for the terminal and the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sync.contacts.json_value import Json


def value_text(value: Json, item: Callable[[str, str], str]) -> str:
    """The value in a few words; empty where there is none. ``item``: how a number or address goes with its label."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(value_text(each, item) for each in value)
    if isinstance(value, Mapping):
        if value.keys() == {"name", "value"}:
            return item(str(value["name"]), str(value["value"]))
        return ", ".join(str(each) for each in value.values() if each)
    return str(value)
