"""YAML in which every value remembers its line, and every mistake is said in plain words.

Knows nothing of what a configuration means. Reads what PyYAML's safe loader reads, with two differences that
spare people surprises: keys are always the text that was written, and only ``true`` and ``false`` are booleans
(so that Norway is ``NO`` and a date is not turned into an object). Messages never quote values: they may be secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import yaml

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]

MAX_VALUES = 100_000
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Located:
    """A value and its line: the line of its key where it has one."""

    line: int
    content: Scalar | dict[str, Located] | list[Located]

    def child(self, item: str | int) -> Located | None:
        """The value under a key or an index, or None."""
        if isinstance(self.content, dict) and isinstance(item, str):
            return self.content.get(item)
        if isinstance(self.content, list) and isinstance(item, int) and 0 <= item < len(self.content):
            return self.content[item]
        return None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: where it stands and what it is."""

    line: int | None
    path: Path
    text: str


class YamlError(Exception):
    """Not YAML at all: nothing after this mistake can be trusted."""

    def __init__(self, line: int | None, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


_PLAIN_WORDS: tuple[tuple[str, str], ...] = (
    (r"found character '\\t'", "found a tab, expected spaces: YAML is indented with spaces only"),
    ("could not find expected ':'", "found a line without a colon, expected 'name: value'"),
    ("mapping values are not allowed", "found a colon that cannot stand here, expected the line to be indented "
     "like its neighbours, or the value to be in quotes"),
    (r"<block end>|unindent", "found a line that does not fit those above it, expected the same indentation as its "
     "neighbours, and nothing after a closing quote"),
    ("end of stream", "found quotes that are not closed, expected a closing quote"),
    ("expected the node content", "found a bracket or a comma in place of a value, expected a value"),
    ("expected ',' or", "found a bracket or brace that is not closed, expected ',' or the closing one"),
    ("undefined alias", "found a value that begins with '*' and so refers to an anchor that does not exist, "
     "expected it to be in quotes"),
    ("but found another document", "found a second document after '---', expected only one"),
    ("cannot start any token", "found a character that cannot begin a value, expected the value to be in quotes"),
    ("unknown escape", "found a backslash that means nothing in double quotes, expected single quotes"),
    ("alphabetic or numeric character", "found a value that begins with '*' or '&', expected it to be in quotes"),
)  # fmt: skip
_NOT_YAML = "found something that is not valid YAML, expected 'name: value' lines: check indentation, quotes, brackets"


def parse(text: str) -> tuple[Located | None, list[Mistake]]:
    """The document (None where it is empty) and the mistakes that do not hinder reading the rest.

    Raises YamlError where the text is not YAML.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            return None, []
        builder = _Builder()
        return builder.build(node, (), node.start_mark.line + 1), builder.mistakes
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, "found a control character, expected text") from None
    except yaml.MarkedYAMLError as error:
        raise _plainly(error) from None
    except RecursionError:
        raise YamlError(None, "found values nested too deeply, expected a few levels") from None


def _plainly(error: yaml.MarkedYAMLError) -> YamlError:
    opened = re.search("quoted scalar|flow", error.context or "") is not None
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    problem = f"{error.problem or ''} {error.context or ''}"
    words = next((words for pattern, words in _PLAIN_WORDS if re.search(pattern, problem)), _NOT_YAML)
    return YamlError(mark.line + 1 if mark else None, words)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the few plain types of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own name


for _name, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)?(?:\.[0-9]+|\.?[0-9]*[eE][-+]?[0-9]+)|[-+]?\.inf|\.nan", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("merge", r"<<", "<"),
):
    _firsts: Sequence[str] = [*_first, ""] if _name == "null" else list(_first)
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _firsts)


@dataclass(slots=True)
class _Builder:
    """Turns PyYAML's nodes into located values, collecting mistakes on the way."""

    mistakes: list[Mistake] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)
    _count: int = 0

    def build(self, node: yaml.Node, path: Path, line: int) -> Located:
        self._count += 1
        if self._count > MAX_VALUES:
            raise YamlError(line, f"found more than {MAX_VALUES:,} values, expected a configuration")
        if isinstance(node, yaml.ScalarNode):
            return Located(line, self._scalar(node, path, line))
        if id(node) in self._open:
            raise YamlError(line, "found a reference to the value that it stands in, expected an anchor further up")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return Located(line, self._mapping(node, path))
            assert isinstance(node, yaml.SequenceNode)
            items = enumerate(node.value)
            return Located(line, [self.build(item, (*path, at), item.start_mark.line + 1) for at, item in items])
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Located]:
        own: dict[str, Located] = {}
        merged: dict[str, Located] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                text = "found a list or a mapping as a name, expected text: put what begins with a brace in quotes"
                self.mistakes.append(Mistake(line, path, text))
            elif key.tag == _TAG + "merge":
                merged = {**self._merged(value, path, line), **merged}
            elif key.value in own:
                text = f"found a second time, expected once: it already stands in line {own[key.value].line}"
                self.mistakes.append(Mistake(line, (*path, key.value), text))
            else:
                own[key.value] = self.build(value, (*path, key.value), line)
        return {**merged, **own}

    def _merged(self, node: yaml.Node, path: Path, line: int) -> dict[str, Located]:
        """What ``<<`` brings in: one mapping, or several of which the first counts most."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Located] = {}
        for each in nodes:
            if not isinstance(each, yaml.MappingNode):
                self.mistakes.append(Mistake(line, (*path, "<<"), "found a plain value, expected a mapping to merge"))
                continue
            content = self.build(each, path, line).content
            assert isinstance(content, dict)
            merged = {**content, **merged}
        return merged

    def _scalar(self, node: yaml.ScalarNode, path: Path, line: int) -> Scalar:
        kind, text = node.tag.removeprefix(_TAG), str(node.value)
        try:
            return _CONSTRUCT[kind](text)
        except (KeyError, ValueError):
            words = "found a value that begins with '!', expected it to be in quotes"
            self.mistakes.append(Mistake(line, path, words if kind != "int" else "found a number that is too long"))
            return None


def _null(text: str) -> None:
    return None


def _bool(text: str) -> bool:
    return text.lower() == "true"


def _float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_CONSTRUCT: dict[str, Callable[[str], Scalar]] = {
    "str": str,
    "merge": str,
    "bool": _bool,
    "int": int,
    "float": _float,
    "null": _null,
}
