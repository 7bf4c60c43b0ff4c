"""The contract that openphone-sync ships for every connector, and what is special about vCards."""

from __future__ import annotations

import asyncio
from pathlib import Path

from openphone_sync_vcard import VcardConnector, VcardOptions

from connectors.base import Context, IncompleteRead, load, names
from connectors.contract import check_connector, check_refuses

CARDS = """BEGIN:VCARD
VERSION:3.0
UID:c1
N:Doe;Jane;;;
FN:Jane Doe
ORG:Acme\\, Inc.;Sales
item1.TEL;TYPE=CELL:+1 415 555
  0101
TEL;TYPE=WORK:tel:+16285550102
EMAIL:jane@example.com
END:VCARD
BEGIN:VCARD
UID:c2
N:Roe;Rick
END:VCARD
"""


def connector(folder: Path, text: str = CARDS) -> VcardConnector:
    """A connector for a file with this text."""
    (folder / "contacts.vcf").write_text(text)
    return VcardConnector(VcardOptions(path=Path("contacts.vcf")), Context(folder))


def test_it_is_found_by_its_name() -> None:
    assert "vcard" in names()
    assert load("vcard").name == "vcard"


def test_it_keeps_the_contract(tmp_path: Path) -> None:
    rows = asyncio.run(check_connector(lambda: connector(tmp_path)))
    assert dict(rows[0].cells) == {
        "uid": "c1",
        "first_name": "Jane",
        "last_name": "Doe",
        "full_name": "Jane Doe",
        "company": "Acme, Inc.",
        "title": "",
        "phones": ["+1 415 555 0101", "+16285550102"],
        "emails": ["jane@example.com"],
    }
    assert len(rows) == 2


def test_a_file_that_is_cut_off_is_incomplete(tmp_path: Path) -> None:
    error = asyncio.run(check_refuses(lambda: connector(tmp_path, CARDS[:-12]), IncompleteRead))
    assert "after 1 whole" in str(error)


def test_a_file_without_cards_is_refused(tmp_path: Path) -> None:
    asyncio.run(check_refuses(lambda: connector(tmp_path, "id,name\n1,Jane\n")))
