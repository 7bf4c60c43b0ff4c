"""Exports of the products that offices use are set up by ``init --yes`` as a careful person would set them up.

The exports are data, in ``tests/fixtures/exports``: each says where its header is from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from sync.cli.main import main
from tests.support.init_bench import run_init
from tests.support.paths import ROOT

EXPORTS = sorted((ROOT / "tests" / "fixtures" / "exports").glob("*.yaml"))


def mapped(folder: Path) -> dict[str, Any]:
    """The fields of the written configuration, as they stand there; the key where one column is the key."""
    (sync,) = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))["syncs"].values()
    found: dict[str, Any] = {}
    for name, value in sync["fields"].items():
        if name in ("phoneNumbers", "emails"):
            found |= {f"{name}.{label}": origin for label, origin in value.items()}
        else:
            found[name] = value
    return found | {"key": sync["key"]}


@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.stem)
def test_an_export_is_set_up_as_a_person_would(path: Path, folder: Path) -> None:
    export = yaml.safe_load(path.read_text(encoding="utf-8"))
    (folder / "export.csv").write_text(export["csv"], encoding="utf-8")
    options = ["--yes", "--path", "export.csv"]
    if "key" in export:
        asked = run_init(*options)
        assert asked.exit_code == 2
        assert "A key is needed" in asked.stderr
        options += ["--key", export["key"]]
    done = run_init(*options)
    assert done.exit_code == 0, done.output
    found = mapped(folder)
    assert found == {"key": export.get("key"), **export["expects"]}
    said = "\n".join(line for line in done.stdout.splitlines() if line.strip().startswith("left out:"))
    for column in export.get("left_out", ()):
        assert repr(column) in said
    ran = CliRunner().invoke(main, ["run", "--dry-run"])
    assert ran.exit_code == 0, ran.output


def test_every_product_is_there() -> None:
    assert len(EXPORTS) >= 25
