"""A daemon with one sync of fifty people, after the first load; each test that decides has its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.daemons import TOKEN, DaemonProcess, until
from tests.support.visitor import Visitor

PEOPLE = 50


def rows(lasts: Mapping[str, str] = MappingProxyType({}), *, without: range = range(0)) -> str:
    """The source, without some of its people; ``lasts``: key → another last name than everybody's."""
    lines = [
        f"c{n},Ana{n},{lasts.get(f'c{n}', 'Roe')},+1415555{n:04d}" for n in range(1, PEOPLE + 1) if n not in without
    ]
    return "\n".join(["id,first,last,phone", *lines, ""])


@contextmanager
def deciding(folder: Path) -> Iterator[DaemonProcess]:
    with SandboxThread(SandboxOptions(requests_per_second=1000)) as sandbox:
        made = DaemonProcess(folder, sandbox, server=f", token: {TOKEN}", schedule="1h")
        made.write_config()
        made.config.write_text(
            made.config.read_text().replace("openphone: {", "openphone: {requests_per_second: 900, ")
        )
        made.csv.write_text(rows())
        with made:
            until(lambda: made.get("/readyz").status == 200)
            yield made


@pytest.fixture
def decided(tmp_path: Path) -> Iterator[Visitor]:
    """Somebody signed in, before a daemon that has run once."""
    with deciding(tmp_path) as daemon:
        yield Visitor(daemon).sign_in()
