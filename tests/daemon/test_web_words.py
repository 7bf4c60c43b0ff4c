"""The page's words: how facts become sentences. No HTTP, no browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.contacts.person import Person
from sync.contacts.problem import Action, Problem
from sync.daemon.runner import Ended
from sync.daemon.web import words
from sync.daemon.web.chart import BAR_BOTTOM, DAYS, LINE_BOTTOM, LINE_TOP, chart
from sync.daemon.web.needs import NeedsView, mark_of, needs
from sync.daemon.web.run_list import runs_view
from sync.daemon.web.site import Moments
from sync.daemon.web.standing import Known, Standing, headline, shares, standing
from sync.daemon.web.sync_page import summary, waiting
from sync.daemon.web.ticks import HEIGHT, SHOWN, ticks
from sync.state.history import RunRecord

NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC).timestamp()
PATH = Path("/etc/open phone/config.yaml")
COUNTS = dict.fromkeys(
    ("rows", "created", "updated", "deleted", "unchanged", "adopted", "rejected", "failed", "held"), 0
)


def run(
    status: str | None, minutes_ago: float = 1, error: str | None = None, *, cut_short: bool = False, **counts: int
) -> RunRecord:
    at = NOW - minutes_ago * 60
    return RunRecord(1, "customers", at, at if status else None, status, COUNTS | counts, error, cut_short=cut_short)


def stands(*finished: RunRecord, **known: Any) -> Standing:
    return standing(Known(finished, **known), Moments(NOW, UTC))


def waits(*problems: Problem) -> NeedsView:
    return needs(problems, "customers", PATH, {})


def held(action: Action, reason: str, count: int, remedy: str | None = None) -> tuple[Problem, ...]:
    return tuple(Problem(None, f"c{n}", None, None, reason, "held", action, remedy) for n in range(count))


@pytest.mark.parametrize(
    ("seconds", "clock", "distance"),
    [
        (0, "today 20:00", "now"),
        (-5, "today 19:59", "just now"),
        (-90, "today 19:58", "1 minute ago"),
        (-7100, "today 18:01", "118 minutes ago"),
        (-7300, "today 17:58", "2 hours ago"),
        (13 * 3600, "tomorrow 09:00", "in 13 hours"),
        (-86400, "yesterday 20:00", "24 hours ago"),
        (-4 * 86400, "20 Nov 20:00", "4 days ago"),
        (-400 * 86400, "20 Oct 2025 20:00", "400 days ago"),
    ],
)
def test_moments(seconds: float, clock: str, distance: str) -> None:
    moment = words.moment(NOW + seconds, NOW, UTC)
    assert (moment.clock, moment.distance) == (clock, distance)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("15m", "every 15 minutes"),
        ("1h", "every hour"),
        ("1.5 h", "every 1.5 hours"),
        ("0 7 * * 1", "by the schedule 0 7 * * 1"),
    ],
)
def test_schedules(text: str, said: str) -> None:
    assert words.schedule(text) == said


def test_values() -> None:
    phones = [{"name": "work", "value": "+15550100"}, {"name": "home", "value": "+15550101"}]
    assert words.value(phones) == "+15550100 (work), +15550101 (home)"
    assert [words.value(raw) for raw in (None, True, ["a", "b"], 5, {"city": "Bonn", "zip": None})] == [
        "", "yes", "a, b", "5", "Bonn"]  # fmt: skip


class TestHowASyncStands:
    def test_before_the_first_run(self) -> None:
        assert stands().words == "Has not run yet"
        assert stands(doing="sync").words == "The first sync is under way"

    def test_a_run_that_was_stopped_has_not_failed(self) -> None:
        assert stands(run("failed", error="stopped by a signal", cut_short=True), run("ok", 9)).state == "starting"

    def test_since_when_it_fails(self) -> None:
        failing = tuple(run("failed", minutes, "a.csv does not exist") for minutes in (1, 31, 61))
        assert stands(failing[0]).sentence == "a.csv does not exist. It is tried again on schedule."
        assert "It has failed 3 times since today 18:59" in stands(*failing, run("ok", 91)).sentence
        assert "at least 3 times" in stands(*failing).sentence

    def test_a_run_that_could_not_even_be_recorded(self) -> None:
        found = stands(ended=Ended("failed", "state s.db: cannot be used"))
        assert (found.state, found.sentence) == ("fails", "state s.db: cannot be used")

    def test_what_needs_a_person(self) -> None:
        assert stands(run("partial"), rows=1).words == "1 row needs you"
        both = stands(run("held"), held={"delete": 2, "update": 9}, rows=2)
        assert both.words == "2 deletes and 9 updates are held back until you decide"
        assert both.sentence == "2 rows need you, too. Everything else went on."

    def test_numbers_add_up_and_the_worst_comes_first(self) -> None:
        ok, bad, warn, none = stands(run("ok")), stands(run("failed")), stands(run("partial"), rows=3), stands()
        assert headline([ok, warn, bad, ok, none, warn]) == "1 fails, 2 need you, 1 starting, 2 fine"
        assert sum(share.count for share in shares([ok, warn, bad, ok, none, warn])) == 6
        assert headline([ok, ok]) == "Everything is in place"
        assert headline([warn]) == "3 rows need you"


class TestWhatIsHeldBack:
    def test_deletes_can_be_let_through_by_name(self) -> None:
        remedy = "if they are meant, run once with --max-deletes 7"
        (group,) = waits(*held("delete", "7 deletes of 20 are more than allowed", 7, remedy)).held
        assert (group.title, group.button, group.decidable) == ("7 deletes held back", "Delete these 7", True)
        assert group.reason == "7 deletes of 20 are more than allowed."
        assert group.command == "openphone-sync run -c '/etc/open phone/config.yaml' customers --max-deletes 7"
        assert len(group.people) == 7

    def test_updates_are_to_be_looked_at(self) -> None:
        view = waits(*held("delete", "too many", 2), *held("update", "far too many", 9))
        assert [group.decidable for group in view.held] == [False, True]
        assert view.held[0].command.endswith("customers --dry-run")

    def test_a_group_is_known_by_what_a_person_saw(self) -> None:
        one = held("delete", "too many", 3)
        assert mark_of(one) == mark_of(held("delete", "far too many", 3))
        assert mark_of(one) != mark_of(one[:2])
        assert mark_of(one) != mark_of([replace(one[0], person=Person("Ana Roe")), *one[1:]])


def test_rows_are_gathered_by_reason_and_each_reason_shows_some() -> None:
    short = [Problem(n, f"c{n}", "phone", "12", "is too short", "rejected") for n in range(400)]
    empty = [Problem(n, f"c{n}", "first", "", "firstName is empty", "rejected") for n in range(400, 420)]
    first, second = waits(*short, *empty).rows
    assert (first.title, first.count, len(first.first)) == ("phone: is too short", "400 rows", 10)
    assert len(first.first) + len(first.rest) + first.left_out == 400
    assert (second.count, len(second.first)) == ("20 rows", 10)


def test_quiet_runs_are_one_line() -> None:
    runs = [replace(run("ok", n * 10), id=100 - n) for n in range(5)]
    runs.insert(2, replace(run("ok", 25, updated=3), changes=3, id=7))
    view = runs_view("customers", runs, Moments(NOW, UTC), eventful=False, more=True)
    (day,) = view.days
    assert [line.quiet for line in day.runs] == [2, 0, 3]
    assert day.runs[1].did[0].words == "3 changed"
    assert view.older == "/syncs/customers/runs?before=96&show=all"


def test_thirty_runs_are_told_apart_by_height_too() -> None:
    drawn = ticks([run("ok"), run("failed"), run("held"), *[run("ok")] * 40], Moments(NOW, UTC))
    assert len(drawn.ticks) == SHOWN
    assert [tick.height for tick in drawn.ticks[-3:]] == [16, 22, 10]
    assert all(tick.y >= 0 and tick.y + tick.height == HEIGHT for tick in drawn.ticks)
    assert drawn.summary == "The last 30 runs: 28 fine, 1 needed you and 1 failed."


def test_the_summary_names_only_what_happened() -> None:
    assert summary(run("ok", rows=1204, created=3, unchanged=1201)) == "1,204 rows read: 3 added, 1,201 unchanged"


@pytest.mark.parametrize(("number", "expected"), [(0, ""), (1, "1 row is missing"), (1200, "1,200 rows are missing")])
def test_contacts_that_wait_are_said(number: int, expected: str) -> None:
    assert waiting(number).startswith(expected)


class TestTheChart:
    def test_nothing_to_draw(self) -> None:
        assert chart([], 0, NOW, UTC) is None

    def test_contacts_are_counted_back_from_now(self) -> None:
        day = 24 * 60
        runs = [
            run("ok", 0, created=5, deleted=1),
            run("ok", day, adopted=10, updated=2),
            run("ok", 2 * day, created=3),
        ]
        drawn = chart(runs, 17, NOW, UTC)
        assert drawn is not None
        titles = [bar.title for bar in drawn.bars]
        assert titles == [
            "22 Nov: 3 changes, 3 contacts",
            "23 Nov: 2 changes, 13 contacts",
            "24 Nov: 6 changes, 17 contacts",
        ]
        assert drawn.summary == "From 0 to 17 contacts, with 11 changes; at most 6 on one day."

    @pytest.mark.parametrize("contacts", [1, 500, 100_000])
    def test_everything_stays_in_the_picture(self, contacts: int) -> None:
        runs = [run("ok", days * 24 * 60, created=days % 3, deleted=days % 2, updated=days) for days in range(DAYS)]
        drawn = chart(runs, contacts, NOW, UTC)
        assert drawn is not None
        heights = [float(point.split()[1]) for point in drawn.line[1:].split(" L")]
        assert all(LINE_TOP <= height <= LINE_BOTTOM for height in heights)
        assert all(bar.y + bar.height <= BAR_BOTTOM + 0.1 for bar in drawn.bars)
        assert len(heights) == DAYS


def test_a_duration_is_said_in_one_unit() -> None:
    assert [words.duration(timedelta(seconds=s)) for s in (1, 59, 60, 3600 * 47, 86400 * 2)] == [
        "1 second", "59 seconds", "1 minute", "47 hours", "2 days"]  # fmt: skip


ONCE = "if they are meant, run once with"


@pytest.mark.parametrize(
    ("action", "remedy", "option", "advice"),
    [
        ("update", f"{ONCE} --max-rewrites 12", "--max-rewrites 12", ""),
        ("delete", f"{ONCE} --max-deletes 9", "--max-deletes 9", ""),  # with those held for other reasons
        ("delete", f"give the row its key, or {ONCE} --max-deletes 4", "--max-deletes 4", "Give the row its key."),
        ("create", "correct the keys in the source; if they are other people, run once with --max-deletes 5",
         "--max-deletes 5", "Correct the keys in the source."),
        ("update", "if they are meant, raise max_updates for one run", "--dry-run",
         "If they are meant, raise max_updates for one run."),
    ],
)  # fmt: skip
def test_what_lets_them_through_is_what_the_remedy_says(action: Action, remedy: str, option: str, advice: str) -> None:
    (group,) = waits(*held(action, "too many", 3, remedy)).held
    assert group.command.endswith(f"customers {option}")
    assert group.advice == advice
