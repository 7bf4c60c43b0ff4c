"""Whole runs on a Google sheet: the guide's own sheet without a configuration, and results written beside rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.sheet_run_bench import Bench, guide, ids, names, sheet_bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with sheet_bench(tmp_path) as made:
        yield made


def test_the_guides_sheet_syncs_with_one_write_and_then_none(bench: Bench) -> None:
    sheet = guide(bench)
    first = bench.run()
    assert (first["exit"], first["counts"]["created"]) == (0, 3)
    assert ids(sheet) == names(bench)
    assert bench.calls()[1] == 1
    assert "config.yaml" in first["stderr"]
    assert bench.run()["counts"]["unchanged"] == 3
    assert bench.calls()[1] == 1


def test_sorted_rows_and_a_lost_state_leave_three_contacts_with_their_ids(bench: Bench) -> None:
    sheet = guide(bench)
    bench.run()
    made = names(bench)
    sheet.rows[1:] = sorted(sheet.rows[1:], key=lambda row: str(row[1]))
    assert bench.run()["counts"]["unchanged"] == 3
    for file in bench.folder.glob("state.db*"):
        file.unlink()
    assert bench.run()["counts"]["adopted"] == 3
    assert ids(sheet) == names(bench) == made


def test_a_contact_that_the_script_made_is_adopted_and_gets_an_external_id(bench: Bench) -> None:
    sheet = guide(bench)
    [contact_id] = bench.sandbox.seed([{"firstName": "Al"}])
    sheet.rows[3][0] = contact_id
    report = bench.run()
    assert (report["counts"]["created"], report["counts"]["adopted"]) == (2, 1)
    assert bench.sandbox.contacts[contact_id]["externalId"]
    assert len(bench.sandbox.contacts) == 3
    assert bench.run()["counts"]["unchanged"] == 3


def test_an_id_that_leads_nowhere_gets_a_new_contact_and_its_id(bench: Bench) -> None:
    sheet = guide(bench)
    sheet.rows[1][0] = "gone000000000000000000ff"
    assert bench.run()["counts"]["created"] == 3
    assert ids(sheet) == names(bench)


def test_300_rows_and_a_bad_one_take_at_most_12_calls_and_the_bad_one_says_why(bench: Bench) -> None:
    rows: list[list[Any]] = [[f"k{n}", f"Ana{n}", 4155550000 + n, n % 2 == 0] for n in range(300)]
    sheet = bench.google.add("sheet-2", "People", [["key", "first", "phone", "lead"], *rows, ["bad", "Bob", 12, False]])
    (bench.folder / "config.yaml").write_text(
        f"""
openphone: {{api_key: {bench.sandbox.key}, base_url: "{bench.sandbox.url}", requests_per_second: 200}}
syncs:
  people:
    source:
      type: google_sheets
      spreadsheet: sheet-2
      credentials: {bench.google.key_file(bench.folder).name}
      api_url: "{bench.google.url}"
      write_back: {{contactId: OpenPhone id, status: Status, error: Error}}
    key: key
    fields: {{firstName: first, phoneNumbers: {{mobile: phone}}}}
    customFields: {{Inbound Lead: lead}}
"""
    )
    report = bench.run()
    assert (report["exit"], report["counts"]["created"], report["counts"]["rejected"]) == (3, 300, 1)
    assert bench.calls()[0] <= 12
    assert sheet.column("Error")[-1].startswith("phone: ")
    assert set(sheet.column("Status")) == {"synced", "rejected"}
    written = bench.calls()[1]
    assert bench.run()["exit"] == 3
    assert bench.calls()[1] == written


def test_a_sheet_that_gets_a_key_keeps_its_contacts(bench: Bench) -> None:
    header = ["contactId", "number", "first", "phone"]
    rows: list[list[Any]] = [["", f"n{n}", f"Ana{n}", f"+1415555{n:04d}"] for n in range(3)]
    bench.google.add("sheet-2", "People", [header, *rows])
    config = f"""
openphone: {{api_key: {bench.sandbox.key}, base_url: "{bench.sandbox.url}", requests_per_second: 200}}
syncs:
  people:
    source:
      type: google_sheets
      spreadsheet: sheet-2
      credentials: {bench.google.key_file(bench.folder).name}
      api_url: "{bench.google.url}"
      write_back: {{contactId: contactId}}
    fields: {{firstName: first, phoneNumbers: {{mobile: phone}}}}
"""
    (bench.folder / "config.yaml").write_text(config)
    assert bench.run()["counts"]["created"] == 3
    made = names(bench)
    (bench.folder / "config.yaml").write_text(config + "    key: number\n")
    refused = bench.run()
    assert refused["exit"] == 2
    assert "put it back to no key" in refused["error"]
    rekeyed = bench.command("state rekey", "people")
    assert (rekeyed["exit"], rekeyed["counts"]["updated"]) == (0, 3)
    assert sorted(str(c["externalId"]) for c in bench.sandbox.contacts.values()) == ["n0", "n1", "n2"]
    assert bench.run()["counts"]["unchanged"] == 3
    assert names(bench) == made
