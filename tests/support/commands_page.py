"""The tables of options of docs/commands.md, from the commands themselves.

``python -m tests.support.commands_page > page`` prints the page with every table as it must be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module

import click

from sync.cli.common import config_options
from sync.cli.main import COMMANDS
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "commands.md"
COMMON = "Common options"
_HEAD = ["| option | default | does |", "| --- | --- | --- |"]
_TABLE = re.compile(r"^\| option \|.*\n(?:\|.*\n)+", re.MULTILINE)


def options(command: click.Command) -> list[click.Option]:
    """The options of a command, ``--help`` aside."""
    return [param for param in command.params if isinstance(param, click.Option)]


def common() -> list[click.Option]:
    """What every command takes that reads a configuration."""
    return options(click.command("common")(config_options(lambda: None)))


def command(name: str) -> click.Command:
    """A command of ours, or a group of them: ``run``, ``state rename``, ``state``."""
    found: object = import_module(f"sync.cli.{name.replace(' ', '.')}").command
    assert isinstance(found, click.Command)
    return found


def _of_its_group(name: str) -> list[str]:
    """The commands of a group, or the command itself."""
    found = command(name)
    return (
        [f"{name} {one}" for one in found.list_commands(click.Context(found))]
        if isinstance(found, click.Group)
        else [name]
    )


NAMES = tuple(name for top in COMMANDS for name in _of_its_group(top))
"""Every command that does something by itself, in the order of help."""


def own_options(name: str) -> list[click.Option]:
    """The options of a command that are not common."""
    known = {option.name for option in common()}
    return [option for option in options(command(name)) if option.name not in known]


def takes_common(name: str) -> bool:
    """Whether a command takes the common options, which it does as a whole or not at all."""
    return {option.name for option in common()} <= {option.name for option in options(command(name))}


def table(listed: Sequence[click.Option]) -> str:
    """Options as the page shows them; nothing where there are none."""
    if not listed:
        return ""
    rows = [f"| {_name(option)} | {_default(option)} | {option.help} |" for option in listed]
    return "\n".join([*_HEAD, *rows, ""])


def sections(text: str) -> dict[str, str]:
    """What stands below each heading of the page."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def renewed(text: str) -> str:
    """The page with its tables made anew."""
    for name, part in sections(text).items():
        if name == COMMON:
            made = table(common())
        elif name in NAMES:
            made = table(own_options(name))
        else:
            continue
        assert len(_TABLE.findall(part)) == bool(made), f"{name}: one table where there are options, and none elsewhere"
        text = text.replace(part, _TABLE.sub(lambda _, made=made: made, part))  # type: ignore[misc]
    return text


def _name(option: click.Option) -> str:
    names = [f"`{name}`" for name in option.opts]
    if not option.is_flag:
        names[-1] = f"`{option.opts[-1]} {_value(option)}`"
    return ", ".join(names)


def _value(option: click.Option) -> str:
    """What stands after an option, as ``--help`` says it."""
    if isinstance(option.type, click.Choice):
        words = "|".join(option.type.choices)
    elif isinstance(option.type, click.IntRange) or option.type is click.FLOAT:
        words = "N"
    else:
        words = option.metavar or option.type.name.upper()
    return words.replace("|", r"\|")


def _default(option: click.Option) -> str:
    default = option.default
    variable = f" or `${option.envvar}`" if isinstance(option.envvar, str) else ""
    if option.is_flag or not isinstance(default, str | int | float):
        return variable
    shown = default if isinstance(default, str) else f"{default:g}"
    return f"`{shown}`{variable}"


if __name__ == "__main__":
    print(renewed(PAGE.read_text(encoding="utf-8")), end="")
