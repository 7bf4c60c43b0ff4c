"""What a service could draw out without end, bounded by us: lists, messages, answers, the pace it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.clock import Clock
from sync.openphone.pacing import Pace
from sync.openphone.transport import LARGEST
from tests.support.commands import command
from tests.support.odd_service import Asked, OddService, Told, error, odd_workbench, told
from tests.support.workbench import Workbench, people

Odd = tuple[Workbench, OddService]


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Odd]:
    with odd_workbench(tmp_path, accept_doubles=True) as made:
        yield made


# --- loops --------------------------------------------------------------------------------------------------------


def tokens(give: Callable[[int], Any], empty: bool = False) -> Callable[[Asked, Told], Told]:
    """Every list bears a token; from the second page on it may be empty."""
    count = iter(range(10**9))

    def after(asked: Asked, answer: Told) -> Told:
        if not asked.is_list:
            return answer
        payload = answer.json
        if empty and "pageToken" in asked.query:
            payload["data"] = []
        return told(200, payload | {"nextPageToken": give(next(count))})

    return after


TOKENS: dict[str, Callable[[int], Any]] = {
    "alternating": lambda number: "AB"[number % 2],
    "always new": lambda number: f"token-{number}",
    "always the same": lambda number: "x",
    "an object": lambda number: {"page": number},
    "a list": lambda number: [number],
    "true": lambda number: True,
    "a number": lambda number: number + 1,
    "of a megabyte": lambda number: "x" * 1_000_000,
}


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("options", [(), ("--verify",)])
def test_a_list_ends_whatever_tokens_it_bears(odd: Odd, kind: str, empty: bool, options: tuple[str, ...]) -> None:
    bench, service = odd
    bench.write(people(30))
    bench.run()
    service.after = tokens(TOKENS[kind], empty)
    before = len(service.asked)
    bench.write([*people(30), *people(5, 100)])
    result = bench.run(*options)
    # A page number that is taken for a token is refused by the sandbox: the run says so.
    assert result.exit in (0, 1, 3)
    assert len(service.asked) - before < 60
    if result.exit == 0:
        assert bench.wrong() == []


def test_a_list_that_ever_brings_something_new_is_given_up(odd: Odd) -> None:
    bench, service = odd
    bench.write(people(2))
    count = iter(range(10**9))

    def instead(asked: Asked) -> Told | None:
        if not asked.is_list:
            return None
        number = next(count)
        one = {"id": f"6a{number}", "externalId": "c1", "defaultFields": {"firstName": "Ana"}}
        return told(200, {"data": [one], "nextPageToken": f"t{number}"})

    service.instead = instead
    result = bench.run()
    assert result.exit == 1
    assert "does not end" in result.error
    assert len(service.asked) < 20


# --- sizes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 402])
def test_a_message_of_a_megabyte_is_cut_everywhere(odd: Odd, status: int) -> None:
    bench, service = odd
    bench.write(people(1))
    service.instead = lambda asked: error(status, "long " * 200_000) if asked.is_create else None
    result = bench.run("--log-level", "debug")
    assert result.exit in (1, 3)
    assert len(result.stdout) < 5000
    assert len(result.stderr) < 5000
    assert bench.state.stat().st_size < 200_000
    assert len(command(bench, "status").stdout) < 2000
    again = bench.run()
    assert len(again.stdout) < 5000


def test_an_answer_without_end_is_not_read(odd: Odd) -> None:
    bench, service = odd
    endless = told(200, {"data": ["x" * (LARGEST + 1)]})
    bench.write(people(1))
    service.instead = lambda asked: endless if asked.is_list else None
    result = bench.run()
    assert (result.exit, result.counts) == (1, {})


# --- headers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy",
    [
        f'"per-second"; q=10; w={"9" * 5000}',
        f'"per-second"; q={"9" * 5000}; w=1',
        '"per-second"; q=1; w=999999999',
        "q=0; w=0",
        "q=١٠; w=١",
    ],
    ids=lambda policy: policy[:40],
)
def test_a_policy_that_is_none_neither_stops_nor_halts_us(policy: str) -> None:
    pace = Pace(10, Clock(monotonic=lambda: 0.0))
    pace.heed(policy, f"r={'9' * 5000}; t=1")
    assert pace._per_second >= 1 / 60


def test_a_hostile_policy_does_not_stop_a_run(odd: Odd) -> None:
    bench, service = odd
    bench.write(people(2))

    def after(asked: Asked, answer: Told) -> Told:
        answer.headers["ratelimit-policy"] = f'"per-second"; q=10; w={"9" * 5000}'
        answer.headers["ratelimit"] = "r=-5; t=x"
        return answer

    service.after = after
    assert bench.run().counts == {"created": 2}
