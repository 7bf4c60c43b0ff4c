"""A stranger's connector, the example of the documentation: installed beside ours, it works by its name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from connectors import base
from sync.sandbox import SandboxOptions, SandboxThread
from tests.support.paths import ROOT

EXAMPLE = ROOT / "docs" / "example-connector"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the example package is installed in, as pip does it."""
    folder = tmp_path_factory.mktemp("stranger")
    shutil.copytree(EXAMPLE, folder / "source")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder / "site")]
    done = subprocess.run([*command, str(folder / "source")], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"pip could not install the example here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    return folder / "site"


def python(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with the installed example beside our own packages."""
    environment = {**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=installed.parent, env=environment, check=False
    )


def test_it_is_unknown_until_it_is_installed() -> None:
    assert "json_lines" not in base.names()
    with pytest.raises(KeyError):
        base.load("json_lines")


def test_it_is_found_by_its_name_beside_ours(installed: Path) -> None:
    script = "from connectors import base; print(base.names(), base.load('json_lines').__name__)"
    done = python(installed, "-c", script)
    assert (
        done.stdout.strip()
        == "['crm', 'csv', 'excel', 'google_sheets', 'json_lines', 'sql', 'vcard'] JsonLinesConnector"
    ), done.stderr


def test_its_own_tests_pass_with_the_contract_that_we_ship(installed: Path) -> None:
    done = python(installed, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(installed.parent / "source" / "tests"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_it_syncs_by_its_name(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "people.jsonl").write_text('{"id": "c1", "name": "Jane", "phones": ["+14155550101"]}\n')
    with SandboxThread(SandboxOptions()) as sandbox:
        sync = {
            "source": {"type": "json_lines", "path": "people.jsonl"},
            "key": "id",
            "fields": {"firstName": "name", "phoneNumbers": {"primary": "phones"}},
        }
        openphone = {"api_key": sandbox.key, "base_url": sandbox.url}
        (tmp_path / "config.yaml").write_text(yaml.safe_dump({"openphone": openphone, "syncs": {"people": sync}}))
        done = python(installed, "-m", "sync", "run", "-c", str(tmp_path / "config.yaml"))
        assert done.returncode == 0, done.stdout + done.stderr
        [jane] = sandbox.contacts.values()
    assert jane["externalId"] == "c1"
    assert jane["defaultFields"]["phoneNumbers"][0]["value"] == "+14155550101"


def test_its_types_fulfil_the_protocol(installed: Path) -> None:
    pytest.importorskip("mypy")
    script = installed.parent / "typed.py"
    script.write_text(
        "from pathlib import Path\n"
        "from connectors.base import Connector, Context\n"
        "from openphone_sync_json_lines import JsonLinesConnector, JsonLinesOptions\n"
        "source: Connector = JsonLinesConnector(JsonLinesOptions(path=Path('x')), Context(Path()))\n"
    )
    sources = [str(script), str(installed.parent / "source" / "src")]
    done = python(installed, "-m", "mypy", "--strict", "--cache-dir", str(installed.parent / "cache"), *sources)
    assert done.returncode == 0, done.stdout + done.stderr


def test_our_own_use_nothing_that_a_strangers_could_not() -> None:
    """Connectors import nothing of ``sync``, and of each other only what they share with everyone."""
    for path in (ROOT / "connectors").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) sync\b", path.read_text(), re.MULTILINE), path


def test_the_documentation_shows_the_example_as_it_is() -> None:
    shown = (ROOT / "docs" / "connectors.md").read_text()
    source = (EXAMPLE / "src" / "openphone_sync_json_lines" / "__init__.py").read_text()
    assert source.strip() in shown
    assert (EXAMPLE / "pyproject.toml").read_text().split("# The name")[1].split("[tool")[0].strip() in shown
