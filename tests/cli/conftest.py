"""What the tests of ``init`` are given: a workspace, and the folder that a person works in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.sandbox import SandboxThread
from tests.support.init_bench import Init, run_init, working_folder


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> Path:
    return working_folder(tmp_path, sandbox, monkeypatch)


@pytest.fixture
def init(folder: Path) -> Init:
    """Runs the command in the folder."""
    return run_init
