"""What must never cost a contact: an emptied file, half a file, bad values, doubled keys, a header that changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.workbench import COLUMNS, SYNC, Workbench, people, person, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A hundred contacts in step."""
    with workbench(tmp_path) as opened:
        opened.write(people(100))
        assert opened.run().exit == 0
        opened.sandbox.forget_requests()
        yield opened


def nothing_lost(bench: Workbench) -> bool:
    return len(bench.sandbox.contacts) >= 100 and not any(r.method == "DELETE" for r in bench.sandbox.requests)


def test_an_emptied_file_deletes_nothing(bench: Workbench) -> None:
    bench.write([])
    for options in ([], ["--dry-run"], ["--verify"], []):
        result = bench.run(*options)
        assert (result.exit, result.counts) == (4, {"held": 100})
        assert "no rows" in result.reasons("held")[0]
    assert nothing_lost(bench)


@pytest.mark.parametrize(("allowed", "exit_code"), [("99", 4), ("100", 0), ("99%", 4), ("100%", 0), ("0", 4)])
def test_max_deletes_of_the_run_is_an_exact_ceiling(bench: Workbench, allowed: str, exit_code: int) -> None:
    bench.write([])
    dry = bench.run("--max-deletes", allowed, "--dry-run")
    result = bench.run("--max-deletes", allowed)

    assert result.exit == dry.exit == exit_code
    assert result.counts == dry.counts == ({"held": 100} if exit_code else {"deleted": 100})
    assert len(bench.sandbox.contacts) == (100 if exit_code else 0)


def test_max_deletes_of_the_run_has_no_floor(bench: Workbench) -> None:
    bench.write(people(98))
    assert (bench.run("--max-deletes", "1").exit, nothing_lost(bench)) == (4, True)
    assert bench.run("--max-deletes", "2").counts == {"deleted": 2, "unchanged": 98}


@pytest.mark.parametrize(
    ("limit", "missing", "held"),
    [("3%", 5, False), ("3%", 6, True), ("0%", 5, False), (0, 1, True), (3, 4, True), (7, 7, False), (7, 8, True)],
)
def test_a_share_in_the_configuration_has_a_floor_of_five_and_a_number_is_exact(
    bench: Workbench, limit: str | int, missing: int, held: bool
) -> None:
    bench.configure(max_deletes=limit)
    bench.write(people(100 - missing))
    dry, result = bench.run("--dry-run"), bench.run()
    assert dry.exit == result.exit == (4 if held else 0)
    assert result.counts.get("held", 0) == (missing if held else 0)


def test_a_file_cut_to_60_percent_holds_the_deletes_and_lets_the_rest_go_on(bench: Workbench) -> None:
    rows = [person(n, last="Roe") for n in range(10)] + people(50, 10) + people(5, 200)
    bench.write(rows)
    result = bench.run()

    assert (result.exit, result.counts) == (4, {"created": 5, "updated": 10, "unchanged": 50, "held": 40})
    assert nothing_lost(bench)
    bench.write([person(n, last="Roe") for n in range(10)] + people(90, 10) + people(5, 200))
    assert bench.run().counts == {"unchanged": 105}
    assert bench.wrong() == []


def test_a_file_cut_amid_a_row_is_no_shorter_file(bench: Workbench) -> None:
    text = bench.source.read_bytes()
    bench.source.write_bytes(text[: int(len(text) * 0.6)])
    assert bench.run().exit in (1, 4)
    assert nothing_lost(bench)


def test_thirty_bad_phone_numbers_reject_their_rows_and_leave_their_contacts(bench: Workbench) -> None:
    bench.write([person(n, phone="12") for n in range(30)] + people(70, 30))
    result = bench.run()

    assert (result.exit, result.counts) == (3, {"rejected": 30, "unchanged": 70})
    assert nothing_lost(bench)
    assert bench.wrong(people(100)) == []


def test_of_rows_with_one_key_the_first_counts(bench: Workbench) -> None:
    bench.write([*people(100), person(7, first="Impostor")])
    result = bench.run()
    assert (result.exit, result.counts) == (3, {"rejected": 1, "unchanged": 100})
    assert bench.wrong(people(100)) == []


