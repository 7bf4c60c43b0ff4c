"""The page's words: how facts become sentences. No HTTP, no browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sync.daemon.web.facts import SyncFacts
from sync.daemon.web.page import Headline, Known, Moments, PageView, page

from sync.config.model import Config
from sync.contacts.problem import Action, Problem
from sync.daemon.runner import Ended
from sync.daemon.web import words
from sync.daemon.web.chart import BAR_BOTTOM, DAYS, LINE_BOTTOM, LINE_TOP, chart
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


def seen(*syncs: SyncFacts, **known: Any) -> PageView:
    plain = {"source": {"type": "google_sheets"}, "key": "id", "fields": {"firstName": "n"}}
    names = ["customers", "staff", "suppliers"][: len(syncs)]
    config = Config.model_validate({"openphone": {"api_key": "k"}, "syncs": dict.fromkeys(names, plain)})
    facts = dict(zip(names, syncs, strict=True))
    return page(config, PATH, facts, {name: Known("15m", **known) for name in names}, Moments(NOW, UTC))


def headline(facts: SyncFacts, **known: Any) -> Headline:
    return seen(facts, **known).syncs[0].headline


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


class TestHeadlines:
    def test_before_the_first_run(self) -> None:
        assert headline(SyncFacts()).words == "Has not run yet"
        assert headline(SyncFacts(), doing="sync").words == "The first sync is under way"
        assert headline(SyncFacts(runs=(run(None),))).words == "Has not run yet"

    def test_a_run_that_was_stopped_has_not_failed(self) -> None:
        facts = SyncFacts(
            runs=(run("failed", error="stopped by a signal after 3 changes", cut_short=True), run("ok", 9))
        )
        assert headline(facts).tone == "idle"

    def test_since_when_it_fails(self) -> None:
        failing = tuple(run("failed", minutes, "a.csv does not exist.") for minutes in (1, 31, 61))
        assert headline(SyncFacts(runs=failing[:1])).sentence == "a.csv does not exist. It is tried again on schedule."
        sentence = headline(SyncFacts(runs=(*failing, run("ok", 91)))).sentence
        assert "It has failed 3 times since today 18:59" in sentence
        assert "at least 3 times" in headline(SyncFacts(runs=failing)).sentence

    def test_a_run_that_could_not_even_be_recorded(self) -> None:
        found = headline(SyncFacts(), ended=Ended("failed", "state s.db: cannot be used"))
        assert (found.tone, found.sentence) == ("bad", "state s.db: cannot be used")

    def test_rows_are_counted_once_however_many_problems_they_have(self) -> None:
        twice = tuple(Problem(4, "c4", column, "x", "is wrong", "rejected") for column in ("phone", "email"))
        facts = SyncFacts(runs=(run("partial", rejected=1),), problems=twice)
        assert headline(facts).words == "1 row needs you"

    def test_the_worst_comes_first(self) -> None:
        ok, bad, warn = (SyncFacts(runs=(run(status),)) for status in ("ok", "failed", "partial"))
        assert seen(ok, bad, warn).headline.words == "1 of 3 syncs does not work"
        assert seen(ok, warn).headline.words == "1 of 2 syncs needs you"
        assert seen(ok, SyncFacts()).headline.words == "Getting started"
        assert seen(ok).headline.words == "Everything is in place"
        assert seen(bad).headline.words == "The sync does not work"


class TestWhatIsHeldBack:
    def test_deletes_can_be_let_through_once(self) -> None:
        problems = held("delete", "7 deletes of 20 are more than allowed", 7, "if they are meant, run once with …")
        sync = seen(SyncFacts(runs=(run("held", held=7),), problems=problems)).syncs[0]
        assert sync.headline.words == "7 deletes held back until you decide"
        (view,) = sync.held
        assert view.reason == "7 deletes of 20 are more than allowed"
        assert view.command == "openphone-sync run -c '/etc/open phone/config.yaml' customers --max-deletes 7"
        assert sync.problems == ()

    def test_updates_are_to_be_looked_at(self) -> None:
        problems = (*held("delete", "too many", 2), *held("update", "far too many", 9))
        sync = seen(SyncFacts(runs=(run("held", held=11),), problems=problems)).syncs[0]
        assert sync.headline.words == "2 deletes and 9 updates held back until you decide"
        assert sync.held[1].command.endswith("customers --dry-run")


def test_the_summary_names_only_what_happened() -> None:
    sync = seen(SyncFacts(runs=(run("ok", rows=1204, created=3, unchanged=1201),))).syncs[0]
    assert sync.summary == "1,204 rows read: 3 added, 1,201 unchanged"
    assert sync.source == "google sheets"


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
    ("action", "remedy", "option", "said"),
    [
        ("update", f"{ONCE} --max-rewrites 12", "--max-rewrites 12", "Too many"),
        ("delete", f"{ONCE} --max-deletes 9", "--max-deletes 9", "Too many"),  # with those held for other reasons
        ("delete", f"give the row its key, or {ONCE} --max-deletes 4",
         "--max-deletes 4", "Too many. Give the row its key"),
        ("create", "correct the keys in the source; if they are other people, run once with --max-deletes 5",
         "--max-deletes 5", "Too many. Correct the keys in the source"),
        ("update", f"{ONCE} --max-rewrites 30%", "--max-rewrites 30%", "Too many"),
        ("update", "if they are meant, raise max_updates for one run", "--dry-run", "Too many"),
    ],
)  # fmt: skip
def test_what_lets_them_through_is_what_the_remedy_says(action: Action, remedy: str, option: str, said: str) -> None:
    problems = held(action, "too many", 3, remedy)
    (view,) = seen(SyncFacts(runs=(run("held", held=3),), problems=problems)).syncs[0].held
    assert view.command.endswith(f"customers {option}")
    assert view.reason == said


@pytest.mark.parametrize(("number", "expected"), [(0, ""), (1, "1 row is missing"), (1200, "1,200 rows are missing")])
def test_contacts_that_wait_are_said(number: int, expected: str) -> None:
    sync = seen(SyncFacts(runs=(run("ok", rows=20, unchanged=20, waiting=number),))).syncs[0]
    assert sync.waiting.startswith(expected)
    assert ("missing once" in sync.summary) is (number > 0)
    assert sync.headline.tone == "good"  # no failure
