"""The options of a Google sheet, the documentation's among them, and that to know them imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from connectors import google_sheets
from connectors.google_sheets import GoogleSheetsOptions, WriteBack
from tests.support.google_sheet_bench import ALL, ID
from tests.support.paths import ROOT


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"spreadsheet": "https://example.com/"}, "neither a spreadsheet's address"),
            ({"spreadsheet": "https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml"}, "published copy"),
            ({"spreadsheet": ID, "header_row": 0}, "header_row"),
            ({"spreadsheet": ID, "write_back": {}}, "name at least one"),
            ({"spreadsheet": ID, "write_back": {"status": "x", "error": "x"}}, "a column each"),
            ({"spreadsheet": ID, "write_back": {"contactID": "x"}}, "contactID"),
            ({"spreadsheet": ID, "sheet": "x"}, "sheet"),
            ({"spreadsheet": ID, "api_url": "http://sheets.example.com"}, "not an https address"),
        ],
    )
    def test_options_that_make_no_sense(self, options: dict[str, Any], said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            GoogleSheetsOptions(**options)

    def test_a_spreadsheet_may_be_given_by_its_address(self) -> None:
        for address in (
            f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid=0",
            f"https://docs.google.com/spreadsheets/u/1/d/{ID}/",
            f" {ID} ",
        ):
            assert GoogleSheetsOptions(spreadsheet=address).spreadsheet == ID


def test_the_configurations_in_the_documentation_are_right() -> None:
    text = (ROOT / "docs" / "google-sheets.md").read_text()
    blocks = [yaml.safe_load(block.split("```")[0]) for block in text.split("```yaml\n")[1:]]
    sources = [sync["source"] for block in blocks for sync in block["syncs"].values()]
    first, second = (GoogleSheetsOptions(**{**source, "spreadsheet": ID}) for source in sources)
    assert first.write_back == WriteBack(contactId="contactId")
    assert second.write_back == WriteBack(**ALL)
    assert GoogleSheetsOptions(**sources[1]).spreadsheet == "1AbCdEfGhIjKlMnOpQrStUvWxYz"
    for option in GoogleSheetsOptions.model_fields:
        assert f"| `{option}`" in text or option in ("type", "api_url")


def test_nothing_heavy_is_imported_before_a_sheet_is_opened() -> None:
    script = f"import sys, {google_sheets.__name__}; print({{'gspread', 'google.auth', 'requests'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
