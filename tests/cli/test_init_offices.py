"""Files of offices that ``init`` had not seen: each contact comes out as a person would have set it up.

The files are data, in ``tests/fixtures/offices``, with the contacts that a person makes of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from sync.cli.main import main
from tests.support.init_bench import run_init
from tests.support.paths import ROOT

FIELDS = ("firstName", "lastName", "company", "role")
OFFICES = [
    office
    for path in sorted((ROOT / "tests" / "fixtures" / "offices").glob("*.yaml"))
    for office in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def would_be_made() -> dict[str, dict[str, Any]]:
    """What a dry run says of each contact: by its key, the fields that this is about."""
    ran = CliRunner().invoke(main, ["run", "--dry-run", "--output", "json"])
    assert ran.exit_code in (0, 3), ran.output
    (sync,) = json.loads(ran.stdout)["syncs"]
    made = {}
    for change in sync["changes"]:
        new = {name: each["to"] for name, each in change["fields"].items()}
        found = {name: new.get(name) or "" for name in FIELDS}
        for group in ("phoneNumbers", "emails"):
            found[group] = sorted(value["value"] for value in new.get(group) or [])
        made[change["external_id"]] = found
    return made


def expected(office: dict[str, Any], made: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a person makes of the file; what it leaves open is as it came out."""
    wanted = {}
    for key, contact in office["contacts"].items():
        if key.startswith("*"):
            key = next((k for k, each in made.items() if each["firstName"] == contact["firstName"]), key)
        wanted[key] = {**made.get(key, {}), **contact}
    return wanted


@pytest.mark.parametrize("office", OFFICES, ids=lambda office: office["name"])
def test_a_file_is_set_up_as_a_person_would(office: dict[str, Any], folder: Path) -> None:
    (folder / "list.csv").write_text(office["csv"], encoding="utf-8")
    options = ["--yes", "--path", "list.csv"]
    done = run_init(*options)
    if done.exit_code == 2 and "asked" in office:
        done = run_init(*options, "--key", office["asked"])
    assert done.exit_code == 0, done.output
    (sync,) = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))["syncs"].values()
    assert sync["key"] in office["key"]
    made = would_be_made()
    assert made == expected(office, made)


def test_there_are_many() -> None:
    assert len(OFFICES) > 100
