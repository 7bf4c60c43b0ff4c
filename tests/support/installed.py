"""Connectors of another package, installed as far as Python can tell. For tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base import ENTRY_POINT_GROUP


def install(folder: Path, patched: pytest.MonkeyPatch, **connectors: str) -> Path:
    """Installs a package whose connectors are these (name: where it is found); returns the folder of its modules."""
    site = folder / "site"
    about = site / "samples-1.0.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: samples\nVersion: 1.0\n")
    entries = "".join(f"{name} = {where}\n" for name, where in connectors.items())
    (about / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{entries}")
    patched.syspath_prepend(str(site))
    return site
