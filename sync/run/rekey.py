"""Contacts stay and get other keys: rows → former keys → moves → applied, recorded and undone like any other change.

Before anything is sent the state knows every contact's former key: a rekey that was cut off is finished by the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Connector, Row, SourceError
from sync.contacts.change import Change, InStep, Update
from sync.contacts.contact import Contact, Desired, sendable_source
from sync.contacts.problem import Problem
from sync.plan.decide import Missing, Wanted
from sync.plan.plan import Plan
from sync.plan.rekey import Known, Matching, Move, Unmatched, changed_key, in_waves, match_by_evidence, moves
from sync.plan.same_people import Likeness, shared_values
from sync.run.apply import apply
from sync.run.check import Checked, check
from sync.run.filtering import Filtering
from sync.run.identity import Identified, Identity, identity_for
from sync.run.job import Job
from sync.run.key_facts import IDENTITY, REKEYED, REKEYING, Keys, note_keys
from sync.run.looking import Looking
from sync.run.other_keys import people_tracked, values_there
from sync.run.reading import rows_of
from sync.run.report import SyncReport
from sync.run.session import Misconfigured, Session, Stopped, session
from sync.run.target import Target
from sync.run.whose_row import of_row

GOES_ON = "run 'openphone-sync state rekey' again for the rest"


async def rekey(job: Job) -> SyncReport:
    """Give the contacts of the sync the keys of their rows. Never raises for what a user, a source or OpenPhone can
    cause: the report tells."""

    async def give_keys(opened: Session) -> None:
        async with job.source.opened() as connector:
            checked = await check(job, connector)
            reader = _Reader(job, opened, checked, connector)
            plan, steps = await reader.decide()
        opened.report.expect(plan)
        if not job.at.dry_run:
            await _carry_out(plan, steps, Target(opened, job.mapping.source_label, checked.definitions), reader)
            note_keys(job, opened.state)

    return await session(job.at, give_keys, goes_on=GOES_ON, reads_every_row=False)


@dataclass(frozen=True, slots=True)
class _CutOff:
    """What a rekey that was cut off left behind: the keys of before, and contact id → its key then."""

    keys: Keys | None
    former: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def noted(cls, opened: Session) -> _CutOff:
        text = opened.state.notes.fact(opened.at.sync, REKEYING)
        if text is None:
            return cls(Keys.noted(opened.state, opened.at.sync))
        whole = json.loads(text)
        return cls(Keys.parse(whole["from"]), whole["former"])


class _Reader:
    """Reads the source and says which contact gets which key."""

    def __init__(self, job: Job, opened: Session, checked: Checked, connector: Connector) -> None:
        self._job = job
        self._opened = opened
        self._mapper = checked.mapper
        self._connector = connector
        contacts = opened.state.contacts
        self.cut_off = _CutOff.noted(opened)
        former = self.cut_off.former
        self.known = [Known(each, former.get(each, now), now) for now, each in contacts.ids(job.sync).items()]
        self._by_former = {known.former: known for known in self.known}
        self._by_id = {known.contact_id: known for known in self.known}
        self._fingerprints = contacts.fingerprints(job.sync)
        self._identity = identity_for(connector, job, checked.mapper, opened.state, self._fingerprints)
        self._former_identity = self._identity_before()
        self._matching = Matching()
        self._unmatched: list[Unmatched] = []
        self._problems: list[Problem] = []
        self._open: list[tuple[Row, Known | None]] = []
        self._rows = 0
        self._wanted: set[str] = set()

    def _identity_before(self) -> Identity | None:
        """How rows were told apart when the contacts got their keys; None where the source cannot say that any more."""
        keys = self.cut_off.keys
        if keys is None or keys == Keys.of(self._job.mapping):
            return self._identity
        mapping = self._job.mapping.model_copy(update={"key": keys.columns, "key_prefix": keys.prefix})
        mapper = replace(self._mapper, key_columns=keys.columns or (), key_prefix=keys.prefix)
        try:
            job = replace(self._job, mapping=mapping)
            return identity_for(self._connector, job, mapper, self._opened.state, self._fingerprints)
        except Misconfigured:
            return None

    async def decide(self) -> tuple[Plan, list[list[Update | InStep]]]:
        """The whole of it as a plan, and its changes in the order in which they are made."""
        filtering = Filtering(self._job.mapping.where, self._identity, changes_only=False)
        async for row in rows_of(self._connector, None):
            if (kept := filtering.sieved(row)) is not None:
                self._read(kept)
        for (row, known), who in zip(self._open, self._identity.settle(), strict=True):
            self._take(row, who, known)
        if not self._connector.summary().full:
            raise SourceError("the source gave only what changed since it was last read: a rekey needs every row")
        await self._match_the_rest()
        every = moves(self.known, self._matching.keys, self._wanted)
        found = await self._look([self._by_id[move.contact_id] for move in every])
        steps = [[self._step(move, found.get(move.contact_id)) for move in wave] for wave in in_waves(every)]
        changes = [step for wave in steps for step in wave if isinstance(step, Update)]
        plan = Plan(
            self._job.sync,
            rows=self._rows,
            unchanged=len(self.known) - len({change.contact_id for change in changes}),
            changes=tuple(changes),
            problems=(*self._problems, *self._doubts()),
        )
        return plan, steps

    def _read(self, row: Row) -> None:
        self._rows += 1
        who = self._identity.of(row)
        known = self._known(row, who)
        if who is None:
            self._open.append((row, known))
        else:
            self._take(row, who, known)

    def _take(self, row: Row, who: Identified | Problem, known: Known | None) -> None:
        if isinstance(who, Problem) or row.deleted:
            self._problems += [of_row(who, row, self._mapper)] if isinstance(who, Problem) else []
            return
        if who.look in self._wanted:
            reason = "another row before this one has the same key: the first counts"
            problem = Problem(row.number, who.external_id, None, None, reason, "rejected")
            self._problems.append(of_row(problem, row, self._mapper))
            return
        self._wanted |= {who.external_id, who.look}
        if known is not None and known.contact_id not in self._matching.keys:
            self._matching.keys[known.contact_id] = who.external_id
            return
        desired, _ = self._mapper.desired(row, who.external_id)
        if desired is not None:
            self._unmatched.append(Unmatched(row.number, Likeness.wanted(desired)))

    def _known(self, row: Row, who: Identified | Problem | None) -> Known | None:
        """The contact that the row had, by its former key, or by the contact id in its cell."""
        former = self._former_identity
        was = who if former is self._identity else former.of(row) if former else None
        if was is None or isinstance(was, Problem):
            return None
        return self._by_id.get(was.contact_id or "") or self._by_former.get(was.external_id)

    async def _match_the_rest(self) -> None:
        rest = {known.now: known for known in self.known if known.contact_id not in self._matching.keys}
        if not rest or not self._unmatched:
            return
        people = {
            rest[person.external_id].contact_id: replace(person, external_id=rest[person.external_id].former)
            for person in await people_tracked(rest, self._opened)
        }
        shared = shared_values(people.values(), (row.person for row in self._unmatched))
        match_by_evidence(self._unmatched, people, values_there(shared, rest, self._opened), self._matching)

    def _doubts(self) -> list[Problem]:
        return [
            Problem(
                row.row,
                row.person.external_id,
                None,
                None,
                f"its contact may be {' or '.join(were)}, and nothing tells which: it was left as it is",
                "rejected",
            )
            for row, were in self._matching.doubtful
        ]

    async def _look(self, known: Sequence[Known]) -> dict[str, Contact]:
        """Contact id → what the workspace holds, of those that get another key."""
        found: dict[str, Contact] = {}

        def settle(item: Wanted | Missing, contacts: Sequence[Contact], owners: Mapping[str, str]) -> None:
            found.update({str(one.id): one for one in contacts if one.id == item.contact_id})

        looking = Looking(self._opened, settle)
        try:
            for one in known:
                await looking.look(Missing(one.now, one.contact_id))
            await looking.finish()
        finally:
            await looking.abandon()
        return found

    def _step(self, move: Move, held: Contact | None) -> Update | InStep:
        """One request that changes the key alone; none where the contact is gone, or carries its key already."""
        fingerprint = self._fingerprints.get(self._by_id[move.contact_id].now)
        if held is None or held.external_id == move.new:
            return InStep(move.new, move.contact_id, fingerprint, as_sent=True)
        known = self._opened.state.contacts.by_contact_id(self._job.sync, move.contact_id)
        sent = known.sent if known else None
        desired = Desired.from_json(move.new, sent) if sent is not None else None
        after = replace(held, source=sendable_source(held.source, self._job.label.text))
        return changed_key(Update(move.new, None, move.contact_id, held, after, desired, fingerprint), move)


async def _carry_out(plan: Plan, steps: Sequence[Sequence[Update | InStep]], target: Target, reader: _Reader) -> None:
    """Wave by wave. Raises Stopped; what failed leaves the rest for another rekey."""
    opened = target.session
    notes, sync = opened.state.notes, opened.at.sync
    before = reader.cut_off.keys.text if reader.cut_off.keys else notes.fact(sync, IDENTITY)
    if steps:
        former = {known.contact_id: known.former for known in reader.known}
        notes.set_fact(sync, REKEYING, json.dumps({"from": before, "former": former}))
    for wave in steps:
        changes: tuple[Change, ...] = tuple(step for step in wave if isinstance(step, Update))
        in_step = tuple(step for step in wave if isinstance(step, InStep))
        await apply(Plan(sync, changes=changes, in_step=in_step), target, opened.report.add)
        if opened.at.stop.is_set():
            raise Stopped
        if any(problem.kind == "failed" for problem in opened.report.problems):
            raise SourceError(f"not every contact got its new key: {GOES_ON}")
    if steps:
        notes.set_fact(sync, REKEYED, json.dumps({"run": opened.run, "from": before}))
    notes.set_fact(sync, REKEYING, None)
