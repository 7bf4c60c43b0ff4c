"""How pydantic's models describe a document: which fields may stand at a place in it, by which names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from sync.config.document import Path

Fields = dict[str, list[FieldInfo]]
"""Fields by every name that a document may give them."""


def walk(model: type[BaseModel], loc: Path) -> tuple[Path, list[type[BaseModel]]]:
    """Follows ``loc`` through the models: the way without the tags of unions, and the models that it ends at."""
    models, path = [model], list[str | int]()
    for item in loc:
        tagged = [each for each in models if _is_told_by(each, item)] if len(models) > 1 else []
        if tagged:
            models = tagged
            continue
        path.append(item)
        infos = named(models).get(str(item), [])
        if infos:
            models = [each for info in infos for each in models_in(info.annotation)]
    return tuple(path), models


def _is_told_by(model: type[BaseModel], tag: str | int) -> bool:
    """Whether ``tag`` is what tells this model from the others of its union."""
    annotations = [info.annotation for info in model.model_fields.values()]
    return any(get_origin(each) is Literal and get_args(each) == (tag,) for each in annotations)


def named(models: Sequence[type[BaseModel]]) -> Fields:
    """The fields of all these models."""
    fields: dict[str, list[FieldInfo]] = defaultdict(list)
    for model in models:
        for name, info in model.model_fields.items():
            for written in written_as(name, info):
                fields[written].append(info)
    return fields


def names_of(name: str, info: FieldInfo) -> set[str]:
    """Every name that a document may give a field, the model's own included."""
    return {name, *written_as(name, info)}


def written_as(name: str, info: FieldInfo) -> list[str]:
    """The names that a document is expected to give a field."""
    alias = info.validation_alias or info.alias
    if isinstance(alias, AliasChoices):
        return [choice for choice in alias.choices if isinstance(choice, str)]
    return [alias if isinstance(alias, str) else name]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation speaks of, however deep."""
    if isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from models_in(each)