@pytest.mark.parametrize("column", ["phone", "id", "first"])
def test_a_renamed_header_sends_nothing(bench: Workbench, column: str) -> None:
    renamed = [f"{name}_" if name == column else name for name in COLUMNS]
    bench.write([{f"{k}_" if k == column else k: v for k, v in row.items()} for row in people(100)], renamed)
    for options in ([], ["--dry-run"], ["--verify"]):
        result = bench.run(*options)
        assert (result.exit, result.counts) == (2, {})
        assert column in result.error
    assert bench.sandbox.writes() == []
    assert nothing_lost(bench)


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\x00\x01\x02\xff\xfe\x00" * 50])
def test_a_file_that_is_missing_empty_or_no_text_is_exit_1(bench: Workbench, content: bytes | None) -> None:
    bench.source.unlink()
    if content is not None:
        bench.source.write_bytes(content)
    result = bench.run()
    assert result.exit == 1
    assert result.error
    assert bench.sandbox.writes() == []


def test_rows_without_a_key_hold_the_deletes_for_one_of_them_may_be_the_missing_one(bench: Workbench) -> None:
    bench.write([*people(99), person(99, id="")])
    result = bench.run()
    assert (result.exit, result.counts) == (4, {"rejected": 1, "held": 1, "unchanged": 99})
    assert nothing_lost(bench)


def test_on_missing_keep_deletes_nothing_and_holds_nothing(bench: Workbench) -> None:
    bench.configure(on_missing="keep")
    bench.write(people(10))
    assert (bench.run().exit, nothing_lost(bench)) == (0, True)
    bench.write([])
    assert (bench.run().exit, nothing_lost(bench)) == (0, True)


def test_a_shifted_column_does_not_rename_everyone(bench: Workbench) -> None:
    bench.configure(max_updates="20%")
    bench.write([person(n, last="Roe") for n in range(21)] + people(78, 21) + people(1, 300))
    dry, result = bench.run("--dry-run"), bench.run()

    assert dry.exit == result.exit == 4
    assert dry.counts == result.counts == {"created": 1, "deleted": 1, "held": 21, "unchanged": 78}
    assert not any(request.method == "PATCH" for request in bench.sandbox.requests)
    bench.write([person(n, last="Roe") for n in range(20)] + people(79, 20) + people(1, 300))
    assert bench.run().counts == {"updated": 20, "unchanged": 80}


def test_contacts_that_the_sync_did_not_make_are_never_deleted(bench: Workbench) -> None:
    bench.sandbox.seed([{"externalId": "theirs", "firstName": "Ann"}, {"firstName": "Bob"}])
    bench.write([])
    assert bench.run("--max-deletes", "100%").counts == {"deleted": 100}
    assert sorted(c["defaultFields"]["firstName"] for c in bench.sandbox.contacts.values()) == ["Ann", "Bob"]


def test_the_first_run_and_a_moved_source_delete_nothing(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.sandbox.seed({"externalId": f"x{n}", "firstName": "Ann"} for n in range(50))
        bench.write(people(3))
        assert bench.run().counts == {"created": 3}
        bench.write(people(200, 1000))
        result = bench.run()
        assert result.counts == {"created": 200, "held": 3}, "the floor is never more than half"
        assert len(bench.sandbox.contacts) == 253


def test_two_syncs_never_touch_each_others_contacts(bench: Workbench) -> None:
    other = dict(SYNC) | {"source": {"type": "csv", "path": "others.csv"}}
    bench.syncs["others"] = other
    bench.configure()
    (bench.folder / "others.csv").write_text("id,first,last,company,phone,email,notes\nc1,Bob,,,,,\nz1,Zed,,,,,\n")
    for _ in range(2):
        result = bench.run()
        customers, others = result.document["syncs"]
        assert (result.exit, customers["status"], others["status"]) == (3, "ok", "partial")
        assert "belongs to the sync 'customers'" in others["problems"][0]["reason"]
    assert (
        bench.wrong([*people(100), person(0, id="z1", first="Zed", last="", company="", phone="", email="", notes="")])[
            :1
        ]
        == []
    )
    (bench.folder / "others.csv").write_text("id,first,last,company,phone,email,notes\n")
    assert bench.run("others", "--max-deletes", "5").counts == {"deleted": 1}
    assert bench.wrong(people(100)) == []
