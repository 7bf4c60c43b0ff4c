"""What stands in deploy/, read as its tests need it, and the tools that they ask for."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sync.cli.main import COMMANDS
from tests.support.paths import ROOT

REPOSITORY = ROOT
DEPLOY = REPOSITORY / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
SYSTEMD = DEPLOY / "systemd"
CI = bool(os.environ.get("CI"))
SECRETS = {"OPENPHONE_API_KEY": "the-key"}


def absent(what: str) -> None:
    """Skip the test where a tool is missing; in CI it must be there."""
    if CI:
        pytest.fail(f"{what}: .ci/run installs it")
    pytest.skip(what)


def program(name: str) -> str:
    """A command's path: beside this Python, or on the machine."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        absent(f"there is no {name}")
    return str(found)


def documents(path: Path) -> list[Any]:
    """The documents of a YAML file."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Stage:
    """The last stage of the Dockerfile, and what the build copies from the repository."""

    instructions: list[tuple[str, str]]
    copied: list[str]

    def last(self, instruction: str) -> str:
        return [text for name, text in self.instructions if name == instruction][-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = [word for name, text in self.instructions if name == "ENV" for word in shlex.split(text)]
        return dict(pair.split("=", 1) for pair in pairs)

    def json(self, instruction: str) -> list[str]:
        """What a CMD or ENTRYPOINT in its exec form says."""
        words: list[str] = json.loads(self.last(instruction))
        return words


def dockerfile() -> Stage:
    """What the Dockerfile says."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text))
    instructions = [(line.split()[0], line.split(None, 1)[1].strip()) for line in joined.splitlines() if line.strip()]
    stages = [number for number, (name, _) in enumerate(instructions) if name == "FROM"]
    copies = [shlex.split(text) for name, text in instructions[: stages[-1]] if name == "COPY"]
    return Stage(instructions[stages[-1] :], [word for words in copies for word in words[:-1]])


def lines_of(path: Path) -> list[str]:
    """The lines of a file that say something: no blank ones, no comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def must_be_a_command(command: str) -> None:
    """What is started in deploy/ is a command of the program."""
    if command == "daemon" and "daemon" not in COMMANDS:
        pytest.skip("this version has no daemon yet")
    assert command in COMMANDS
