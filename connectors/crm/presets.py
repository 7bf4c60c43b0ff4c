"""Presets: what a vendor's API looks like, as data in ``connectors/presets/*.yaml``, under the user's own keys.

A preset has ``source`` (the configuration it stands for), ``oauth2`` (what its OAuth2 needs beside the client),
``variables`` (words the user gives, such as ``base``), and ``fields`` (properties that must be asked for by name).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

FOLDER = Path(__file__).parent.parent / "presets"


def names() -> list[str]:
    """The presets there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: object) -> dict[str, Any]:
    """A preset's data. Raises ValueError naming those there are."""
    if name not in names():
        raise ValueError(f"there is no preset {name!r}: choose one of {', '.join(names())}, or describe the API")
    data: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return data


def described_by_user(options: Any) -> frozenset[str]:
    """The columns of checked options that are the user's own, not as a preset has them."""
    if options.preset is None:
        return frozenset(options.columns)
    known = load(options.preset)["source"].get("columns", {})
    return frozenset(name for name, expression in options.columns.items() if known.get(name) != expression)


def merged(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as the user wrote it, with its preset and its short forms filled in."""
    user = dict(raw)
    if user.get("preset") is None:
        return _with_token(user, {})
    preset = load(user["preset"])
    words, extra = _take_words(user, preset), _take_fields(user, preset)
    asked = ",".join([*preset.get("fields", {}).get("always", []), *extra])
    source = _fill(preset["source"], {**words, "fields": asked})
    source["columns"] = {**source.get("columns", {}), **_field_columns(extra, preset)}
    source["params"] = {name: value for name, value in source.get("params", {}).items() if value != ""}
    oauth2 = _fill(preset.get("oauth2", {}), words)
    if isinstance(user.get("auth"), Mapping):
        source["auth"] = _auth_under(user["auth"], source.get("auth", {}), oauth2)
    return _with_token(_overlay(source, user), preset)


def _take_words(user: dict[str, Any], preset: Mapping[str, Any]) -> dict[str, str]:
    """The preset's variables, removed from the user's keys; an address the user gives makes up for missing ones."""
    words = {}
    for name, about in preset.get("variables", {}).items():
        value = user.pop(name, about.get("default"))
        if value is None and "url" not in user:
            raise ValueError(f"preset {user['preset']!r} needs {name!r}: {about['help']}")
        words[name] = str(value or "").rstrip("/")
    return words


def _take_fields(user: dict[str, Any], preset: Mapping[str, Any]) -> list[str]:
    """The fields that the user asks for beside the preset's own, removed from the user's keys."""
    about = preset.get("fields", {})
    extra = user.pop(about["key"], []) if about else []
    if not isinstance(extra, list) or not all(isinstance(field, str) for field in extra):
        raise ValueError(f"{about['key']!r} is not a list of the names of further fields")
    return [field for field in dict.fromkeys(extra) if field not in about.get("always", [])]


def _field_columns(fields: list[str], preset: Mapping[str, Any]) -> dict[str, str]:
    """A column for each field that the user asks for beside the preset's own."""
    return {field: preset["fields"]["column"].replace("{field}", field) for field in fields}


def _auth_under(user: Mapping[str, Any], plain: Mapping[str, Any], oauth2: Mapping[str, Any]) -> dict[str, Any]:
    """What the preset knows of the kind of authentication that the user chose."""
    kind = user.get("type", "oauth2" if "client_id" in user else plain.get("type"))
    if kind == "oauth2":
        return {"type": "oauth2", **oauth2}
    return dict(plain) if kind == plain.get("type") else {}


def _with_token(source: dict[str, Any], preset: Mapping[str, Any]) -> dict[str, Any]:
    """``token: …`` at the top goes where the API expects its token: a bearer token unless a preset says otherwise."""
    if "token" not in source:
        return source
    token, auth = source.pop("token"), dict(source.get("auth") or {"type": "bearer"})
    place = {"bearer": "token", "api_key": "key"}.get(auth.get("type", ""))
    if place is None or place in auth:
        raise ValueError("give 'token' or 'auth', not both")
    return {**source, "auth": {**auth, place: token}}


def _fill(value: Any, words: Mapping[str, str]) -> Any:
    """``{name}`` replaced by the user's word throughout; ``{since}`` and other braces stay.

    In a list, the item ``{fields}`` becomes an item for each field.
    """
    if isinstance(value, dict):
        return {key: _fill(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [item for inner in value for item in _filled_items(inner, words)]
    if not isinstance(value, str) or not words:
        return value
    pattern = re.compile(r"\{(" + "|".join(map(re.escape, words)) + r")\}")
    in_address = "://" in value or value.startswith("{")
    return pattern.sub(lambda m: _word(words[m[1]], in_address and m.start() > 0), value)


def _filled_items(inner: Any, words: Mapping[str, str]) -> list[Any]:
    return words["fields"].split(",") if inner == "{fields}" else [_fill(inner, words)]


def _word(word: str, quoted: bool) -> str:
    return quote(word, safe="") if quoted else word


def _overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` upon ``under``, mapping by mapping; null in a mapping of columns or headers takes the entry away."""
    result = dict(under)
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping) and not _other_kind(result[key], value):
            result[key] = _overlay(result[key], value)
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def _other_kind(under: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    """Whether the user chose another kind of paging or authentication: nothing of the preset's fits it."""
    return "type" in over and over["type"] != under.get("type")
