"""Address books as phones and programs export them: names, labels and numbers as their owners know them."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base import Cell, Context, IncompleteRead, Row
from connectors.contract import check_connector, check_refuses
from connectors.vcard import VcardConnector, VcardOptions

ANA = "BEGIN:VCARD\nVERSION:3.0\nUID:c1\nN:Roe;Ana;;;\nFN:Ana Roe\nTEL;TYPE=CELL:+14155550101\nEND:VCARD\n"


def source(folder: Path, text: str | bytes, **options: object) -> VcardConnector:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "book.vcf").write_bytes(data)
    return VcardConnector(VcardOptions.model_validate({"path": "book.vcf", **options}), Context(folder))


async def rows_of(folder: Path, text: str | bytes, **options: object) -> list[Row]:
    return await check_connector(lambda: source(folder, text, **options))


async def one(folder: Path, text: str | bytes, **options: object) -> dict[str, Cell]:
    """The cells of the only card that say something."""
    [row] = await rows_of(folder, text, **options)
    assert row.problem is None
    return {name: cell for name, cell in row.cells.items() if cell is not None}


async def test_an_old_phones_card_in_quoted_printable(tmp_path: Path) -> None:
    card = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\n"
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;Dr.;\r\n"
        "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Dr. J=C3=BCrgen =\r\nM=C3=BCller\r\n"
        "TEL;CELL:+4915112345678\r\nTEL;CELL;PREF:+4915187654321\r\nTEL;X-Reception:030 1234\r\nTEL;WORK;FAX:0301\r\n"
        "EMAIL;INTERNET;HOME:j@example.com\r\nNOTE;ENCODING=QUOTED-PRINTABLE:One=0D=0Atwo\r\n"
        "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n SkZJRg==\r\n\r\nEND:VCARD\r\n"
    )
    cells = await one(tmp_path, card)
    assert (cells["prefix"], cells["firstName"], cells["lastName"]) == ("Dr.", "Jürgen", "Müller")
    assert cells["fullName"] == "Dr. Jürgen Müller"
    assert cells["phone_mobile"] == ["+4915187654321", "+4915112345678"]
    assert (cells["phone_reception"], cells["phone_fax"]) == ("030 1234", "0301")
    assert cells["phones"] == ["+4915187654321", "+4915112345678", "030 1234"]
    assert (cells["email"], cells["email_home"], cells["notes"]) == ("j@example.com", "j@example.com", "One\ntwo")


@pytest.mark.parametrize(
    ("charset", "name"), [("ISO-8859-1", "M=FCller"), ("windows-1252", "M=FCller"), ("UTF-8", "M=C3=BCller")]
)
async def test_the_charset_that_a_property_names_counts(tmp_path: Path, charset: str, name: str) -> None:
    card = f"BEGIN:VCARD\nVERSION:2.1\nN;ENCODING=QUOTED-PRINTABLE;CHARSET={charset}:{name};J\nEND:VCARD\n"
    assert (await one(tmp_path, card))["lastName"] == "Müller"


async def test_labels_of_apples_address_book(tmp_path: Path) -> None:
    card = (
        "BEGIN:VCARD\nVERSION:3.0\nN:Roe;Ana;Maria;;\nFN:Ana Roe\nORG:Acme\\, Inc.;Sales;North\nTITLE:Buyer\n"
        "item1.TEL:+1 415 555 \n 0101\nitem1.X-ABLabel:_$!<Mobile>!$_\n"
        "item2.TEL;type=WORK:+14155550102\nitem2.X-ABLabel:Front Desk\n"
        "item3.TEL:+14155550103\nitem3.X-ABLabel:_$!<Assistant>!$_\n"
        "TEL;type=HOME;type=FAX:+14155550104\nTEL;type=IPHONE;type=CELL;type=VOICE;type=pref:+14155550105\n"
        "item4.EMAIL;type=INTERNET:a@example.com\nitem4.X-ABLabel:_$!<Work>!$_\n"
        "NOTE:a\\nb\\;c\nCATEGORIES:VIP,News\nBDAY:19800131\nUID:abc\nEND:VCARD\n"
    )
    cells = await one(tmp_path, card)
    assert (cells["company"], cells["department"], cells["role"]) == ("Acme, Inc.", "Sales, North", "Buyer")
    assert cells["phone_mobile"] == ["+14155550105", "+1 415 555 0101"]
    assert cells["phone_front_desk"] == "+14155550102"
    assert cells["phone_assistant"] == "+14155550103"
    assert cells["phones"] == ["+14155550105", "+1 415 555 0101", "+14155550102"]
    assert (cells["email_work"], cells["uid"], cells["middleName"]) == ("a@example.com", "abc", "Maria")
    assert (cells["notes"], cells["categories"], cells["birthday"]) == ("a\nb;c", ["VIP", "News"], "1980-01-31")


async def test_a_card_of_version_4(tmp_path: Path) -> None:
    card = (
        "BEGIN:VCARD\nVERSION:4.0\nN:Doe;Jo;;;\nFN:Jo Doe\n"
        'TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-555-5555;ext=55\nTEL;VALUE=uri;PREF=1;TYPE=cell:tel:+14155550101\n'
        "EMAIL;TYPE=work:jo@example.com\nUID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\nEND:VCARD\n"
    )
    cells = await one(tmp_path, card)
    assert cells["phones"] == ["+14155550101", "+1-555-555-5555;ext=55"]
    assert (cells["phone_home"], cells["uid"]) == ("+1-555-555-5555;ext=55", "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
async def test_the_files_own_encoding_is_recognised(tmp_path: Path, encoding: str) -> None:
    card = ANA.replace("Roe;Ana", "Müller;Jürgen").replace("Ana Roe", "Jürgen Müller")
    assert (await one(tmp_path, card.encode(encoding)))["firstName"] == "Jürgen"


async def test_columns_that_nobody_fills_are_there_all_the_same(tmp_path: Path) -> None:
    columns = await source(tmp_path, ANA).columns()
    assert {"phone_work", "phone_home", "email_work", "company", "notes", "categories"} <= set(columns)


async def test_cards_without_a_uid_are_said_with_what_to_do(tmp_path: Path) -> None:
    connector = source(tmp_path, ANA + ANA.replace("UID:c1\n", ""))
    await connector.columns()
    [note] = connector.notes
    assert "1 of 2 cards have no UID" in note
    assert "'key: email'" in note


async def test_one_odd_card_is_one_rejected_row(tmp_path: Path) -> None:
    odd = ANA.replace("UID:c1", "UID:c2\nno property").replace("Ana Roe", "Bo Ode")
    open_ended = ANA.replace("UID:c1", "UID:c3").replace("END:VCARD\n", "")
    wrong = ANA.replace("UID:c1", "UID:c4\nNOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=FC=FC")
    rows = await rows_of(tmp_path, ANA + odd + open_ended + wrong + ANA.replace("c1", "c5"))
    assert [row.cells["uid"] for row in rows] == ["c1", "c2", "c3", "c4", "c5"]
    assert [bool(row.problem) for row in rows] == [False, True, True, True, False]
    assert rows[1].cells["fullName"] == "Bo Ode"
    assert "the card at line 8 cannot be read" in str(rows[1].problem)
    assert "has no end" in str(rows[2].problem)


async def test_a_card_within_a_card_is_another_persons(tmp_path: Path) -> None:
    agent = "AGENT:\n" + ANA.replace("0101", "0199").replace("UID:c1\n", "")
    cells = await one(tmp_path, ANA.replace("END:VCARD", agent + "END:VCARD"))
    assert cells["phones"] == ["+14155550101"]


@pytest.mark.parametrize("kept", [-12, -40])
async def test_a_file_that_was_cut_is_incomplete(tmp_path: Path, kept: int) -> None:
    error = await check_refuses(lambda: source(tmp_path, (ANA + ANA)[:kept]), IncompleteRead)
    assert "after 1 whole" in str(error)


@pytest.mark.parametrize("text", ["id,name\n1,Ana\n", "", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"])
async def test_what_holds_no_card_is_refused(tmp_path: Path, text: str) -> None:
    assert "holds no vCard" in str(await check_refuses(lambda: source(tmp_path, text)))


async def test_what_is_no_text_is_called_what_it_is(tmp_path: Path) -> None:
    assert "is a picture" in str(await check_refuses(lambda: source(tmp_path, b"\x89PNG\r\n\x1a\n\0")))
    assert "does not exist" in str(
        await check_refuses(lambda: VcardConnector(VcardOptions(path="no"), Context(tmp_path)))
    )


@pytest.mark.parametrize("kind", ["KIND:group", "X-ADDRESSBOOKSERVER-KIND:group"])
async def test_a_group_of_cards_is_nobody(tmp_path: Path, kind: str) -> None:
    group = f"BEGIN:VCARD\nVERSION:4.0\nUID:g1\n{kind}\nFN:Friends\nN:Friends;;;;\nMEMBER:urn:uuid:c1\nEND:VCARD\n"
    assert [row.cells["uid"] for row in await rows_of(tmp_path, group + ANA)] == ["c1"]


async def test_who_has_no_parts_of_a_name_is_called_by_the_whole(tmp_path: Path) -> None:
    card = "BEGIN:VCARD\nVERSION:4.0\nUID:c2\nFN:Bo Berg\nORG:{}\nEND:VCARD\n"
    assert (await one(tmp_path, card.format("Berg Ltd")))["firstName"] == "Bo Berg"
    assert "firstName" not in await one(tmp_path, card.format("Bo Berg"))
    assert "firstName" not in await one(tmp_path, card.replace("Bo Berg", "+34 613 345 678").format("Ode"))


@pytest.mark.parametrize(
    ("name", "full", "given"),
    [
        ("Núñez;;;;", "Ana Núñez", "Ana"),
        ("Núñez;;;;", "Núñez\\, Ana María", "Ana María"),
        ("Núñez;;;Dr.;", "Dr. Núñez", None),
        ("Núñez;;;;", "Núñez", None),
        (";4155550105;;;", "4155550105", None),
        ("415 555-0105;;;;", "415 555-0105", None),
    ],
)
async def test_the_given_name_is_told_by_fn_and_is_no_number(
    tmp_path: Path, name: str, full: str, given: str | None
) -> None:
    card = f"BEGIN:VCARD\nVERSION:3.0\nUID:1\nN:{name}\nFN:{full}\nTEL:+14155550101\nEND:VCARD\n"
    assert (await one(tmp_path, card)).get("firstName") == given


async def test_a_firm_under_a_familys_name_has_no_given_name(tmp_path: Path) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nUID:1\nN:Acme;;;;\nFN:Acme Ltd\nORG:Acme Ltd\nEND:VCARD\n"
    assert "firstName" not in await one(tmp_path, card)
