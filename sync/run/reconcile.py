"""Rows → decisions → plan: which rows are in step, which are not, and what the workspace really holds of those.

Reads the source and the state and looks contacts up; writes nothing anywhere. Rows stream through: only decisions are
kept. What a row comes to stands in the table of ``plan.decide``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.base import Row
from sync.contacts.change import Create, InStep, Update
from sync.contacts.contact import Contact
from sync.contacts.problem import Problem
from sync.mapping.fields import shown
from sync.mapping.last_applied import last_applied
from sync.mapping.mapper import Understood
from sync.openphone.refusals import about_a_row
from sync.plan import doubles
from sync.plan.decide import (
    MAPPED,
    MISSING,
    READ,
    AsMapped,
    AsMissing,
    AsRead,
    Missing,
    Wanted,
    decide,
    fate,
    remove,
)
from sync.plan.foreign_hand import moved
from sync.plan.partial import Chosen
from sync.plan.parts import changed_parts, same_wishes
from sync.plan.plan import Findings
from sync.run import doubts
from sync.run.absences import Absences, Judged, Read
from sync.run.filtering import Filtering
from sync.run.identity import Identified
from sync.run.job import Job
from sync.run.looking import Looking
from sync.run.newcomers import Newcomers
from sync.run.other_hands import OtherHands
from sync.run.remarks import Remarks
from sync.run.session import Session
from sync.run.tally import Tally
from sync.run.understanding import Understanding
from sync.run.vanished import Vanished
from sync.run.verifying import verifying
from sync.run.whose_row import of_row

BATCH = 200
"""Contacts that the state is asked about at once."""

BREATH = 1000
"""Rows after which others may have their turn."""


class Reconciler:
    """Takes every row, then the end of the source; ``findings`` is what a plan is built from."""

    def __init__(self, rows: Understanding, job: Job, session: Session) -> None:
        self._rows = rows
        self._job = job
        self._at = session.at
        self._contacts = session.state.contacts
        self._looking = Looking(session, self._settle)
        self._tally = Tally()
        self._remarks = Remarks()
        self.filtering = Filtering(job.mapping.where, rows.identity, changes_only=False)
        self._fingerprints = rows.tracked
        self._refusals = {
            external_id: refusal
            for external_id, refusal in self._contacts.refusals(job.sync).items()
            if about_a_row(refusal[1])
        }
        self._intents = self._contacts.intents(job.sync)
        self.verifying = verifying(job, session)
        self._doubts = doubts.Doubts(doubts.read(session.state.notes, job.sync), session.at.clock.now())
        self._unsettled = self._intents.keys() | self._doubts.looked_at.keys()
        self._absences = Absences(session, rows.mapper)
        self._judged = Judged()
        self._hands = OtherHands(job, session.state.history, established=self.verifying.established)
        self._vanished = Vanished(job, session.state, self._tally)
        self._elsewhere: set[str] = set()
        self.seen: set[str] = set()
        self.chosen = Chosen(job.options.only, job.mapping.key_prefix)
        self.places: dict[str, int] = {}
        self._looks: dict[str, bytes] = {}
        self._newcomers = Newcomers(job, session, self._looking, self._fingerprints)
        self._said_gone: set[str] = set()
        self._unsure: list[tuple[Wanted, Understood]] = []
        self._open: list[Row] = []

    def findings(self) -> Findings:
        """What was found so far."""
        tally, foreign = self._tally, self._hands.signs
        return Findings(
            rows=tally.rows,
            read=tally.read,
            filtered=dict(self.filtering.reasons),
            unchanged=tally.unchanged,
            tracked=len(self._fingerprints),
            decisions=tally.decisions,
            gone=tally.gone,
            warnings=[*tally.warnings, *self._remarks.warnings(), *foreign.warnings()],
            mapping_changed=self._rows.mapping_changed,
            as_before=tally.as_before,
            own_rows=tally.own_rows,
            doubt=self._judged.doubt(foreign.words),
            waiting=tally.waiting,
            noted=replace(
                self._judged.noted,
                doubts=self._doubts.left(),
                verified=self.verifying.everything and self._judged.unusable is not None,
                foreign=foreign.words is not None,
            ),
        )

    async def prepare(self) -> None:
        """Wait until lists can be believed about creates that are in doubt; to verify, read the workspace."""
        if unsettled := [*self._intents.values(), *self._doubts.looked_at.values()]:
            age = self._at.clock.now() - max(unsettled)
            lag = self._at.client.patience.list_lag
            await self._at.clock.sleep(min(lag, max(0.0, lag - age)))
        if self.verifying.everything and self._fingerprints and self.chosen.everyone:
            await self._looking.read_everyone(self._fingerprints)

    async def take(self, row: Row) -> None:
        """One row of the source. Raises Stopped, and what the client and the state raise."""
        tally = self._tally
        self._rows.columns.note(row)
        kept = self.filtering.sieved(row)
        tally.rows += kept is not None or self.filtering.changes_only  # then it says that somebody is gone
        tally.read += 1
        if tally.read % BREATH == 0:
            await asyncio.sleep(0)
        if kept is None:
            return
        row = kept
        who = self._rows.identity.of(row)
        if who is None:
            self._open.append(row)
        else:
            await self._take(row, who)

    async def _take(self, row: Row, who: Identified | Problem) -> None:
        tally = self._tally
        chosen = isinstance(who, Identified) and self.chosen.concerns(who.external_id, *who.names)
        if chosen or self.chosen.everyone:
            self._rows.feedback.note(row, who)
        if isinstance(who, Problem):
            self._tell(who, row)
            self._absences.keyless(row)
            return
        fingerprint = self._rows.mapper.fingerprint(row)
        outcome = fate(READ, self._as_read(row, who, fingerprint))
        first = self._looks.get(who.look)
        self._looks.setdefault(who.look, fingerprint)
        self.seen.add(who.external_id)
        self.places.setdefault(who.external_id, len(self.places))
        match outcome:
            case "rejected":
                self._tell(self._unclear(row, who.external_id) or self._double(row, who.external_id), row)
                if first is not None:
                    self._absences.doubled(row, fingerprint, first)
                    if self._fingerprints.get(who.external_id) == fingerprint:
                        tally.own_rows.setdefault(who.external_id, row.number)
            case "repeated":
                pass
            case "gone":
                self._said_gone.add(who.external_id)
            case "unchanged":
                tally.unchanged += chosen
            case "failed":
                self._tell(self._refused_before(row, who.external_id), row)
            case _ if not chosen and who.external_id in self._fingerprints:
                pass  # others are not looked at; but who is new may be the same person as one of those
            case _:
                await self._map(row, who, fingerprint)

    def _as_read(self, row: Row, who: Identified, fingerprint: bytes) -> AsRead:
        external_id = who.external_id
        sure = self._sure(external_id)
        refused = self._refusals.get(external_id)
        again = self.verifying.asked or external_id in self._intents
        return AsRead(
            repeated=self._looks.get(who.look) == fingerprint,
            doubled=who.look in self._looks,
            unclear=row.problem is not None,
            deleted=row.deleted,
            in_step=sure and self._fingerprints.get(external_id) == fingerprint,
            refused=not again and refused is not None and refused[0] == fingerprint,
        )

    def _sure(self, external_id: str) -> bool:
        """Whether what the state remembers of this contact is believed without a look."""
        return not self.verifying.everything and external_id not in self._unsettled

    def _tell(self, problem: Problem, row: Row) -> None:
        self._tally.decisions.append(of_row(problem, row, self._rows.mapper))

    def _unclear(self, row: Row, external_id: str) -> Problem | None:
        return Problem(row.number, external_id, None, None, row.problem, "rejected") if row.problem else None

    def _double(self, row: Row, external_id: str) -> Problem:
        """A row whose key another row has: named by the cells that make the key, as the source has them."""
        key = self._rows.identity.cells(row)
        value = ", ".join(shown(cell).strip() for cell in key.values())
        reason = "another row before this one has the same key: the first counts"
        return Problem(row.number, external_id, ", ".join(key), value, reason, "rejected")

    def _refused_before(self, row: Row, external_id: str) -> Problem:
        said = self._at.redactor.said(self._refusals[external_id][1])
        reason = f"{said} (not sent again until the row, the mapping or the custom fields change)"
        return Problem(row.number, external_id, None, None, reason, "failed")

    async def _map(self, row: Row, who: Identified, fingerprint: bytes) -> None:
        """A row that may differ: what it wants, and whether that is what was last sent."""
        understood = self._rows.mapper.understand(row, who.external_id)
        self._remarks.understood(understood, row, who.external_id)
        if understood.desired is None:
            for problem in understood.problems:
                self._tell(problem, row)
            return
        tracked = who.external_id in self._fingerprints
        wanted = Wanted(
            row.number,
            understood.desired,
            fingerprint,
            who.contact_id,
            tracked,
            spelled=who.spelled,
            begun=who.external_id in self._intents,
            policies=understood.policies,
        )
        if not wanted.tracked:
            await self._newcomers.look(wanted)
            return
        self._unsure.append((wanted, understood))
        if len(self._unsure) >= BATCH:
            await self._compare_with_what_was_sent()

    async def _compare_with_what_was_sent(self) -> None:
        """Rows of tracked contacts: those that want what was last sent are in step without a look."""
        unsure, self._unsure = self._unsure, []
        ids = [wanted.external_id for wanted, _ in unsure]
        tracked = self._contacts.tracked(self._job.sync, ids) if unsure else {}
        for wanted, understood in unsure:
            known = tracked[wanted.external_id]
            last = last_applied(self._rows.mapper, understood, known.sent)
            as_sent = self._sure(known.external_id) and last is not None and last.again
            if fate(MAPPED, AsMapped(rejected=False, as_sent=as_sent)) == "unchanged":
                self._in_step(InStep(known.external_id, known.contact_id, wanted.fingerprint, as_sent=True))
            else:
                other = moved(known.sent, wanted.desired.to_json())
                await self._looking.look(replace(wanted, contact_id=known.contact_id, last=last, moved=other))

    async def settle(self) -> None:
        """The source has ended: rows that only now can be told apart, and whom the run concerns of those without."""
        for row, who in zip(self._open, self._rows.identity.settle(), strict=True):
            await self._take(row, who)
        if not self.chosen.everyone:
            known = self._contacts.ids(self._job.sync)
            for external_id in (known.keys() | self._intents.keys()) - self.seen:
                self.chosen.concerns(external_id, known.get(external_id))

    async def finish(self, read: Read) -> None:
        """Where every record was seen, what is missing is gone, or may be."""
        await self._newcomers.find()
        await self._compare_with_what_was_sent()
        said_gone = (self._said_gone | (self.filtering.left - self.seen)) & self._fingerprints.keys()
        missing = set(said_gone)
        if read.full:
            missing |= self.unseen()
            missing |= self._unsettled - self.seen
        if not self.chosen.everyone:
            missing &= self.chosen.keys
        self._judged = self._absences.judge(sorted(missing), self.seen, replace(read, said_gone=said_gone))
        if fate(MISSING, AsMissing(keep=self._job.safety.on_missing == "keep")) != "kept":
            await self._vanished.consider(sorted(missing), self._fingerprints, self._judged, self._looking)
        await self._looking.finish()
        ours = self.seen | self._fingerprints.keys() | self._intents.keys()
        tally = self._tally
        tally.decisions, alike = await self._newcomers.recognise(tally.decisions, ours, full=read.full)
        tally.warnings += alike

    def unseen(self) -> set[str]:
        """Tracked contacts of which the read said nothing."""
        return self._fingerprints.keys() - self.seen

    async def abandon(self) -> None:
        """Cancel what is still being looked up."""
        await self._looking.abandon()

    def _settle(self, item: Wanted | Missing, contacts: Sequence[Contact], owners: Mapping[str, str]) -> None:
        twice = doubles.doubles(item, contacts, self._job.label.text, owners)
        self._doubts.looked(item.external_id, doubled=twice is not None and bool(twice.spare))
        if twice is not None:
            goes = self.verifying.asked and bool(twice.spare)
            self._tally.warnings.append(doubles.warning(item, contacts, twice, goes=goes))
            if goes:
                self._tally.decisions.extend(remove(item.external_id, spare) for spare in twice.spare)
                contacts = [contact for contact in contacts if contact not in twice.spare]
                self._elsewhere.add(item.external_id)
                item = replace(item, contact_id=twice.stays.id) if item.contact_id else item
        if not isinstance(item, Missing):
            self._settle_wanted(item, contacts, owners)
        elif not self._vanished.settle(item, contacts, owners):
            self._may_still_come(item)

    def _may_still_come(self, item: Wanted | Missing) -> None:
        """Where the create was cut off that is not there, it may be carried out later."""
        if item.external_id in self._intents:
            self._doubts.unsettled(item.external_id, self._intents[item.external_id])

    def _settle_wanted(self, item: Wanted, contacts: Sequence[Contact], owners: Mapping[str, str]) -> None:
        named = item.contact_id is not None or item.spelled is not None
        if not item.tracked and named and contacts and contacts[0].external_id:
            # The row names its contact, or its key only looks the same: the contact's externalId stays as it is.
            self.chosen.renamed(item.external_id, contacts[0].external_id)
            self.places[contacts[0].external_id] = self.places.get(item.external_id, len(self.places))
            item = replace(item, desired=replace(item.desired, external_id=contacts[0].external_id))
        decision = decide(item, contacts, self._job.label, owners)
        self._remarks.kept(item, contacts, decision)
        if item.external_id not in self._unsettled:
            self._hands.note(item, contacts, decision)
        if isinstance(decision, InStep):
            self._in_step(decision)
            return
        self._tally.decisions.append(decision)
        if isinstance(decision, Update) and item.last is not None:
            same = same_wishes(changed_parts(decision), item.desired, item.last.sent)
            self._tally.as_before |= {decision.external_id: same} if same else {}
        if isinstance(decision, Create):
            self._may_still_come(item)

    def _in_step(self, step: InStep) -> None:
        self._tally.unchanged += 1
        known = self._fingerprints.get(step.external_id) == step.fingerprint
        if not known or step.external_id in self._intents or step.external_id in self._elsewhere:
            self._tally.decisions.append(step)
