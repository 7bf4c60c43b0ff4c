"""What happens to a source by accident: true rows → rows and columns as they are written, or bytes as they are saved.

Each accident says how an undisturbed run may end. Knows nothing of the product.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.workbench import COLUMNS, Row

HELD, REFUSED, FAILED, REJECTED, FINE = 4, 2, 1, 3, 0


@dataclass(frozen=True)
class Table:
    """Rows under columns, and the bytes that they are saved as."""

    rows: Sequence[Row]
    columns: Sequence[str]
    saved: Callable[[bytes], bytes] = lambda whole: whole

    def text(self) -> bytes:
        """As a CSV file."""
        out = io.StringIO()
        writer = csv.DictWriter(out, list(self.columns), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(self.rows)
        return self.saved(out.getvalue().encode())


@dataclass(frozen=True)
class Accident:
    """``happen``: the true rows, the column of the keys and who is met (positions) → the table as it is written.

    ``exits``: how an undisturbed run may end. ``files``: it can only happen to a file. ``keys``: it is one of keys.
    ``everyone``: it meets the whole source, whoever is named.
    """

    name: str
    happen: Callable[[list[Row], str, Sequence[int]], Table]
    exits: frozenset[int]
    files: bool = False
    keys: bool = False
    everyone: bool = False


COLUMNS_WRITTEN = (*COLUMNS, "code")


def spelled_anew(rows: list[Row], key: str, met: Sequence[int], spell: Callable[[str], str]) -> list[Row]:
    """The keys of those who are met, written otherwise."""
    return [{**row, key: spell(row[key])} if place in met else row for place, row in enumerate(rows)]


def _spelling(spell: Callable[[str], str]) -> Callable[[list[Row], str, Sequence[int]], Table]:
    return lambda rows, key, met: Table(spelled_anew(rows, key, met, spell), COLUMNS_WRITTEN)


def _invisible(rows: list[Row], key: str, met: Sequence[int]) -> Table:
    return Table(spelled_anew(rows, key, met, lambda text: f"\u200b{text}\u00a0"), COLUMNS_WRITTEN)


def _dragged(rows: list[Row], key: str, met: Sequence[int]) -> Table:
    """A cell dragged down over those below it."""
    first, last = min(met), min(max(met[-1], min(met) + 1), len(rows) - 1)
    if first == last:
        first -= 1
    return Table(
        [{**row, key: rows[first][key]} if first < at <= last else row for at, row in enumerate(rows)], COLUMNS_WRITTEN
    )


def _in_key(text: str) -> Callable[[list[Row], str, Sequence[int]], Table]:
    return lambda rows, key, met: Table(spelled_anew(rows, key, met, lambda _: text), COLUMNS_WRITTEN)


def _in_column(column: str, text: str) -> Callable[[list[Row], str, Sequence[int]], Table]:
    return lambda rows, key, met: Table([{**row, column: text} for row in rows], COLUMNS_WRITTEN)


def _renamed(column: str) -> Callable[[list[Row], str, Sequence[int]], Table]:
    """The source calls a column otherwise."""

    def happen(rows: list[Row], key: str, met: Sequence[int]) -> Table:
        new = f"{column} (new)"
        renamed = [{new if name == column else name: cell for name, cell in row.items()} for row in rows]
        return Table(renamed, [new if name == column else name for name in COLUMNS_WRITTEN])

    return happen


def _sorted_alone(column: str) -> Callable[[list[Row], str, Sequence[int]], Table]:
    """One column moves by a row, and the others stay."""

    def happen(rows: list[Row], key: str, met: Sequence[int]) -> Table:
        moved = [row[column] for row in rows[1:]] + [rows[0][column]]
        return Table([{**row, column: cell} for row, cell in zip(rows, moved, strict=True)], COLUMNS_WRITTEN)

    return happen


def _doubled(rows: list[Row], key: str, met: Sequence[int]) -> Table:
    """Rows pasted again below."""
    return Table([*rows, *[rows[place] for place in met]], COLUMNS_WRITTEN)


def _doubled_otherwise(rows: list[Row], key: str, met: Sequence[int]) -> Table:
    """Rows pasted again below, and edited there."""
    return Table([*rows, *[{**rows[place], "last": "Twin"} for place in met]], COLUMNS_WRITTEN)


def _most_missing(rows: list[Row], key: str, met: Sequence[int]) -> Table:
    return Table(rows[:1], COLUMNS_WRITTEN)


def _empty(rows: list[Row], key: str, met: Sequence[int]) -> Table:
    return Table([], COLUMNS_WRITTEN)


def _saved(change: Callable[[bytes], bytes]) -> Callable[[list[Row], str, Sequence[int]], Table]:
    return lambda rows, key, met: Table(rows, COLUMNS_WRITTEN, change)


def _one_line_in_another_encoding(whole: bytes) -> bytes:
    lines = whole.splitlines(keepends=True)
    return b"".join([*lines[:-1], lines[-1].decode().replace("Ana", "Ána").encode("cp1252")])


def _cut_in_a_row(whole: bytes) -> bytes:
    last = whole.rstrip().rsplit(b"\n", 1)[-1]
    return whole.rstrip()[: -len(last) // 2]


def _saved_as_mac_roman(whole: bytes) -> bytes:
    return whole.decode().encode("mac_roman")


def _key(name: str, happen: Callable[[list[Row], str, Sequence[int]], Table], *exits: int) -> Accident:
    return Accident(name, happen, frozenset(exits or [HELD]), keys=True)


def _all(name: str, happen: Callable[[list[Row], str, Sequence[int]], Table], *exits: int) -> Accident:
    return Accident(name, happen, frozenset(exits), everyone=True)


def _file(name: str, change: Callable[[bytes], bytes], *exits: int) -> Accident:
    return Accident(name, _saved(change), frozenset(exits), files=True, everyone=True)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "keys in capitals": str.upper,
    "keys as decimals": lambda text: f"{text}.0",
    "keys with zeros": lambda text: f"00{text}",
    "keys with a word before": lambda text: f"id-{text}",
    "other keys altogether": lambda text: f"x{hash_free(text)}y",
}


def hash_free(text: str) -> str:
    """Another text for each text, always the same."""
    return "".join(chr(ord("a") + ord(letter) % 26) for letter in text) + str(sum(map(ord, text)))


ACCIDENTS = (
    *(_key(name, _spelling(spell)) for name, spell in SPELLINGS.items()),
    _key("keys with invisible marks", _invisible, FINE),
    _key("a key dragged down", _dragged),
    _key("keys empty", _in_key("")),
    _key("a placeholder for keys", _in_key("TBD")),
    _key("error words for keys", _in_key("#NV")),
    _key("loading words for keys", _in_key("Loading...")),
    _all("the phones' column renamed", _renamed("phone"), REFUSED, HELD),
    _all("the names' column renamed", _renamed("last"), REFUSED, HELD),
    _all("phones emptied", _in_column("phone", ""), HELD),
    _all("addresses emptied", _in_column("email", ""), HELD),
    _all("error words for phones", _in_column("phone", "#N/A"), HELD, REJECTED),
    _all("loading words for names", _in_column("first", "Wird geladen…"), REJECTED),
    _all("one name for everybody", _in_column("first", "Name"), HELD),
    _all("names sorted alone", _sorted_alone("first"), HELD),
    _all("phones sorted alone", _sorted_alone("phone"), HELD),
    Accident("rows doubled", _doubled, frozenset([FINE])),
    Accident("rows doubled and edited", _doubled_otherwise, frozenset([REJECTED])),
    _all("most rows missing", _most_missing, HELD),
    _all("no rows", _empty, HELD),
    _file("one line in another encoding", _one_line_in_another_encoding, FAILED),
    _file("all of it in a rare encoding", _saved_as_mac_roman, FAILED, HELD),
    _file("a file cut in its last row", _cut_in_a_row, FAILED),
)
