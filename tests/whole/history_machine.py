"""Random histories of one sync against a model: edits, accidents, faults, kills, and what others do to the workspace.

At no moment is anybody lost, doubled, renamed or emptied, unless a limit was passed on purpose; whatever happened
before, a run without faults ends with what the rows say; and every dry run is the run that follows it.
``python -m tests.whole.histories`` plays many.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from sync.sandbox import FaultKind
from tests.support.accidents import ACCIDENTS, HELD, SPELLINGS, Accident, spelled_anew
from tests.support.history_model import HACKED, row_of
from tests.support.workbench import ended
from tests.whole.history_bench import KEYS, PAGE, HistoryBench, told

NAMES = st.sampled_from(["Roe", "Poe", "Núñez"])  # few, so that rows often go back to what they were
FAULTS = st.sampled_from(["drop_before", "drop_after", "500_before", "500_after", "html_after", "429", "400_refuse"])
OF_THE_ACCOUNT = st.sampled_from(["401", "403"])
MET = st.sets(st.integers(1, 9), min_size=1, max_size=4)
METHODS = st.sampled_from([{"POST"}, {"PATCH"}, {"DELETE"}, {"POST", "PATCH", "DELETE"}, {"GET"}])
DAY = 90_000


class Histories(HistoryBench):
    """What may happen, in any order."""

    # What people do to the source.

    @precondition(lambda self: self.accident is None)
    @rule(keys=st.sets(KEYS, min_size=1), last=NAMES)
    def put_rows(self, keys: set[int], last: str) -> None:
        for key in keys:
            self.model.put(key, last=last)

    @rule(key=KEYS, last=NAMES)
    def edit_a_row(self, key: int, last: str) -> None:
        if self.accident is None or key in self.model.home:
            self.model.put(key, last=last)

    @precondition(lambda self: self.accident is None)
    @rule(key=KEYS)
    def take_a_row_out(self, key: int) -> None:
        if key in self.model.people and self.model.in_step is None:
            self.model.may_stay.add(self.model.key_of(key))  # an older state may never have known it
        self.model.take_out(key)

    @precondition(lambda self: self.accident is None)
    @rule(accident=st.sampled_from([each for each in ACCIDENTS if each.keys]), met=MET, faults=st.booleans())
    def an_accident_in_the_keys(self, accident: Accident, met: set[int], faults: bool) -> None:
        self.happen(accident, met, faults)

    @precondition(lambda self: self.accident is None)
    @rule(accident=st.sampled_from([each for each in ACCIDENTS if not each.keys]), met=MET, faults=st.booleans())
    def an_accident_in_the_source(self, accident: Accident, met: set[int], faults: bool) -> None:
        self.happen(accident, met, faults)

    def happen(self, accident: Accident, met: set[int], faults: bool) -> None:
        """It happens while all is in step, and stays until somebody mends it."""
        if accident.files and self.crm is not None:
            return
        self.settle()
        for number in range(1, 6 - len(self.model.people)):
            self.model.put(number)
        if self.model.in_step is None or self.model.in_step.keys() != self.model.people.keys():
            self.settle()
        self.accident = accident
        self.met = sorted({1 + place % (len(self.model.people) - 1) for place in met})
        self.count("accidents")
        if faults:
            self.broken_run("drop_after", {"POST", "PATCH", "DELETE"}, 2)
        self.run()

    @precondition(lambda self: self.accident is not None)
    @rule()
    def the_accident_is_mended(self) -> None:
        self.accident = None
        homes = dict(self.model.home)
        self.settle()
        assert {number: self.model.home[number] for number in homes} == homes
        self.count("mended")

    @precondition(lambda self: self.accident is None)
    @rule(spelling=st.sampled_from(sorted(SPELLINGS)), met=st.sets(st.integers(0, 9), min_size=1), faults=st.booleans())
    def keys_are_meant_to_be_others(self, spelling: str, met: set[int], faults: bool) -> None:
        """The source's keys change for good, and the contacts go along."""
        self.settle()
        rows = self.model.rows()
        places = sorted({place % len(rows) for place in met})
        spelled = spelled_anew(rows, self.model.key, places, SPELLINGS[spelling])
        self.model.people = dict(zip(sorted(self.model.people), spelled, strict=True))
        homes = self.model.home
        self.model.home = {}
        self.rekey(faults)
        assert self.model.home == homes

    @precondition(lambda self: self.accident is None)
    @rule(key=st.sampled_from(["id", "code"]), prefix=st.sampled_from(["", "p-"]), back=st.booleans())
    def the_key_is_another_column(self, key: str, prefix: str, back: bool) -> None:
        self.settle()
        before = (self.model.key, self.model.prefix)
        if (key, prefix) == before:
            return
        homes = self.model.home
        self.model.home = {}
        self.model.key, self.model.prefix = key, prefix
        self.configure()
        self.write()
        refused = self.bench.run()
        assert (refused.exit, self.bench.sandbox.writes()) == (2, [])
        assert "state rekey" in refused.error
        if back:
            self.model.key, self.model.prefix = before
            self.configure()
            self.settle()
        else:
            self.rekey(faults=False)
        assert self.model.home == homes

    @precondition(lambda self: self.accident is None)
    @rule(name=st.sampled_from(["customers", "clients"]), back=st.booleans())
    def the_sync_has_another_name(self, name: str, back: bool) -> None:
        self.settle()
        if name == self.name:
            return
        before, self.name = self.name, name
        self.configure()
        self.write()
        refused = self.bench.run()
        assert (refused.exit, self.bench.sandbox.writes()) == (2, [])
        assert f"state rename {before} {name}" in refused.error
        if back:
            self.name = before
            self.configure()
        else:
            assert self.command("state", "rename", before, name).exit == 0
            self.other_state = None
        self.in_step()

    @precondition(lambda self: self.accident is None and not self.forgot)  # it must know what it wrote itself
    @rule(label=st.sampled_from(["mobile", "cell"]), faults=st.booleans())
    def a_label_has_another_name(self, label: str, faults: bool) -> None:
        self.settle()
        if label == self.model.label:
            return
        self.model.label = label
        self.other_state = None
        self.configure()
        if faults:
            self.broken_run("500_after", {"PATCH"}, 2)
            self.settle()
            return
        self.write()
        result = self.same_as_the_dry_run()
        assert (result.exit, result.counts) == (0, {"updated": len(self.model.people)}), told(result)
        self.after_a_whole_run(result)

    # What others do to the workspace.

    @precondition(lambda self: self.accident is None)
    @rule(key=KEYS)
    def somebody_edits_a_contact(self, key: int) -> None:
        for contact in self.contacts_of(key):
            self.bench.sandbox.edit(contact["id"], lastName=HACKED)
            self.model.drifted.add(key)

    @precondition(lambda self: self.accident is None)
    @rule(key=KEYS)
    def somebody_removes_a_contact(self, key: int) -> None:
        for contact in self.contacts_of(key):
            self.bench.sandbox.remove(contact["id"])
            self.model.home.pop(key, None)
            self.model.drifted.add(key)

    @precondition(lambda self: self.accident is None)
    @rule(key=KEYS)
    def somebody_made_a_contact_by_hand(self, key: int) -> None:
        """Then the person appears in the source: with match_on it is theirs, without it stays beside theirs."""
        if key in self.model.people or key in self.model.by_hand.values() or self.contacts_of(key):
            return
        self.settle()
        if self.contacts_of(key):
            return
        row = row_of(key)
        phone = [{"name": "mobile", "value": row["phone"]}]
        (contact_id,) = self.bench.sandbox.seed([{"firstName": "Anita", "role": "Boss", "phoneNumbers": phone}])
        self.model.put(key)
        if not self.match:
            self.model.by_hand[contact_id] = key
        self.settle()
        assert (self.model.home[key] == contact_id) is self.match
        assert self.bench.sandbox.contacts[contact_id]["defaultFields"]["role"] == "Boss"

    # What happens to runs.

    @rule(
        keys=st.sets(KEYS, min_size=1),
        last=NAMES,
        kind=FAULTS | OF_THE_ACCOUNT,
        methods=METHODS,
        every=st.integers(1, 3),
        after=st.integers(0, 2),
    )
    def run_with_faults(
        self, keys: set[int], last: str, kind: FaultKind, methods: set[str], every: int, after: int
    ) -> None:
        self.edit(keys, last)
        self.broken_run(kind, methods, every, after)

    @rule(
        keys=st.sets(KEYS, min_size=1),
        last=NAMES,
        requests=st.integers(0, 4),
        milliseconds=st.integers(0, 30),
        hangs=st.booleans(),
    )
    def run_that_is_killed(self, keys: set[int], last: str, requests: int, milliseconds: int, hangs: bool) -> None:
        self.edit(keys, last)
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
        self.model.in_step = None
        self.count("kills", process.returncode == -9)

    @precondition(lambda self: self.state_url is not None)
    @rule(keys=st.sets(KEYS, min_size=1), last=NAMES, requests=st.integers(0, 6))
    def two_runs_whose_connections_break(self, keys: set[int], last: str, requests: int) -> None:
        self.edit(keys, last)
        self.write()
        first = self.bench.start()
        while first.poll() is None and len(self.bench.sandbox.requests) <= requests:
            time.sleep(0.002)
        self.cut_connections()
        second = self.bench.start()
        for result in (ended(first), ended(second)):
            assert result.exit in (0, 1, 3, 4, 5) or (result.exit == 2 and self.accident), told(result)
            assert "Traceback" not in result.stderr
        self.model.in_step = None
        self.count("cut off")

    @precondition(lambda self: self.accident is None and self.state_url is None)
    @rule()
    def lose_the_state(self) -> None:
        """Without it nobody knows whose contacts were those whose rows are gone: those rows come back first."""
        for number in range(10):
            if number not in self.model.people and self.contacts_of(number):
                self.model.put(number)
        self.lists_settle()
        self.bench.forget_state()
        self.another_state()

    @precondition(lambda self: self.accident is None and self.state_url is None)
    @rule()
    def another_state_takes_over(self) -> None:
        """A backup that is restored, a laptop beside the server: what it does not know, it cannot delete."""
        self.lists_settle()
        aside = Path(self.stack.enter_context(TemporaryDirectory()))
        for file in self.folder.glob("state.db*"):
            shutil.move(file, aside)
        if self.other_state is not None:
            for file in self.other_state.iterdir():
                shutil.copy(file, self.folder)
        self.other_state = aside
        wanted = {self.model.key_of(number) for number in self.model.people}
        ids = {contact["externalId"] for contact in self.bench.sandbox.contacts.values()}
        self.model.may_stay |= ids - wanted - {None, "theirs"}
        self.another_state()
        self.count("other states")

    @precondition(lambda self: self.accident is None)
    @rule()
    def a_day_passes(self) -> None:
        """So that the next run looks at everything by itself."""
        self.settle()
        for contact in self.contacts_of(0):
            self.bench.sandbox.edit(contact["id"], company="Elsewhere")
        self.offset += DAY
        self.write()
        result = self.same_as_the_dry_run()
        assert (result.exit, result.counts.get("updated")) == (0, 1), told(result)
        assert self.wrong() == []

    @precondition(lambda self: self.crm is not None and self.accident is None)
    @rule()
    def a_run_whose_pages_slip(self) -> None:
        """The first record moves to the end between two pages: one is not seen, another twice."""
        self.settle()
        if len(self.model.people) <= PAGE:
            return
        self.slips = True
        self.write()
        result = self.same_as_the_dry_run()
        self.slips = False
        assert (result.exit, result.counts.get("deleted")) == (0, None), told(result)
        assert result.counts.get("waiting") == 1
        self.settle()
        self.count("slips")

    @precondition(lambda self: not self.refused)
    @rule()
    def run(self) -> None:
        """Undisturbed: what the rows say is what is there, but for what others touched unseen."""
        self.write()
        result = self.same_as_the_dry_run()
        if self.accident is not None:
            expected = self.accident.exits | ({HELD} if self.model.beyond_a_limit() is not False else set())
            assert result.exit in expected, (self.accident.name, result.exit, told(result))
            self.unharmed()
            return
        beyond = self.model.beyond_a_limit()
        if beyond is not None:
            assert (result.exit == 4) is beyond, (result.exit, told(result))
        if result.exit == 4 or result.counts.get("waiting"):
            self.settle()
            return
        assert result.exit == 0, told(result)
        self.after_a_whole_run(result)

    @precondition(lambda self: self.accident is None)
    @rule()
    def verify(self) -> None:
        """Everything is as the rows say, whatever others did and the service refused."""
        self.settle("--verify")
        self.in_step()

    @invariant()
    def nobody_is_harmed(self) -> None:
        if hasattr(self, "bench"):
            self.unharmed()

    def edit(self, keys: set[int], last: str) -> None:
        for key in keys:
            self.edit_a_row(key, last)
