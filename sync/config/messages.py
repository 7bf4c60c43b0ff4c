"""Pydantic's complaints about a document, said in plain words beside the line they are about.

What was found is shown as it was written, never as it was expanded, and not at all where it may be secret.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sync.config.document import Located, Mistake, Path
from sync.config.model import Config
from sync.config.secrets import is_secret
from sync.config.shape import Fields, models_in, named, walk
from sync.mapping.options import FieldSpec
from sync.plan.options import Limit
from sync.wording import did_you_mean, nearest, one_of

Hides = Callable[[Path], bool]
"""Whether what stands at a place must not be shown."""

_MAPPING = "a mapping (lines of 'name: value' below it)"
_EXPECTED: dict[str, str] = {
    "string_type": "text (in quotes, where it is a number or true or false)",
    "string_too_short": "text that is not empty",
    "string_too_long": "text of at most {max_length} characters",
    "string_pattern_mismatch": "text of the form {pattern}",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "none_required": "nothing",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "path_type": "a path",
    "url_parsing": "an address such as https://example.com",
    "url_type": "an address such as https://example.com",
    "url_scheme": "an address that begins with {expected_schemes}",
    "union_tag_invalid": "{expected_tags}",
    "union_tag_not_found": "a mapping with {discriminator}",
    "date_from_datetime_parsing": "a date such as 2026-01-31",
    "date_parsing": "a date such as 2026-01-31",
    "time_delta_parsing": "a duration such as PT30S",
    "expected": "{text}",
}
_USERINFO = re.compile(r"://\S*@")
_PARAMETER = re.compile(
    r"([?&][^=&\s]*(?:pass|pwd|secret|token|key|sig|credential|auth)[^=&\s]*=)[^&\s]*", re.IGNORECASE
)
_VARIABLE = re.compile(r"\$\{")
_LONGEST = 60
_FEW = 5


def mistakes(error: ValidationError, root: Located, base: Path, model: type[BaseModel]) -> list[Mistake]:
    """Every complaint in ``error``, about the part of the document ``root`` that ``base`` leads to."""
    grouped: dict[Path, list[ErrorDetails]] = defaultdict(list)
    for each in error.errors(include_url=False):
        grouped[_in_document(root, base, each, model)].append(each)
    hides = partial(is_secret, base=base, model=model)
    known = {path: named(walk(model, errors[0]["loc"][:-1])[1]) for path, errors in grouped.items()}
    meant = {
        (*path[:-1], nearest(str(path[-1]), list(known[path])))
        for path, errors in grouped.items()
        if errors[0]["type"] == "extra_forbidden"
    }
    return [
        Mistake(locate(root, path).line, path, _text(path, errors, root, known[path], hides))
        for path, errors in grouped.items()
        if not (errors[0]["type"] == "missing" and path in meant)
    ]


def found(located: Located | None, path: Path, *, hidden: bool = False) -> str:
    """What stands at ``path``, for a person; the value itself only where it is not ``hidden``."""
    content = located.content if located else None
    if content is None or content == "":
        return "nothing" if content is None else "empty text"
    if isinstance(content, dict):
        if not content:
            return "an empty mapping"
        return f"a mapping of {', '.join(content)}" if len(content) <= _FEW and not hidden else "a mapping"
    if isinstance(content, list):
        return "a list" if content else "an empty list"
    if not path:
        return "plain text"
    if hidden:
        return "a value (not shown here)"
    if isinstance(content, bool):
        return str(content).lower()
    if isinstance(content, str):
        return _quoted(content)
    return str(content)[:_LONGEST]


def _quoted(text: str) -> str:
    shown = _PARAMETER.sub(r"\1…", _USERINFO.sub("://…@", text))
    shown = shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
    return f"what {shown!r} stands for" if _VARIABLE.search(text) else repr(shown)


def _elsewhere(key: str) -> str:
    """Where a key would be right that is wrong here, most likely for its indentation."""
    homes = dict.fromkeys(_homes(key, Config, ""))
    return f"; it belongs below {one_of(list(homes))}" if homes else ""


def _homes(key: str, model: type[BaseModel], path: str) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if name == key:
            yield path.removeprefix(".") or "the left margin"
        below = f"{path}.{name}" + (".NAME" if name == "syncs" else "")
        for each in models_in(info.annotation):
            if each not in (FieldSpec, Limit):
                yield from _homes(key, each, below)


def locate(root: Located, path: Path) -> Located:
    """What stands at ``path``, or the deepest part of the way to it that exists."""
    here = root
    for item in path:
        child = here.child(item)
        if child is None:
            break
        here = child
    return here


def _in_document(root: Located, base: Path, error: ErrorDetails, model: type[BaseModel]) -> Path:
    """The path as the document has it: without the names of pydantic's union branches and key marks."""
    path = list(base)
    here: Located | None = locate(root, base)
    loc, _ = walk(model, error["loc"])
    if error["type"] == "union_tag_invalid":
        loc = (*loc, error["ctx"]["discriminator"].strip("'"))
    for at, item in enumerate(loc):
        child = here.child(item) if here else None
        if child is not None or (error["type"] == "missing" and at == len(loc) - 1):
            path.append(item)
            here = child
    return tuple(path)


