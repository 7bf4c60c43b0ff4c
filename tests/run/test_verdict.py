"""What a run came to in a sentence; what belongs together; the commands that are named."""

from __future__ import annotations

import pytest

from sync.contacts.change import Create, Delete
from sync.contacts.contact import Contact
from sync.contacts.person import Person
from sync.plan.limits import Danger
from sync.plan.plan import HeldBack
from sync.plan.same_people import SamePerson
from sync.run import summary
from sync.run.commands import Commands
from sync.run.report import SyncReport
from sync.run.verdict import facts, is_first_load, total, verdict, worst_first


def report(name: str = "customers", *, dry_run: bool = False, error: str | None = None, **counts: int) -> SyncReport:
    made = SyncReport(name, dry_run=dry_run, error=error)
    made.counts.update({"rows": 9} | counts)
    return made


def delete(number: int) -> Delete:
    return Delete(f"c{number}", f"i{number}", known_as=Person(f"Ana{number}"))


def create(key: str, row: int) -> Create:
    return Create(key, row, Contact(scalars={"firstName": "Eve"}, external_id=key))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (report(created=146, updated=3, rejected=3, failed=1, dry_run=True),
         "Plan: 146 to add, 3 to change, 0 to delete; 4 rows need you"),
        (report(created=1, deleted=2, adopted=4), "Done: 1 added, 0 changed, 2 deleted; 4 taken over"),
        (report(unchanged=9), "Done: nothing to do, everything is in place"),
        (report(unchanged=9, dry_run=True), "Plan: nothing to do, everything is in place"),
        (report(waiting=1), "Done: 0 added, 0 changed, 0 deleted; 1 contact waits for a second read"),
        (report(held=2), "Done: 0 added, 0 changed, 0 deleted; 2 changes held back"),
        (report(error="no such file", rows=0), "Failed: customers: no such file."),
        (report(error="cut off", created=3), "Failed: customers: cut off. Before that: 3 added, 0 changed, 0 deleted."),
        (report(error="cut off", created=3, dry_run=True),
         "Failed: customers: cut off. What was read says: 3 to add, 0 to change, 0 to delete."),
    ],
)  # fmt: skip
def test_the_verdict(made: SyncReport, said: str) -> None:
    assert verdict(made) == said


def test_what_is_held_is_counted_by_what_it_is() -> None:
    made = report(held=3)
    made.held_back = [HeldBack("delete", Danger("too many"), (delete(1), delete(2)))]
    made.held_back = [*made.held_back, HeldBack("update", Danger("others"), (create("x", 2),))]
    assert verdict(made) == "Done: 0 added, 0 changed, 0 deleted; 2 deletes and 1 update held back"


def test_another_run_is_no_failure() -> None:
    made = report(error="another run holds this sync: nothing was done", rows=0)
    made.locked = True
    assert verdict(made) == "Busy: customers: another run holds this sync: nothing was done."


def test_several_syncs_together() -> None:
    reports = [report("a", created=1), report("b", created=2, rejected=1), report("c", error="gone", rows=0)]
    assert total(reports[:2]) == "Done: 3 added, 0 changed, 0 deleted; 1 row needs you (2 syncs)"
    assert total(reports) == "Failed: 1 of 3 syncs (c); otherwise 3 added, 0 changed, 0 deleted; 1 row needs you"
    assert total(reports[2:]) == "Failed: c: gone."
    assert [each.name for each in worst_first(reports)] == ["c", "b", "a"]
    nothing = [report("a", error="gone", rows=0), report("b", error="gone", rows=0)]
    assert total(nothing) == "Failed: 2 of 2 syncs (a, b)"


def test_a_first_load_is_one_in_which_nothing_else_was() -> None:
    assert is_first_load(report(created=3, rejected=1))
    assert not is_first_load(report(created=3, unchanged=1))
    assert not is_first_load(report(created=3, rows=0)), "an undo that makes contacts again"
    assert not is_first_load(report(unchanged=3))


def test_facts_say_nothing_of_rows_where_none_were_read() -> None:
    made = report(rows=0)
    made.changes.append(delete(1))
    made.requests, made.run = 1, 4
    assert facts(made) == "1 request in 0.0 s, run 4"
    assert facts(report(unchanged=8, filtered=1)).startswith("9 rows read, 8 unchanged, 1 left out by where; ")


def test_what_is_held_for_one_reason_stands_together_and_pairs_side_by_side() -> None:
    danger = Danger("the same people", "x; run once with --max-deletes 2", "--max-deletes 2", "give them their keys")
    pairs = (SamePerson("c1", "n1", "both have 1", likely=True), SamePerson("c1", "n2", "both have 1"))
    made = report()
    made.held_back = [
        HeldBack("create", danger, (create("n1", 2), create("n2", 3)), {}, pairs),
        HeldBack("delete", danger, (delete(1), delete(2)), {}, pairs),
    ]
    (held,) = summary.held(made)
    assert (held.title, held.besides) == ("2 creates and 2 deletes held back", "give them their keys")
    assert [(pair.was.name, pair.was_key, pair.now_key, pair.row) for pair in held.pairs] == [
        ("Ana1", "c1", "n1", 2),
        ("Ana1", "c1", "n2", 3),
    ]
    assert [change.external_id for change in held.changes] == ["c2"]


def test_commands_are_called_as_they_must_be() -> None:
    alone, many = Commands(), Commands("my config.yaml", several=True)
    assert alone.run("a", "--max-deletes 3") == "openphone-sync run --max-deletes 3"
    assert many.run("a b", "--max-deletes 3") == "openphone-sync run 'a b' --max-deletes 3 -c 'my config.yaml'"
    assert (alone.show(3), many.problems("a")) == (
        "openphone-sync show 3",
        "openphone-sync problems a -c 'my config.yaml'",
    )
    assert alone.changes(None, dry_run=True) == "--output json or --output html"
