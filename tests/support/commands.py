"""The command line's commands, run in this process or as a program of their own."""

from __future__ import annotations

import sys

from click.testing import CliRunner

from sync.cli.main import main
from tests.support.workbench import Result, Workbench, hurried

PROGRAM = [sys.executable, "-m", "sync"]


def command(bench: Workbench, name: str, *options: str) -> Result:
    """A command on the bench's configuration, without the waits of a real service."""
    words = [name, *options[:1]] if name == "state" else [name]
    arguments = [*words, "-c", str(bench.config), *options[len(words) - 1 :]]
    done = CliRunner(catch_exceptions=False).invoke(main, arguments, obj=hurried(0.1))
    return Result(done.exit_code, done.stdout, done.stderr)


def in_json(bench: Workbench, name: str, *options: str) -> Result:
    """The same, with a document for an answer."""
    return command(bench, name, *options, "--output", "json")