def _text(path: Path, errors: Sequence[ErrorDetails], root: Located, known: Fields, hides: Hides) -> str:
    first = errors[0]
    described = [info.description for info in known.get(str(path[-1] if path else ""), []) if info.description]
    if first["type"] == "missing":
        return f"is missing, expected here: {described[0] if described else 'a value'}"
    if first["type"] == "extra_forbidden":
        names = f"one of {', '.join(known)}" if known else "nothing"
        hint = did_you_mean(str(path[-1]), list(known)) or _elsewhere(str(path[-1]))
        return f"found an unknown key, expected {names}{hint}"
    located = locate(root, path)
    what = repr(path[-1]) if first["loc"][-1:] == ("[key]",) else found(located, path, hidden=hides(path))
    own_words = [str(each["ctx"]["error"]) for each in errors if each["type"] in ("value_error", "assertion_error")]
    if own_words:
        words = _discreet("; ".join(own_words), first["input"], located, path, hides)
        return words if isinstance(located.content, dict) else f"found {what}: {_it(words, what)}"
    wanted = " or ".join(dict.fromkeys(_wanted(each, located) for each in errors))
    about = f": {described[0]}" if described and wanted == _MAPPING else ""
    return f"found {what}, expected {wanted}{about}"


def _wanted(error: ErrorDetails, located: Located) -> str:
    context = error.get("ctx", {})
    words = _EXPECTED.get(error["type"])
    wanted = words.format(**context) if words else error["msg"][:1].lower() + error["msg"][1:]
    content = located.content
    if error["type"] in ("literal_error", "enum", "union_tag_invalid") and isinstance(content, str):
        wanted += did_you_mean(content, re.findall(r"'([^']*)'", wanted))
    return wanted


def _discreet(text: str, value: object, located: Located, path: Path, hides: Hides) -> str:
    """A connector's own sentence, without any value that is secret or comes from the environment."""
    for hidden in sorted(_hidden(value, located, path, hides), key=len, reverse=True):
        text = text.replace(hidden, "…").replace(repr(hidden)[1:-1], "…")
    return _USERINFO.sub("://…@", text)


def _hidden(value: object, located: Located | None, path: Path, hides: Hides) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _hidden(each, located.child(key) if located else None, (*path, key), hides)
    elif isinstance(value, str) and value and (hides(path) or (located is not None and value != located.content)):
        yield value


def _it(words: str, what: str) -> str:
    """Words that begin with the value say "it" instead: the value has just been told."""
    return f"it{words.removeprefix(what)}" if words.startswith(f"{what} ") else words
