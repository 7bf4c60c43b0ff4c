"""From ``config.yaml`` to a checked configuration, or to every mistake in it at once, each with its line.

Reads three files (the configuration, the ``.env`` beside it, one that holds the key) and nothing else: whether a
source, its columns or the workspace exist is for ``check`` to find out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from pydantic import BaseModel, ValidationError

from connectors import base
from sync.config import document as yaml_document
from sync.config import key_file, messages
from sync.config.document import Located, Mistake, YamlError
from sync.config.model import Config, LoadedConfig, SyncConfig
from sync.config.secrets import is_secret
from sync.wording import did_you_mean, one_of

_REFERENCE = re.compile(r"(?P<escaped>\$\$\{)|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?")
_NOT_SET = "https://not-set.invalid/"
"""Stands for a secret that is not set: long enough for a token, an address for whoever wants one."""
_NO_FILE = "create one with 'openphone-sync init', copy config.example.yaml, or name another with -c FILE"


class ConfigError(Exception):
    """The configuration cannot be used (exit 2). Its text is the whole message, a line for each mistake."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


def load(path: Path, environ: Mapping[str, str], *, to_look_back: bool = False) -> LoadedConfig:
    """The configuration in ``path``. ``to_look_back`` as in ``loads``. Raises ConfigError with every mistake."""
    return loads(_read(path), path, environ, to_look_back=to_look_back)


def loads(text: str, path: Path, environ: Mapping[str, str], *, to_look_back: bool = False) -> LoadedConfig:
    """The configuration ``text``, as if it stood in ``path``. Raises ConfigError with every mistake.

    ``to_look_back``: only the state is to be read. Secrets that are not set are no mistakes then, and have a value that
    opens nothing; a source that cannot be had without one is left out.
    """
    variables = environment(path.absolute().parent, environ)
    try:
        root, noted = yaml_document.parse(text)
    except YamlError as error:
        raise ConfigError([_line(path, Mistake(error.line, (), error.text))]) from None
    if root is None:
        raise ConfigError([f"{path}: found an empty file, expected 'openphone' and 'syncs': {_NO_FILE}"])
    reading = _Document(root, variables, noted, path.absolute().parent, to_look_back)
    config, sources = reading.config(), reading.sources()
    if reading.mistakes or config is None:
        ordered = sorted(dict.fromkeys(reading.mistakes), key=lambda mistake: mistake.line or 0)
        raise ConfigError([_line(path, mistake) for mistake in ordered])
    whole = path.absolute()
    return LoadedConfig(config=config, path=whole, folder=whole.parent, sources=sources)


def environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that a configuration in ``folder`` sees: ``.env``, and over it the environment."""
    path = folder / ".env"
    try:
        values = dotenv_values(path, interpolate=False)
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: found bytes that are not UTF-8, expected lines of NAME=value"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    return {**{name: value for name, value in values.items() if value is not None}, **environ}


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError([f"{path}: there is no such file: {_NO_FILE}"]) from None
    except IsADirectoryError:
        text = f"{path}: found a folder, expected a file, such as -c {path / 'config.yaml'}"
        raise ConfigError([text]) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no file's name"
        raise ConfigError([f"{path}: cannot be read: {reason}"]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: found bytes that are not UTF-8, expected text saved as UTF-8"]) from None


def _line(path: Path, mistake: Mistake) -> str:
    line = f":{mistake.line}" if mistake.line else ""
    return f"{path}{line}: {_dotted(mistake.path)}{mistake.text}"


def _dotted(path: yaml_document.Path) -> str:
    dotted = "".join(f"[{item}]" if isinstance(item, int) else f".{item}" for item in path)
    return f"{dotted.removeprefix('.')}: " if path else ""


@dataclass(slots=True)
class _Document:
    """One document on its way to a configuration; ``mistakes`` grow as it goes."""

    root: Located
    variables: Mapping[str, str]
    mistakes: list[Mistake]
    folder: Path
    to_look_back: bool
    unset: set[yaml_document.Path] = field(init=False)
    missing: set[yaml_document.Path] = field(default_factory=set)
    """Where a secret is not set that nobody needs now."""
    document: object = field(init=False)

    def __post_init__(self) -> None:
        self.unset = {at.path for at in self.mistakes if messages.locate(self.root, at.path).content is None}
        self.document = self._with_key(self._expanded(self.root, ()))

    def _with_key(self, document: object) -> object:
        """The document with the key that stands in a file of its own."""
        section = document.get("openphone") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(section, dict):
            return document
        keyed, wrong = key_file.with_key(section, self.folder)
        if wrong and self.to_look_back and "api_key" not in section:
            keyed, wrong = {**section, "api_key": _NOT_SET}, []
        for each in wrong:
            self._add(each.path, each.text)
        return {**document, "openphone": keyed}

    def config(self) -> Config | None:
        """The document as a configuration, or None with the mistakes noted."""
        if not isinstance(self.document, dict):
            text = f"found {messages.found(self.root, ())}, expected 'openphone:' and 'syncs:' at the left margin"
            self.mistakes.append(Mistake(self.root.line, (), text))
            return None
        try:
            return Config.model_validate(self.document)
        except ValidationError as error:
            self._note(messages.mistakes(error, self.root, (), Config))
            return None

    def sources(self) -> dict[str, BaseModel]:
        """Each sync's connector options, as far as they are right."""
        right: dict[str, BaseModel] = {}
        syncs = self.document.get("syncs") if isinstance(self.document, dict) else None
        for name, sync in syncs.items() if isinstance(syncs, dict) else ():
            source = sync.get("source") if isinstance(sync, dict) else None
            at = ("syncs", name, "source")
            if any(each[: len(at)] == at for each in self.missing):
                continue
            options = self._options(source, at) if isinstance(source, dict) else None
            if options is not None:
                right[name] = options
            if isinstance(sync, dict) and sync.get("key") is None and not _identifies_rows(source, options):
                text = f"is missing, expected here: {SyncConfig.model_fields['key'].description}"
                self._add(("syncs", name, "key"), text)
        return right

    def _options(self, source: dict[str, object], path: yaml_document.Path) -> BaseModel | None:
        connector = self._connector(source.get("type"), (*path, "type"))
        if connector is None:
            return None
        declares = connector.Options.model_fields
        given = {key: value for key, value in source.items() if key != "type" or "type" in declares}
        try:
            return connector.Options.model_validate(given)
        except ValidationError as error:
            self._note(messages.mistakes(error, self.root, path, connector.Options))
            return None

    def _connector(self, kind: object, path: yaml_document.Path) -> type[base.Connector] | None:
        names = base.names()
        what = messages.found(messages.locate(self.root, path), path) if kind is not None else "nothing"
        if not isinstance(kind, str) or kind not in names:
            hint = did_you_mean(kind, names) if isinstance(kind, str) else ""
            self._add(path, f"found {what}, expected {one_of(names)}{hint}")
            return None
        try:
            return base.load(kind)
        except ImportError as error:
            needed = f"the package {error.name!r}" if error.name else "a package"
            self._add(path, f"found {what}, which needs {needed}, expected it to be installed beside openphone-sync")
        except AttributeError:
            self._add(path, f"found {what}, whose connector is broken, expected {one_of(names)}")
        return None

    def _expanded(self, located: Located, path: yaml_document.Path) -> object:
        """The plain value with ``${NAME}`` replaced; what a variable holds stays text, whatever it looks like."""
        content = located.content
        if isinstance(content, dict):
            return {key: self._expanded(value, (*path, key)) for key, value in content.items()}
        if isinstance(content, list):
            return [self._expanded(value, (*path, at)) for at, value in enumerate(content)]
        if isinstance(content, str) and "${" in content:
            return _REFERENCE.sub(lambda match: self._value(match, located, path), content)
        return content

    def _value(self, match: re.Match[str], located: Located, path: yaml_document.Path) -> str:
        if match["escaped"]:
            return "${"
        name, default = match["name"], match["default"]
        if name is None:
            text = "found '${' without a variable's name, expected ${NAME} or ${NAME:-default} (or $${ for the text)"
            self.mistakes.append(Mistake(located.line, path, text))
            self.unset.add(path)
            return ""
        value = self.variables.get(name)
        if default is not None:
            return value or default
        if not value and self.to_look_back and (path[2:3] == ("source",) or is_secret(path, (), Config)):
            self.missing.add(path)
            return _NOT_SET
        if value is None:
            text = f"found ${{{name}}}, which is not set, expected it in the environment or in .env beside the file"
            self.mistakes.append(Mistake(located.line, path, text))
            self.unset |= {path, path[:-1]} if path and isinstance(path[-1], int) else {path}
        return value or ""

    def _add(self, path: yaml_document.Path, text: str) -> None:
        self._note([Mistake(messages.locate(self.root, path).line, path, text)])

    def _note(self, more: list[Mistake]) -> None:
        """Adds mistakes, except about values that are known to be none: what is not set is not also empty."""
        self.mistakes += [mistake for mistake in more if mistake.path not in self.unset]


def _identifies_rows(source: object, options: BaseModel | None) -> bool:
    """Whether the connector writes contact ids back, so that a row needs no key of its own."""
    described = source if options is None else options.model_dump(by_alias=True)
    written = described.get("write_back") if isinstance(described, dict) else None
    return isinstance(written, dict) and bool(written.get("contactId"))
