"""The same people under other keys: keys spelled anew, prefixed, or looking the same; never doubled, never deleted."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sync.state.address import address
from tests.support.commands import command
from tests.support.run_bench import one, run
from tests.support.workbench import Row, Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as opened:
        yield opened


def spelled(rows: list[Row], *keys: str) -> list[Row]:
    return [{**row, "id": key} for row, key in zip(rows, keys, strict=True)]


ANEW = {
    "leading zeros lost": (["00001", "00002", "00003"], ["1", "2", "3"]),
    "an address in lower case": (["Ana@X.com", "Bo@X.com", "Cy@X.com"], ["ana@x.com", "bo@x.com", "cy@x.com"]),
    "a number with a fraction": (["1", "2", "3"], ["1.0", "2.0", "3.0"]),
    "thousands set apart": (["1001", "1002", "1003"], ["1,001", "1,002", "1,003"]),
    "a prefix in the cells": (["1", "2", "3"], ["crm-1", "crm-2", "crm-3"]),
    "other keys altogether": (["1", "2", "3"], ["a8f", "b91", "c07"]),
    "a width of its own": (["A1", "A2", "A3"], ["Ａ１", "Ａ２", "Ａ３"]),
}


@pytest.mark.parametrize(("before", "after"), ANEW.values(), ids=ANEW)
@pytest.mark.parametrize("bare", [False, True], ids=["with a number", "with a name alone"])
def test_keys_spelled_anew_double_nobody(bench: Workbench, before: list[str], after: list[str], bare: bool) -> None:
    rows = [{**row, "phone": "", "email": ""} for row in people(3)] if bare else people(3)
    bench.write(spelled(rows, *before))
    run(bench)
    bench.write(spelled(rows, *after))
    for options in (["--dry-run"], [], [], ["--verify"]):
        held = run(bench, *options)
        assert (held.exit, held.counts) == (4, {"held": 6})
        assert bench.sandbox.writes() == []
        assert sorted({problem["action"] for problem in held.sync["problems"]}) == ["create", "delete"]
        assert f"{before[0]} may be {after[0]}: " in " ".join(held.reasons("held"))
        assert "state rekey customers" in held.reasons("held")[0]
    bench.write(spelled(rows, *before))
    assert run(bench).counts == {"unchanged": 3}


def test_both_are_shown_side_by_side_in_the_text(bench: Workbench) -> None:
    bench.write([person(0, id="0017"), person(1)])
    run(bench)
    bench.write([person(0, id="17"), person(1)])
    said = command(bench, "run")
    assert said.exit == 4
    assert "    - Ana0 Núñez (Acme, +14155550000) (0017)\n" in said.stdout
    assert "      + Ana0 Núñez (Acme, +14155550000) (17, row 2): both have +14155550000\n" in said.stdout


def test_those_who_really_are_other_people_are_let_through(bench: Workbench) -> None:
    bench.write(people(4))
    run(bench)
    bench.write([*people(3), person(3, id="new", first="Eve", email="eve@example.com")])
    held = run(bench)
    assert (held.exit, held.counts) == (4, {"unchanged": 3, "held": 2})
    assert "--max-deletes 1" in held.reasons("held")[0]
    dry = run(bench, "--max-deletes", "1", "--dry-run")
    assert run(bench, "--max-deletes", "1").counts == dry.counts == {"created": 1, "deleted": 1, "unchanged": 3}
    assert bench.wrong() == []


def test_a_family_that_shares_a_number_is_no_stop(bench: Workbench) -> None:
    bench.write([person(0), person(1)])
    run(bench)
    bench.write([person(0), person(1), person(2, phone=person(0)["phone"])])
    assert (run(bench).exit, len(bench.sandbox.contacts)) == (0, 3)


def test_an_office_line_does_not_make_who_joins_who_left(bench: Workbench) -> None:
    line = "+14155559999"
    bench.write([person(number, phone=line) for number in range(4)])
    run(bench)
    bench.write([*(person(number, phone=line) for number in range(3)), person(7, phone=line)])
    assert run(bench).counts == {"created": 1, "deleted": 1, "unchanged": 3}


def test_who_has_the_office_line_and_the_name_is_the_same(bench: Workbench) -> None:
    line = "+14155559999"
    bench.write([person(number, phone=line, email="") for number in range(4)])
    run(bench)
    last = person(3, id="C-3", phone=line, email="", company="Moved")
    bench.write([*(person(number, phone=line, email="") for number in range(3)), last])
    assert run(bench).counts == {"unchanged": 3, "held": 2}


def test_contacts_that_were_found_and_never_written_are_looked_at(bench: Workbench) -> None:
    bench.write(spelled(people(3), "01", "02", "03"))
    run(bench)
    bench.forget_state()
    assert run(bench).counts == {"adopted": 3}
    bench.write(spelled(people(3), "x1", "x2", "x3"))
    for options in ([], ["--dry-run"]):
        assert run(bench, *options).counts == {"held": 6}


def test_where_missing_contacts_are_kept_nobody_is_doubled_either(bench: Workbench) -> None:
    bench.configure(on_missing="keep")
    bench.write(spelled(people(2), "01", "02"))
    run(bench)
    bench.write(spelled(people(2), "1", "2"))
    assert run(bench).counts == {"held": 2}
    assert run(bench, "--max-deletes", "2").counts == {"created": 2}
    assert run(bench).counts == {"unchanged": 2}


def test_more_deletes_than_allowed_do_not_let_the_creates_go(bench: Workbench) -> None:
    bench.write(spelled(people(40), *(f"{number:05}" for number in range(40))))
    run(bench)
    bench.write(spelled(people(40), *(str(number) for number in range(40))))
    assert run(bench).counts == {"held": 80}
    assert len(bench.sandbox.contacts) == 40


def test_a_thousand_on_one_line_are_compared_in_time(bench: Workbench) -> None:
    rows = [person(number, phone="+14155559999", email="", last="") for number in range(600)]
    bench.write([{**row, "id": f"0{row['id'][1:]}"} for row in rows])
    run(bench)
    bench.write([{**row, "id": f"x{row['id'][1:]}"} for row in rows])
    held = run(bench)
    assert held.counts == {"held": 1200}
    assert held.sync["seconds"] < 5


# --- keys that look the same --------------------------------------------------------------------------------------

LOOKS = {
    "zero width": "c\u200b1",
    "byte order mark": "\ufeffc1",
    "right to left": "\u202bc1\u202c",
    "no-break space outside": "c1\u00a0",
    "soft hyphen": "c\u00ad1",
    "word joiner": "c1\u2060",
    "an ideographic space": "\u3000c1",
    "a Hangul filler": "c1\u3164",
}


@pytest.mark.parametrize("other", LOOKS.values(), ids=LOOKS)
def test_a_key_that_looks_the_same_is_the_same(bench: Workbench, other: str) -> None:
    bench.write(people(3))
    run(bench)
    bench.write([person(0), person(1, id=other), person(2)])
    assert (run(bench).counts, bench.sandbox.writes()) == ({"unchanged": 3}, [])
    bench.write([person(0), person(1, id=other, company="Moved"), person(2)])
    assert run(bench).counts == {"updated": 1, "unchanged": 2}
    assert one(bench, "c1")["defaultFields"]["company"] == "Moved"


@pytest.mark.parametrize(
    ("first", "second"), [("Núñez 1", "Nu\u0301n\u0303ez 1"), ("a b", "a\u00a0b"), ("a b", "a\u2009b")]
)
def test_letters_and_spaces_may_be_made_of_other_parts(bench: Workbench, first: str, second: str) -> None:
    for here, there in ((first, second), (second, first)):
        bench.write([person(0, id=here), person(1)])
        run(bench)
        bench.write([person(0, id=there), person(1)])
        assert (run(bench).counts, len(bench.sandbox.contacts)) == ({"unchanged": 2}, 2)


def test_two_rows_whose_keys_look_the_same_are_doubled(bench: Workbench) -> None:
    bench.write([person(0), person(1, id="c0\u200b"), person(2)])
    result = run(bench)
    assert (result.exit, result.counts) == (3, {"created": 2, "rejected": 1})
    assert "same key" in result.reasons("rejected")[0]


def made_before(bench: Workbench, **keys: str) -> None:
    """The state and the workspace as a program left them that compared keys as spelled."""
    engine = sa.create_engine(address(f"sqlite:///{bench.state}"))
    with engine.begin() as connection:
        for now, before in keys.items():
            values = {"now": now, "before": before}
            connection.execute(sa.text("UPDATE contacts SET external_id = :before WHERE external_id = :now"), values)
        connection.execute(sa.text("DELETE FROM notes"))
    engine.dispose()
    for now, before in keys.items():
        (contact,) = bench.sandbox.by_external_id(now)
        bench.sandbox.edit(contact["id"], externalId=before)


def test_a_state_that_was_made_before_keeps_its_contacts_and_their_externalids(bench: Workbench) -> None:
    old = "c1\u200b"
    bench.write(people(3))
    run(bench)
    made_before(bench, c1=old)
    for key in ("c1", old, "\u2060c1"):
        bench.write([person(0), person(1, id=key), person(2)])
        assert (run(bench).counts, bench.sandbox.writes()) == ({"unchanged": 3}, [])
    bench.write([person(0), person(1, company="Moved"), person(2)])
    assert run(bench).counts == {"updated": 1, "unchanged": 2}
    assert one(bench, old)["defaultFields"]["company"] == "Moved"
    bench.forget_state()
    bench.write([person(0), person(1, id=old, company="Moved"), person(2)])
    assert (run(bench).counts, bench.sandbox.writes()) == ({"adopted": 3}, [])


def test_two_contacts_from_before_whose_keys_look_the_same_are_not_lost(bench: Workbench) -> None:
    bench.write(people(3))
    run(bench)
    made_before(bench, c2="c1\u200b")
    bench.write([person(0), person(1), person(2, id="c1\u200b")])
    assert run(bench).counts == {"unchanged": 2, "rejected": 1}
    assert len(bench.sandbox.contacts) == 3


def test_nfd_in_a_source_is_written_as_nfc(bench: Workbench) -> None:
    bench.write([person(0, id=unicodedata.normalize("NFD", "Zoë"))])
    run(bench)
    assert one(bench, "Zoë")["externalId"] == "Zoë"
    assert json.dumps(bench.sandbox.by_external_id("Zoë"))


@pytest.mark.parametrize("count", [3, 12])
def test_whoever_got_another_number_meanwhile_is_known_by_name_once_others_show_that_keys_changed(
    bench: Workbench, count: int
) -> None:
    rows = people(count)
    bench.write(rows)
    run(bench)
    moved = [{**row, "id": f"crm-x{row['id']}"} for row in rows]
    for number in range(count // 2):
        moved[number] |= {"phone": f"+1415777{number:04d}", "email": ""}
    bench.write([*moved, person(900)])
    for options in (["--dry-run"], []):
        held = run(bench, *options)
        assert (held.exit, held.counts) == (4, {"created": 1, "held": 2 * count})
    assert len(bench.sandbox.contacts) == count + 1


def test_a_namesake_alone_is_somebody_else(bench: Workbench) -> None:
    bench.write(people(4))
    run(bench)
    namesake = person(3, id="n1", phone="+14157770001", email="other@example.com", company="Elsewhere")
    bench.write([*people(3), namesake])
    assert run(bench).counts == {"created": 1, "deleted": 1, "unchanged": 3}


@pytest.mark.parametrize("key", ["c0", "", "#N/A"], ids=["doubled", "emptied", "unreadable"])
def test_whose_row_loses_its_key_after_it_had_another_one_is_held(bench: Workbench, key: str) -> None:
    rows = people(8)
    bench.write(rows)
    run(bench)
    bench.write([{**row, "id": f"crm-{row['id']}"} for row in rows])
    assert run(bench).counts == {"held": 16}
    bench.write([rows[0], {**rows[1], "id": key}, *rows[2:]])
    for options in (["--dry-run"], [], []):
        assert run(bench, *options).counts == {"unchanged": 7, "rejected": 1, "held": 1}
    bench.write(rows)
    assert run(bench).counts == {"unchanged": 8}
    bench.write(rows[1:])
    assert run(bench).counts == {"unchanged": 7, "deleted": 1}
