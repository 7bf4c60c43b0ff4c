"""What must not be shown of a configuration, by its place and by its value. Must not know what is said of it.

Each model says it of its own options: a secret is a ``SecretStr``, or is marked ``writeOnly`` (JSON Schema's word).
Where no model knows an option its name decides, and within a source its name always counts, too: a stranger's
connector may declare a key as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Secret, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from sync.config.document import Path
from sync.config.shape import names_of
from sync.redaction import secrets_in_address

_SECRETS = (Secret, SecretBytes, SecretStr)
_NAMED_SO = re.compile(
    r"key|token|secret|pass(word|wd|phrase)|credential|auth|headers$|cookie|dsn|webhook", re.IGNORECASE
)

_HARMLESS = frozenset(
    {"accept", "accept-language", "content-type", "user-agent", "grant_type", "audience", "resource", "scope"}
    | {"credentials"}  # of ours: the name of a file
)
_OURS = ("sync.", "connectors.")


def secret_values(options: BaseModel) -> Iterator[str]:
    """Every secret that these options hold: what is declared as one, and the passwords in addresses.

    A stranger's options count as secret by their names, too.
    """
    ours = type(options).__module__.startswith(_OURS)
    for name, info in type(options).model_fields.items():
        # A key may be the user of basic authentication, with no password.
        named_so = (
            name == "username" and not getattr(options, "password", True)
            if ours
            else _NAMED_SO.search(name) is not None
        )
        yield from _secrets_in(getattr(options, name), named_so or (_is_marked(info) and name not in _HARMLESS))


def _secrets_in(value: object, marked: bool) -> Iterator[str]:
    if isinstance(value, Secret | SecretStr | SecretBytes):
        plain = value.get_secret_value()
        yield from _secrets_in(plain.decode(errors="replace") if isinstance(plain, bytes) else str(plain), True)
    elif isinstance(value, str):
        if marked:
            yield value
        yield from secrets_in_address(value)
    elif isinstance(value, BaseModel):
        yield from secret_values(value)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if str(name).lower() not in _HARMLESS:
                yield from _secrets_in(each, marked)
    elif isinstance(value, Collection) and not isinstance(value, bytes):
        for each in value:
            yield from _secrets_in(each, marked)


def is_secret(path: Path, base: Path, model: type[BaseModel]) -> bool:
    """Whether what stands at ``path`` must not be shown; ``model`` describes what stands at ``base``."""
    if path[:1] == ("syncs",) and path[2:3] == ("source",) and _is_named_so(path[1:]):
        return True
    below = path[len(base) :]
    return bool(below) and _hides(model, below)


def _is_named_so(way: Path) -> bool:
    return way[-1:] != ("type",) and any(isinstance(item, str) and _NAMED_SO.search(item) for item in way)


def _hides(annotation: Any, way: Path) -> bool:
    """Whether ``way``, from a value that is annotated so, leads to a secret."""
    whole, inner = get_origin(annotation) or annotation, get_args(annotation)
    if whole is Annotated:
        return _hides(inner[0], way) or any(isinstance(each, FieldInfo) and _is_marked(each) for each in inner[1:])
    if whole in (Union, UnionType):
        return any(_hides(each, way) for each in inner)
    if not isinstance(whole, type):
        return _is_named_so(way)
    if issubclass(whole, _SECRETS):
        return True
    if issubclass(whole, BaseModel):
        return _model_hides(whole, way)
    if issubclass(whole, Mapping):
        return _hides(inner[1], way[1:]) if inner else _is_named_so(way)
    if issubclass(whole, Collection) and inner and all(isinstance(item, int) for item in way[:1]):
        return any(_hides(each, way[1:]) for each in inner)
    return _is_named_so(way)


def _model_hides(model: type[BaseModel], way: Path) -> bool:
    fields = [(names_of(name, info), info) for name, info in model.model_fields.items()]
    if not way:  # the text that stands in place of a mapping may be the secret that the mapping must hold
        return any(info.is_required() and _field_hides(info, ()) for _, info in fields)
    known = [info for names, info in fields if way[0] in names]
    return any(_field_hides(info, way[1:]) for info in known) if known else _is_named_so(way)


def _field_hides(info: FieldInfo, way: Path) -> bool:
    return _is_marked(info) or _hides(info.annotation, way)


def _is_marked(info: FieldInfo) -> bool:
    extra = info.json_schema_extra
    return isinstance(extra, dict) and extra.get("writeOnly") is True
