"""One card as a row's cells: names, numbers by their labels, what else contacts have. Imports vobject when used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.base import Cell
from connectors.brief import brief
from connectors.vcard.labels import FIXED, label, own

BASIC = (
    *("uid", "fullName", "prefix", "firstName", "middleName", "lastName", "suffix", "nickname"),
    *("company", "department", "role", "phone", "phones", "email", "emails"),
)
LATER = ("address", "url", "birthday", "notes", "categories")
_UID = re.compile(r"^(?:[\w-]+\.)?UID(?:;[^:\r\n]*)?:(.*)$", re.IGNORECASE | re.MULTILINE)
_GROUP = re.compile(
    r"^(?:[\w-]+\.)?(?:X-ADDRESSBOOKSERVER-)?KIND(?:;[^:\r\n]*)?:\s*group\s*$", re.IGNORECASE | re.MULTILINE
)
_FEWEST_DIGITS = 5
_NAMED = re.compile(r"^(?:[\w-]+\.)?FN(?:;[^:\r\n]*)?:(.*)$", re.IGNORECASE | re.MULTILINE)


class Garbled(ValueError):
    """The card breaks the rules of cards; the message says how."""


def fixed_columns() -> tuple[str, ...]:
    """The columns that every address book has, whatever is in it."""
    phones = [f"phone_{name}" for name in FIXED]
    return (*BASIC, *phones, *(f"email_{name}" for name in ("work", "home", "other")), *LATER)


def cells_of(text: str) -> dict[str, Cell]:
    """What a card says, without the columns of which it says nothing. Raises Garbled."""
    import vobject

    try:
        properties = vobject.readOne(text, transform=True, allowQP=True).contents
    except Exception as error:  # whatever a library meets in others' files
        raise Garbled(brief(error, 120)) from None
    found: dict[str, Cell] = {"uid": identity(_text(properties, "uid")), **_names(properties), **_work(properties)}
    found |= _labelled(properties, "tel", "phone") | _labelled(properties, "email", "email")
    found |= {
        "address": _address(properties),
        "url": _text(properties, "url"),
        "birthday": _birthday(_text(properties, "bday")),
        "notes": "\n".join(filter(None, (_plain(line.value) for line in properties.get("note", [])))),
        "categories": [each for line in properties.get("categories", []) for each in _several(line.value)],
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def identity(uid: str) -> str:
    """A UID without what some programs put before it."""
    return re.sub(r"^urn:uuid:", "", uid.strip(), flags=re.IGNORECASE)


def glimpse(text: str) -> tuple[str, str]:
    """The UID and the name of a card that cannot be read, as far as they show."""
    uid, name = _UID.search(text), _NAMED.search(text)
    return identity(uid[1]) if uid else "", name[1].strip()[:60] if name else ""


def _names(properties: Mapping[str, Any]) -> dict[str, Cell]:
    name = properties["n"][0].value if properties.get("n") else None
    parts = {"prefix": "prefix", "firstName": "given", "middleName": "additional", "lastName": "family"}
    found: dict[str, Cell] = {column: _plain(getattr(name, part, "")) for column, part in parts.items()}
    found["suffix"] = _plain(getattr(name, "suffix", ""))
    found = {column: "" if _is_number(str(part)) else part for column, part in found.items()}
    full = _text(properties, "fn") or " ".join(str(each) for each in found.values() if each)
    if (
        not any(found.values())
        and any(map(str.isalpha, full))
        and full not in map(_organisation, properties.get("org", []))
    ):
        found["firstName"] = full  # version 4.0 needs no N
    elif not any(found[column] for column in ("firstName", "middleName")):
        around = f"{found['prefix']} {found['lastName']} {found['suffix']}"
        found["firstName"] = "" if full in map(_organisation, properties.get("org", [])) else _beside(around, full)
    return {**found, "fullName": full, "nickname": _text(properties, "nickname")}


def _beside(family: str, full: str) -> str:
    """The given name of a card whose N has none, as some phones write it, where FN is that and the family's."""
    words, told = full.replace(",", " ").split(), family.split()
    given = [word for word in words if word not in told]
    whole = bool(told) and len(given) + len(told) == len(words)
    return " ".join(given) if whole and not _is_number("".join(given)) else ""


def _is_number(name: str) -> bool:
    """Whether it is the number that somebody is called at: no name."""
    return sum(map(str.isdigit, name)) >= _FEWEST_DIGITS and not any(map(str.isalpha, name))


def is_group(text: str) -> bool:
    """Whether the card is a list of others, as programs keep their groups, and nobody's."""
    return _GROUP.search(text) is not None


def _organisation(line: Any) -> str:
    return next(iter(_several(line.value)), "")


def _work(properties: Mapping[str, Any]) -> dict[str, Cell]:
    organisation = _several(properties["org"][0].value) if properties.get("org") else []
    return {
        "company": organisation[0] if organisation else "",
        "department": ", ".join(filter(None, organisation[1:])),
        "role": _text(properties, "title") or _text(properties, "role"),
    }


def _labelled(properties: Mapping[str, Any], kind: str, column: str) -> dict[str, Cell]:
    """Every value under its label; the first of the person's own, and all of these, beside it. Preferred ones first."""
    written = {line.group: _plain(line.value) for line in properties.get("x-ablabel", []) if line.group}
    lines = sorted(properties.get(kind, []), key=lambda line: not _preferred(line))
    found: dict[str, list[Cell]] = {}
    mine: list[Cell] = []
    for line in lines:
        value = re.sub(r"^(?:tel|mailto):", "", _plain(line.value), flags=re.IGNORECASE)
        if not value:
            continue
        name = label(_types(line), written.get(line.group) or next(iter(line.params.get("LABEL", [])), None))
        if column == "email" and name not in ("work", "home") and name in FIXED:
            name = "other"
        found.setdefault(f"{column}_{name}", []).append(value)
        if own(name) and value not in mine:
            mine.append(value)
    single = {name: values[0] if len(values) == 1 else values for name, values in found.items()}
    return {column: mine[0] if mine else "", f"{column}s": mine, **single}


def _types(line: Any) -> list[str]:
    given = [*line.params.get("TYPE", []), *line.singletonparams]
    return [each.strip() for types in given for each in str(types).split(",") if each.strip()]


def _preferred(line: Any) -> bool:
    return "PREF" in line.params or any(each.casefold() == "pref" for each in _types(line))


def _address(properties: Mapping[str, Any]) -> str:
    if not properties.get("adr"):
        return ""
    value = properties["adr"][0].value
    names = ("box", "extended", "street", "city", "region", "code", "country")
    return ", ".join(filter(None, (_plain(getattr(value, name, "")) for name in names)))


def _birthday(text: str) -> str:
    """As an ISO date, where it is one: the basic form has no dashes. One without a year is left as it is."""
    match = re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)(?:T.*)?", text)
    return "-".join(match.groups()) if match else text


def _text(properties: Mapping[str, Any], name: str) -> str:
    return _plain(properties[name][0].value) if properties.get(name) else ""


def _several(value: Any) -> list[str]:
    parts: Sequence[Any] = value if isinstance(value, list) else [value]
    return [text for part in parts if (text := _plain(part))]


def _plain(value: Any) -> str:
    """Text of a value that may be a list of names, on lines as the card has them."""
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return text.replace("\r\n", "\n").strip()
