"""Random histories of one sync against a model: edits, faults, kills and what others do to the workspace.

The model is the rows, and the contacts that others touched since the workspace was last verified. At no moment does an
external id have two contacts; whatever happened before, a run without faults ends with what the rows say.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync.sandbox import FaultKind
from tests.support.workbench import Row, person, workbench

KEYS = st.integers(1, 7)
NAMES = st.sampled_from(["Roe", "Poe", "Núñez"])  # few, so that rows often go back to what they were
FAULTS = st.sampled_from(["drop_before", "drop_after", "500_before", "500_after", "html_after", "429", "400_refuse"])
METHODS = st.sampled_from([{"POST"}, {"PATCH"}, {"DELETE"}, {"POST", "PATCH", "DELETE"}, {"GET"}])


class Histories(RuleBasedStateMachine):
    """One sync with a handful of rows. Row 0 is always there: a source without rows deletes nothing."""

    figures: ClassVar[dict[str, int]] = {"faults": 0, "kills": 0, "runs": 0}

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.rows: dict[int, Row] = {0: person(0)}
        self.drifted: set[str] = set()
        self.refused = False

    @initialize(doubles=st.booleans(), demanding=st.booleans(), lag=st.sampled_from([0.0, 0.1]))
    def open(self, doubles: bool, demanding: bool, lag: float) -> None:
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.bench = self.stack.enter_context(
            workbench(folder, wait=0.15, accept_doubles=doubles, require_external_ids=demanding, list_lag=lag)
        )
        self.bench.hurry = 1 / 100
        self.bench.configure(max_deletes="100%", max_rewrites="100%")
        self.bench.sandbox.seed([{"externalId": "theirs", "firstName": "Ann"}, {"firstName": "Bob"}])

    def teardown(self) -> None:
        self.stack.close()

    # What people do to the source.

    @rule(key=KEYS, last=NAMES)
    def put_a_row(self, key: int, last: str) -> None:
        self.rows[key] = person(key, last=last)

    @rule(keys=st.sets(KEYS, min_size=1), last=NAMES)
    def put_rows(self, keys: set[int], last: str) -> None:
        self.rows |= {key: person(key, last=last) for key in keys}

    @rule(key=KEYS)
    def take_a_row_out(self, key: int) -> None:
        self.rows.pop(key, None)

    # What others do to the workspace.

    @rule(key=KEYS)
    def somebody_edits_a_contact(self, key: int) -> None:
        for contact in self.bench.sandbox.by_external_id(f"c{key}"):
            self.bench.sandbox.edit(contact["id"], lastName="Hacked")
            self.drifted.add(f"c{key}")

    @rule(key=KEYS)
    def somebody_removes_a_contact(self, key: int) -> None:
        for contact in self.bench.sandbox.by_external_id(f"c{key}"):
            self.bench.sandbox.remove(contact["id"])
            self.drifted.add(f"c{key}")

    # What happens to runs.

    @rule(
        keys=st.sets(KEYS, min_size=1),
        last=NAMES,
        kind=FAULTS,
        methods=METHODS,
        every=st.integers(1, 3),
        after=st.integers(0, 2),
    )
    def run_with_faults(
        self, keys: set[int], last: str, kind: FaultKind, methods: set[str], every: int, after: int
    ) -> None:
        self.rows |= {key: person(key, last=last) for key in keys}
        faults = self.bench.sandbox.faults
        faults.every(every, kind, methods, times=6, after=after)
        self.write()
        result = self.bench.run()
        faults.clear()
        assert result.exit in (0, 1, 3), result.error
        assert "Traceback" not in result.stderr
        self.refused = self.refused or kind == "400_refuse"
        self.count(faults=sum(1 for request in self.bench.sandbox.requests if request.fault))

    @rule(
        keys=st.sets(KEYS, min_size=1),
        last=NAMES,
        requests=st.integers(0, 4),
        milliseconds=st.integers(0, 30),
        hangs=st.booleans(),
    )
    def run_that_is_killed(self, keys: set[int], last: str, requests: int, milliseconds: int, hangs: bool) -> None:
        self.rows |= {key: person(key, last=last) for key in keys}
        self.write()
        if hangs:
            self.bench.sandbox.faults.every(1, "hang_after", {"POST", "PATCH", "DELETE"}, after=requests)
        process = self.bench.start()
        while process.poll() is None and len(self.bench.sandbox.requests) <= requests:
            time.sleep(0.002)
            if hangs and self.bench.sandbox.requests and self.bench.sandbox.requests[-1].fault:
                break
        time.sleep(milliseconds / 1000)
        process.kill()
        process.communicate()
        self.bench.sandbox.faults.clear()
        self.count(kills=process.returncode == -9)

    @rule()
    def lose_the_state(self) -> None:
        """Without it nobody knows whose contacts were those whose rows are gone: those rows come back first."""
        for contact in self.bench.sandbox.contacts.values():
            key = str(contact["externalId"] or "")
            if key.startswith("c") and int(key[1:]) not in self.rows:
                self.rows[int(key[1:])] = person(int(key[1:]))
        if self.bench.list_lag:
            time.sleep(0.1)  # a lost state is no reason to look before the lists have settled
        self.bench.forget_state()
        self.refused = False

    @precondition(lambda self: not self.refused)
    @rule()
    def run(self) -> None:
        """Undisturbed: what the rows say is what is there, but for what others touched unseen."""
        self.write()
        result = self.bench.run()
        assert result.exit == 0, (result.error, result.sync["problems"])
        wrong = [line for line in self.wrong() if line.partition(":")[0] not in self.drifted]
        assert wrong == []
        self.in_step()

    @rule()
    def verify(self) -> None:
        """Everything is as the rows say, whatever others did and the service refused."""
        self.write()
        result = self.bench.run("--verify")
        assert result.exit == 0, (result.error, result.sync["problems"])
        assert self.wrong() == []
        self.drifted.clear()
        self.refused = False
        self.in_step()

    @invariant()
    def nobody_is_there_twice_and_others_are_left_alone(self) -> None:
        if not hasattr(self, "bench"):
            return
        ids = [c["externalId"] for c in self.bench.sandbox.contacts.values()]
        assert len([key for key in ids if key]) == len({key for key in ids if key})
        assert "theirs" in ids
        assert None in ids

    def write(self) -> None:
        self.bench.write(self.rows.values())
        self.bench.sandbox.forget_requests()
        self.count(runs=1)

    def wrong(self) -> list[str]:
        return [line for line in self.bench.wrong() if line.partition(":")[0] not in ("theirs", "None")]

    def in_step(self) -> None:
        """One more run has nothing to do and asks next to nothing."""
        self.bench.sandbox.forget_requests()
        result = self.bench.run()
        assert result.counts == {"unchanged": len(self.rows)}
        assert self.bench.sandbox.writes() == []
        assert len(self.bench.sandbox.requests) <= 2

    def count(self, faults: int = 0, kills: int = 0, runs: int = 0) -> None:
        for name, more in (("faults", faults), ("kills", kills), ("runs", runs)):
            self.figures[name] += more


LIMITS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=12,
    print_blob=True,
)


def test_histories_end_as_the_rows_say() -> None:
    run_state_machine_as_test(Histories, settings=settings(LIMITS, max_examples=20))
