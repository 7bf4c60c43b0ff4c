"""Documentation's examples run for real: each ``$ `` command in a shell, what it prints held against what is shown."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync.sandbox import SandboxThread
from tests.support.paths import ROOT

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"
"""A line of its own that stands for lines which the page leaves out."""

SERVERS = re.compile(r"openphone-sync (daemon|sandbox)\b")
PATIENCE = 60.0
_MARK = "==== end of a command ===="
_CHANGING = (
    (r"http://127\.0\.0\.1:\d+|https://api\.openphone\.com", "ADDRESS"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME"),
    (r"\b(in|took) \d+\.\d s\b", "in SECONDS"),
    (r"\b[0-9a-f]{24}\b", "ID"),
    (r"(/[\w.-]+)+/(?=[\w-]+\.(yaml|csv|db)\b)", "FOLDER/"),
)


@dataclass(frozen=True)
class Command:
    """One command of an example, and what the page shows of its output."""

    text: str
    shown: str

    @property
    def serves(self) -> bool:
        """Whether it runs until it is stopped."""
        return SERVERS.match(self.text) is not None


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    found = FENCE.finditer(text)
    return [textwrap.dedent(match["text"]) for match in found if match["language"] == language]


def commands(block: str) -> list[Command]:
    """The commands of an example, in their order."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert parts[0] == "", "an example begins with a command"
    split = [part.partition("\n") for part in parts[1:]]
    return [Command(text, shown) for text, _, shown in split]


def without_what_changes(text: str) -> str:
    """The text, with one word for each time, address, folder and id."""
    for pattern, word in _CHANGING:
        text = re.sub(pattern, word, text)
    return text


def shows(shown: str, printed: str, *, begins: bool = False) -> bool:
    """Whether this is what was printed (or how it ``begins``), but for what changes and what the page leaves out."""
    parts = re.split(rf"^{LEFT_OUT}\n", without_what_changes(shown), flags=re.MULTILINE)
    pattern = "(?:.*\n)*?".join(map(re.escape, parts))
    return bool((re.match if begins else re.fullmatch)(pattern, without_what_changes(printed)))


@dataclass(frozen=True)
class Console:
    """A folder to type in, with ``openphone-sync`` on the path, and a workspace in the environment."""

    folder: Path
    sandbox: SandboxThread

    def run(self, typed: Sequence[Command]) -> list[str]:
        """What each command printed, as a person at a terminal sees it."""
        lines = [f"{command.text}\n__code=$?\nprintf '{_MARK}\\n'\n(exit $__code)\n" for command in typed]
        done = subprocess.run(
            ["bash", "-c", "".join(lines)],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE * len(typed),
        )
        return [_on_a_terminal(printed) for printed in done.stdout.split(f"{_MARK}\n")[:-1]]

    @contextmanager
    def serving(self, command: Command) -> Iterator[str]:
        """Starts it, waits until it prints what is shown, gives its output; stops it, which must end with exit 0."""
        log = self.folder / "printed.txt"
        with log.open("w") as printed:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command.text}"],
                cwd=self.folder,
                env=self._environment(),
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
        try:
            end = time.monotonic() + PATIENCE
            while not shows(command.shown, log.read_text(), begins=True):
                assert time.monotonic() < end, f"{command.text} printed {log.read_text()}"
                assert process.poll() is None, f"{command.text} ended: {log.read_text()}"
                time.sleep(0.05)
            yield log.read_text()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _environment(self) -> dict[str, str]:
        program = self.folder / ".bin" / "openphone-sync"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sync "$@"\n')
        program.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENPHONE_", "GOOGLE_"))}
        return kept | {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "OPENPHONE_API_KEY": self.sandbox.key,
            "OPENPHONE_BASE_URL": self.sandbox.url,
        }


def _on_a_terminal(printed: str) -> str:
    """Without the log lines that a terminal is spared."""
    lines = printed.splitlines(keepends=True)
    return "".join(line for line in lines if not (line.startswith("{") and '"level": "info"' in line))
