"""Labels that stand in a cell beside the number or address: which one a row means, what is mapped under it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.mapping import guards, nothing_words, values
from sync.mapping.fields import Bad, Cells, Field, Reading, shown
from sync.mapping.options import Policy
from sync.mapping.values import ValueUnreadable

_MARKS = re.compile(r"^[*•·\s]+|[\s:;,.]+$")
_FIRST = re.compile(r"\s*(?::::|[;,|\n])\s*")
_MORE = re.compile(r"(?<=\w)\s+(?:phone|number|telephone|e-?mail|address)$")
_SAME = {"cell": "mobile", "cellular": "mobile", "cell phone": "mobile", "cellphone": "mobile"}
_LONGEST = 40


@dataclass(slots=True)
class Labelled:
    """Label → values, as a row wants them. ``left``: labels of which nothing is known, since a value was left out."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    policies: dict[str, Policy] = field(default_factory=dict)
    changed: list[Bad] = field(default_factory=list)


def normalised(written: str) -> str:
    """``* Work`` is work, ``HOME`` is home, ``Cell Phone`` is mobile; empty where it says nothing."""
    first = _FIRST.split(_MARKS.sub("", guards.without_guard(written)), maxsplit=1)[0]
    plain = " ".join(_MARKS.sub("", first).casefold().split())
    if nothing_words.is_nothing(plain):
        return ""
    return _SAME.get(plain, _SAME.get(_MORE.sub("", plain), _MORE.sub("", plain)))[:_LONGEST].strip()


def labelled(
    group: str,
    fields: Mapping[str, Field[str]],
    readings: Mapping[str, Reading[str]],
    cells: Cells,
    policies: Mapping[str, Policy],
) -> Labelled:
    """The numbers, or addresses, of a row under the labels that it means."""
    found = Labelled()
    for given, each in fields.items():
        column, label = each.spec.label_column, given
        if column is not None:
            label = _label(column, given, cells, found)
            if f"{group}.{given}" in policies:
                found.policies[f"{group}.{label}"] = policies[f"{group}.{given}"]
        if given not in readings:
            found.left += [label] if column is not None else []
        elif column is None or readings[given].values:
            found.values[label] = tuple(dict.fromkeys((*found.values.get(label, ()), *readings[given].values)))
    return found


def _label(column: str, given: str, cells: Cells, found: Labelled) -> str:
    cell = cells.get(column)
    try:
        return normalised(values.text(cell)) or given
    except ValueUnreadable as unreadable:
        found.changed.append(Bad(column, shown(cell), f"the label {unreadable.reason}: {given!r} stands for it"))
        return given
