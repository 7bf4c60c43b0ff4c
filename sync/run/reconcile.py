"""Rows → decisions → plan: which rows are in step, which are not, and what the workspace really holds of those.

Reads the source and the state and looks contacts up; writes nothing anywhere. Rows stream through: only decisions are
kept. What a row comes to stands in the table of ``plan.decide``.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Connector, IncompleteRead, ReadSummary, Row
from sync.contacts.change import Decision, Delete, InStep
from sync.contacts.contact import Contact
from sync.contacts.problem import Problem
from sync.contacts.warning import RowWarning
from sync.mapping.fields import shown
from sync.mapping.mapper import Mapper
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
from sync.plan.limits import RowsRead
from sync.plan.plan import Findings, Plan
from sync.run.feedback import Feedback
from sync.run.identity import Identified, Identity
from sync.run.job import Job
from sync.run.looking import Looking
from sync.run.other_keys import under_other_keys
from sync.run.session import Session

BATCH = 200
"""Contacts that the state is asked about at once."""

BREATH = 1000
"""Rows after which others may have their turn."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """How rows are understood: what they mean, which contact each is about, who shows what became of them."""

    mapper: Mapper
    identity: Identity
    feedback: Feedback


async def read_and_decide(connector: Connector, rows: Understanding, job: Job, session: Session) -> Plan:
    """Read the source to its end and decide everything. Sends nothing.

    Raises Stopped, and what the source, the client and the state raise.
    """
    reconciler = Reconciler(rows, job, session)
    notes, question = session.state.notes, _question(job, rows.mapper)
    try:
        job.watcher.phase(
            job.sync, "comparing with the workspace" if job.options.verify else "reading the source", None
        )
        await reconciler.prepare()
        bookmark = None if job.options.verify else _mark(notes.bookmark(job.sync), question)
        summary, incomplete = await _read(connector, bookmark, reconciler, job)
        await reconciler.finish(full=summary is not None and summary.full)
        found = reconciler.findings()
        missing = reconciler.unseen() if summary is None or summary.full else set[str]()
        same_people = await under_other_keys(missing, found.decisions, session)
    finally:
        await reconciler.abandon()
    found = replace(
        found,
        same_people=same_people,
        details=summary.details if summary else {},
        incomplete=str(incomplete) if incomplete else None,
        bookmark=f"{question} {summary.bookmark}" if summary and summary.bookmark is not None else None,
    )
    return Plan.build(job.sync, found, job.limits)


async def _read(
    connector: Connector, bookmark: str | None, reconciler: Reconciler, job: Job
) -> tuple[ReadSummary | None, IncompleteRead | None]:
    """Every row to the reconciler; the summary is None where the read is incomplete."""
    try:
        async for row in connector.read(bookmark):
            await reconciler.take(row)
            job.watcher.step()
    except IncompleteRead as error:
        return None, error
    return connector.summary(), None


def _mark(stored: str | None, question: str) -> str | None:
    """Where an incremental source left off; None where rows that it left out may now mean other contacts."""
    asked, _, bookmark = (stored or "").partition(" ")
    return bookmark if asked == question else None


def _question(job: Job, mapper: Mapper) -> str:
    identity = f"{job.mapping.key}{job.mapping.key_prefix}".encode()
    return hashlib.blake2b(mapper.digest + identity, digest_size=12).hexdigest()


@dataclass(slots=True)
class _Tally:
    """What reading the source amounts to, as it grows."""

    rows: int = 0
    keyless: int = 0
    unchanged: int = 0
    decisions: list[Decision] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)


class Reconciler:
    """Takes every row, then the end of the source; ``findings`` is what a plan is built from."""

    def __init__(self, rows: Understanding, job: Job, session: Session) -> None:
        self._rows = rows
        self._job = job
        self._at = session.at
        self._contacts = session.state.contacts
        self._looking = Looking(session, self._settle)
        self._tally = _Tally()
        self._fingerprints = self._contacts.fingerprints(job.sync)
        self._refusals = self._contacts.refusals(job.sync)
        self._intents = self._contacts.intents(job.sync)
        self._seen: set[str] = set()
        self._looks: set[str] = set()
        self._said_gone: set[str] = set()
        self._unsure: list[Wanted] = []

    def findings(self) -> Findings:
        """What was found so far."""
        tally = self._tally
        return Findings(
            rows=tally.rows,
            keyless=tally.keyless,
            unchanged=tally.unchanged,
            tracked=len(self._fingerprints),
            decisions=tally.decisions,
            gone=tally.gone,
            warnings=tally.warnings,
        )

    async def prepare(self) -> None:
        """Wait until lists can be believed about creates that were cut off; with ``verify`` read the workspace."""
        if self._intents:
            age = self._at.clock.now() - max(self._intents.values())
            lag = self._at.client.patience.list_lag
            await self._at.clock.sleep(min(lag, max(0.0, lag - age)))
        if self._job.options.verify and self._fingerprints:
            await self._looking.read_everyone(self._fingerprints)

    async def take(self, row: Row) -> None:
        """One row of the source. Raises Stopped, and what the client and the state raise."""
        tally = self._tally
        tally.rows += 1
        if tally.rows % BREATH == 0:
            await asyncio.sleep(0)
        who = self._rows.identity.of(row)
        self._rows.feedback.note(row, who)
        if isinstance(who, Problem):
            tally.keyless += 1
            tally.decisions.append(who)
            return
        fingerprint = self._rows.mapper.fingerprint(row)
        outcome = fate(READ, self._as_read(row, who, fingerprint))
        self._seen.add(who.external_id)
        self._looks.add(who.look)
        match outcome:
            case "rejected":
                tally.decisions.append(self._double(row, who.external_id))
            case "gone":
                self._said_gone.add(who.external_id)
            case "unchanged":
                tally.unchanged += 1
            case "failed":
                tally.decisions.append(self._refused_before(row, who.external_id))
            case _:
                await self._map(row, who, fingerprint)

    def _as_read(self, row: Row, who: Identified, fingerprint: bytes) -> AsRead:
        external_id = who.external_id
        sure = not self._job.options.verify and external_id not in self._intents
        refused = self._refusals.get(external_id)
        return AsRead(
            doubled=who.look in self._looks,
            deleted=row.deleted,
            in_step=sure and self._fingerprints.get(external_id) == fingerprint,
            refused=sure and refused is not None and refused[0] == fingerprint,
        )

    def _double(self, row: Row, external_id: str) -> Problem:
        """A row whose key another row has: named by the cells that make the key, as the source has them."""
        key = self._rows.identity.cells(row)
        value = ", ".join(shown(cell).strip() for cell in key.values())
        reason = "another row before this one has the same key: the first counts"
        return Problem(row.number, external_id, ", ".join(key), value, reason, "rejected")

    def _refused_before(self, row: Row, external_id: str) -> Problem:
        _, said = self._refusals[external_id]
        reason = f"{said} (not sent again until the row, the mapping or the custom fields change)"
        return Problem(row.number, external_id, None, None, reason, "failed")

    async def _map(self, row: Row, who: Identified, fingerprint: bytes) -> None:
        """A row that may differ: what it wants, and whether that is what was last sent."""
        desired, problems = self._rows.mapper.desired(row, who.external_id)
        if desired is None:
            self._tally.decisions.extend(problems)
            return
        wanted = Wanted(row.number, desired, fingerprint, who.contact_id, who.external_id in self._fingerprints)
        if not wanted.tracked:
            await self._looking.look(replace(wanted, spelled=who.spelled) if who.spelled else wanted)
            return
        self._unsure.append(wanted)
        if len(self._unsure) >= BATCH:
            await self._compare_with_what_was_sent()

    async def _compare_with_what_was_sent(self) -> None:
        """Rows of tracked contacts: those that want what was last sent are in step without a look."""
        unsure, self._unsure = self._unsure, []
        ids = [wanted.external_id for wanted in unsure]
        tracked = self._contacts.tracked(self._job.sync, ids) if unsure else {}
        for wanted in unsure:
            known = tracked[wanted.external_id]
            sure = not self._job.options.verify and known.external_id not in self._intents
            as_sent = sure and known.sent is not None and known.sent == wanted.desired.to_json()
            if fate(MAPPED, AsMapped(rejected=False, as_sent=as_sent)) == "unchanged":
                self._in_step(InStep(known.external_id, known.contact_id, wanted.fingerprint, as_sent=True))
            else:
                await self._looking.look(replace(wanted, contact_id=known.contact_id))

    async def finish(self, *, full: bool) -> None:
        """The source has ended. ``full``: every record was seen, so that what is missing is gone."""
        await self._compare_with_what_was_sent()
        missing = self._said_gone & self._fingerprints.keys()
        if full:
            missing |= self._fingerprints.keys() - self._seen
            missing |= self._intents.keys() - self._seen
        if fate(MISSING, AsMissing(keep=self._job.safety.on_missing == "keep")) != "kept":
            await self._consider_missing(sorted(missing))
        await self._looking.finish()

    def unseen(self) -> set[str]:
        """Tracked contacts of which the read said nothing."""
        return self._fingerprints.keys() - self._seen

    async def abandon(self) -> None:
        """Cancel what is still being looked up."""
        await self._looking.abandon()

    async def _consider_missing(self, external_ids: Sequence[str]) -> None:
        """Contacts whose rows are gone; where their deletes will be held back nobody needs to look at them."""
        rows = RowsRead(self._tally.rows, self._tally.keyless)
        certain = sum(1 for external_id in external_ids if external_id in self._fingerprints)
        refused = self._job.limits.deletes_refused(certain, len(self._fingerprints), rows)
        for start in range(0, len(external_ids), BATCH):
            batch = external_ids[start : start + BATCH]
            tracked = self._contacts.tracked(self._job.sync, batch)
            for external_id in batch:
                known = tracked.get(external_id)
                if known is not None and refused is not None:
                    self._tally.decisions.append(Delete(external_id, known.contact_id))
                else:
                    await self._looking.look(Missing(external_id, known.contact_id if known else None))

    def _settle(self, item: Wanted | Missing, contacts: Sequence[Contact], owners: Mapping[str, str]) -> None:
        if len(contacts) > 1:
            text = (
                f"{len(contacts)} contacts carry the externalId {item.external_id!r}: "
                f"{contacts[0].id} is kept in step, the others are left alone"
            )
            row = item.row if isinstance(item, Wanted) else None
            self._tally.warnings.append(RowWarning("doubles", text, row, item.external_id))
        if isinstance(item, Missing):
            self._settle_missing(item, contacts, owners)
        else:
            self._settle_wanted(item, contacts, owners)

    def _settle_missing(self, item: Missing, contacts: Sequence[Contact], owners: Mapping[str, str]) -> None:
        ours = [contact for contact in contacts if item.contact_id in (None, contact.id)]
        if item.contact_id is None:  # a create of ours was cut off; what it made, if it did, is nobody else's
            label = self._job.label.text
            ours = [contact for contact in ours if contact.source in (None, label) and contact.id not in owners]
        if fate(MISSING, AsMissing(ours=bool(ours))) == "deleted":
            self._tally.decisions.append(remove(item.external_id, ours[0]))
        else:
            self._tally.gone.append(item.external_id)

    def _settle_wanted(self, item: Wanted, contacts: Sequence[Contact], owners: Mapping[str, str]) -> None:
        named = item.contact_id is not None or item.spelled is not None
        if not item.tracked and named and contacts and contacts[0].external_id:
            # The row names its contact, or its key only looks the same: the contact's externalId stays as it is.
            item = replace(item, desired=replace(item.desired, external_id=contacts[0].external_id))
        decision = decide(item, contacts, self._job.label, owners)
        if isinstance(decision, InStep):
            self._in_step(decision)
        else:
            self._tally.decisions.append(decision)

    def _in_step(self, step: InStep) -> None:
        self._tally.unchanged += 1
        if self._fingerprints.get(step.external_id) != step.fingerprint or step.external_id in self._intents:
            self._tally.decisions.append(step)
