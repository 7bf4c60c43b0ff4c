"""A workbook from an address, through a whole run: exactly what it shows, and what its owner should know."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from sync.sandbox import SandboxOptions, SandboxThread
from tests.support import workbooks
from tests.support.paths import ROOT
from tests.support.web import Page, WebServer


def test_a_workbook_from_an_address_is_synced_as_it_is_shown(tmp_path: Path) -> None:
    rows: workbooks.Cells = [["id", "first_name", "phone"], [7, "Ana", 4155550101], [8, "Bo", 4155550102]]
    book = workbooks.xls(tmp_path / "a.xls", rows, {(1, 0): "00000", (2, 0): "00000"}, hidden=2).read_bytes()
    with SandboxThread(SandboxOptions()) as sandbox, WebServer(lambda asked: Page(book)) as server:
        sync = {
            "source": {"type": "excel", "path": f"{server.url}/export/a.xls?token=hidden-word"},
            "key": "id",
            "fields": {"firstName": "first_name", "phoneNumbers": {"mobile": "phone"}},
            "region": "US",
        }
        openphone = {"api_key": sandbox.key, "base_url": sandbox.url}
        (tmp_path / "config.yaml").write_text(yaml.safe_dump({"openphone": openphone, "syncs": {"people": sync}}))
        command = [sys.executable, "-m", "sync", "run", "-c", str(tmp_path / "config.yaml"), "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert sorted(contact["externalId"] for contact in sandbox.contacts.values()) == ["00007", "00008"]
    warnings = json.loads(done.stdout)["syncs"][0]["warnings"]
    assert [(each["kind"], "(row 3)" in each["text"]) for each in warnings] == [("source", True)]
    assert "hidden-word" not in done.stdout + done.stderr
