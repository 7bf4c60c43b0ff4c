"""Whom a refusal speaks of: 400, 409 and 422 of a row; any other of the account, the address or the moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.openphone.errors import PutOff, Refused, TurnedAway
from sync.openphone.refusals import Refusal, about_a_row
from tests.support.odd_service import Asked, OddService, Told, error, odd_workbench, told
from tests.support.workbench import Workbench, people, person

Odd = tuple[Workbench, OddService]


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Odd]:
    with odd_workbench(tmp_path) as made:
        yield made


NOT_OF_A_ROW = {
    "402": error(402, "Payment required"),
    "404": error(404, "Route not found"),
    "405": told(405, "<h1>Method Not Allowed</h1>"),
    "406": error(406),
    "407": told(407, "<h1>Proxy Authentication Required</h1>"),
    "410": error(410, "This version is retired"),
    "413": told(413, "<h1>Request Entity Too Large</h1>"),
    "415": error(415),
    "421": told(421),
    "423": error(423),
    "426": told(426, None, Upgrade="h2c"),
    "428": error(428),
    "451": error(451),
    "301": told(301, None, Location="https://www.example.com/v1/contacts"),
    "302": told(302, None, Location="/login?next=/v1/contacts"),
    "303": told(303, None, Location="https://["),
    "307": told(307),
}


@pytest.mark.parametrize("status", NOT_OF_A_ROW)
def test_a_create_that_is_turned_away_once_is_sent_again_in_the_next_run(odd: Odd, status: str) -> None:
    bench, service = odd
    bench.write(people(3))
    service.once(NOT_OF_A_ROW[status], lambda asked: asked.is_create)
    first = bench.run()
    assert first.exit in (1, 3)
    assert status in first.stdout

    second = bench.run()
    assert second.exit == 0
    assert bench.wrong() == []
    assert bench.run().counts == {"unchanged": 3}


@pytest.mark.parametrize("status", NOT_OF_A_ROW)
def test_an_update_that_is_turned_away_once_is_sent_again_in_the_next_run(odd: Odd, status: str) -> None:
    bench, service = odd
    bench.write(people(3))
    bench.run()
    bench.write([person(0), person(1, last="Roe"), person(2)])
    answer = told(404, "<h1>Not Found</h1>") if status == "404" else NOT_OF_A_ROW[status]
    service.once(answer, lambda asked: asked.method == "PATCH")
    assert bench.run().exit in (1, 3)
    assert bench.run().exit == 0
    assert bench.wrong() == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(402, "Trial ended"), "not paid for"),
        (error(404), "openphone.base_url"),
        (told(302, None, Location="https://sso.example.com/?key=abc"), "https://sso.example.com, "),
        (told(407), "proxy"),
        (told(451), "legal"),
    ],
)
def test_what_meets_every_row_ends_the_run_with_one_sentence(odd: Odd, answer: Told, said: str) -> None:
    bench, service = odd
    bench.write(people(40))
    service.instead = lambda asked: answer if asked.is_create else None
    result = bench.run()
    assert (result.exit, result.sync["problems"]) == (1, [])
    assert said in result.error
    assert "\n" not in result.error
    assert "key=abc" not in result.stdout
    assert sum(1 for asked in service.asked if asked.is_create) <= 8, "only what was in flight already"

    service.instead = lambda asked: None
    assert bench.run().counts == {"created": 40}
    assert bench.wrong() == []


def test_what_is_too_large_is_put_off_and_the_others_go_on(odd: Odd) -> None:
    bench, service = odd
    bench.write(people(10))
    service.once(told(413, "<h1>too large</h1>"), lambda asked: asked.is_create)
    result = bench.run()
    assert (result.exit, result.counts) == (3, {"created": 9, "failed": 1})
    assert "sent again in the next run" in result.reasons("failed")[0]


def test_a_service_that_puts_everything_off_is_given_up(odd: Odd) -> None:
    bench, service = odd
    bench.write(people(100))
    service.instead = lambda asked: told(413) if asked.is_create else None
    result = bench.run()
    assert result.exit == 1
    assert "413" in result.error
    assert sum(1 for asked in service.asked if asked.is_create) <= 60


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_row_that_is_refused_is_not_sent_again_until_it_changes(odd: Odd, status: int) -> None:
    bench, service = odd
    bench.write(people(3))
    service.once(error(status, "Not this one"), lambda asked: asked.is_create)
    assert bench.run().counts == {"created": 2, "failed": 1}
    service.instead = lambda asked: None
    before = len(service.asked)
    assert bench.run().counts == {"unchanged": 2, "failed": 1}
    assert not any(asked.is_create for asked in service.asked[before:])


def test_a_proxys_404_deletes_nothing_from_the_state_and_makes_no_contact_anew(odd: Odd) -> None:
    bench, service = odd
    bench.write(people(12))
    bench.run()
    page = told(404, "<html><h1>404</h1>nginx</html>")
    bench.write([person(0, last="Roe"), *people(10, 1)])
    service.instead = lambda asked: page if asked.path.startswith("/v1/contacts/") else None
    assert bench.run().exit in (1, 3)
    service.instead = lambda asked: None
    bench.run()
    assert bench.wrong() == []
    assert bench.run().counts == {"unchanged": 11}


OLD_REASONS = {
    "OpenPhone refused it (402, code 0800402): Payment required": False,
    "OpenPhone refused it (404): no reason given": False,
    "OpenPhone refused it (302): no reason given": False,
    "OpenPhone refused it (400, code 0800400): Bad": True,
    "OpenPhone refused it (422): Bad": True,
    "the contact with this externalId belongs to the sync 'staff'": True,
    "OpenPhone says that this externalId is in use (409), but lists no contact with it.": True,
}


@pytest.mark.parametrize("reason", OLD_REASONS)
def test_rows_that_an_older_version_remembered_as_refused_are_tried_again_where_it_was_not_the_row(
    odd: Odd, reason: str
) -> None:
    bench, service = odd
    bench.write(people(2))
    service.once(error(400), lambda asked: asked.is_create)
    assert bench.run().counts == {"created": 1, "failed": 1}
    with closing(sqlite3.connect(bench.state)) as state, state:
        state.execute("UPDATE refusals SET reason = ?", [reason])
    assert about_a_row(reason) is OLD_REASONS[reason]
    expected = {"unchanged": 1, "failed": 1} if OLD_REASONS[reason] else {"unchanged": 1, "created": 1}
    assert bench.run().counts == expected


@pytest.mark.parametrize(
    ("status", "own", "kind"), [(404, True, Refused), (404, False, PutOff), (410, True, TurnedAway)]
)
def test_only_openphones_own_404_says_that_a_contact_is_gone(status: int, own: bool, kind: type) -> None:
    assert isinstance(Refusal(status, "", "PATCH /v1/contacts/…", own=own, of_a_contact=True).error(), kind)


def test_a_429_after_the_commit_makes_one_contact(tmp_path: Path) -> None:
    with odd_workbench(tmp_path, accept_doubles=True, list_lag=0.0) as (bench, service):
        bench.write(people(6))
        spoiled: list[Asked] = []

        def after(asked: Asked, answer: Told) -> Told:
            if asked.is_create and len(spoiled) < 3:
                spoiled.append(asked)
                return told(429, {"error": {"message": "Too Many Requests"}}, Retry_After="0")
            return answer

        service.after = after
        result = bench.run()
        assert (result.exit, result.counts) == (0, {"created": 6})
        assert len(spoiled) == 3
        assert bench.wrong() == []


@pytest.mark.parametrize("status", [408, 425])
def test_an_answer_of_the_moment_is_settled_by_a_look(tmp_path: Path, status: int) -> None:
    with odd_workbench(tmp_path, accept_doubles=True) as (bench, service):
        bench.write(people(2))
        left = [status]
        service.after = lambda asked, answer: told(left.pop()) if asked.is_create and left else answer
        assert bench.run().counts == {"created": 2}
        assert bench.wrong() == []
