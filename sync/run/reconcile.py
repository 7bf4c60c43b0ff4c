"""Rows → decisions: which rows are in step, which are not, and what the workspace really holds of those.

Reads the state and looks contacts up; writes nothing anywhere. Rows stream through: only decisions are kept.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from connectors.base import Row
from sync.contacts.contact import Contact
from sync.contacts.problem import Problem
from sync.mapping.fields import shown
from sync.mapping.mapper import Mapper
from sync.openphone.client import IDS_PER_LOOKUP, OpenPhone, Refused
from sync.plan.plan import Change, Decision, InStep, Limits, Reading, Wanted, decide, deletes_refused, remove
from sync.run.identity import Identified, Identity
from sync.state.contacts import State

SENT_BATCH = 200
LOOKUPS_IN_FLIGHT = 6


class Stopped(Exception):
    """A signal asked the run to end."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A contact of ours (or one that we may have made before a crash) whose row is gone."""

    external_id: str
    contact_id: str | None


@dataclass(slots=True)
class Tally:
    """What reading the source amounted to, as it grows."""

    rows: int = 0
    keyless: int = 0
    unchanged: int = 0
    decisions: list[Decision] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Reconciler:
    """Takes every row, then the end of the source; ``tally.decisions`` is what a plan is built from."""

    def __init__(
        self,
        *,
        sync: str,
        mapper: Mapper,
        identity: Identity,
        client: OpenPhone,
        state: State,
        source: str,
        own_label: bool,
        verify: bool,
        stop: asyncio.Event,
        saw: Callable[[Row, Identified | Problem], None] = lambda row, who: None,
    ) -> None:
        self._saw = saw
        self._sync = sync
        self._mapper = mapper
        self._identity = identity
        self._client = client
        self._state = state
        self._source = source
        self._own_label = own_label
        self._verify = verify
        self._stop = stop
        self.tally = Tally()
        self.held = state.fingerprints(sync)
        self._refusals = state.refusals(sync)
        self._intents = state.intents(sync)
        self._seen: set[str] = set()
        self._said_gone: set[str] = set()
        self._unsure: list[Wanted] = []
        self._queue: list[Wanted | Missing] = []
        self._lookups: set[asyncio.Task[None]] = set()
        self._snapshot: dict[str, list[Contact]] = {}

    async def prepare(self) -> None:
        """Wait until lists can be believed about creates that were cut off; with ``verify`` read the workspace."""
        if self._intents:
            age = time.time() - max(self._intents.values())
            lag = self._client.list_lag
            await asyncio.sleep(min(lag, max(0.0, lag - age)))
        if self._verify and self.held:
            self._snapshot = await self._read_workspace()

    async def take(self, row: Row) -> None:
        """One row of the source. Raises Stopped, and what the client and the state raise."""
        tally = self.tally
        tally.rows += 1
        if tally.rows % 1000 == 0:
            await asyncio.sleep(0)
        who = self._identity.of(row)
        self._saw(row, who)
        if isinstance(who, Problem):
            tally.keyless += 1
            tally.decisions.append(who)
            return
        external_id = who.external_id
        if external_id in self._seen:
            tally.decisions.append(self._double(row, external_id))
            return
        self._seen.add(external_id)
        if row.deleted:
            self._said_gone.add(external_id)
            return
        fingerprint = self._mapper.fingerprint(row)
        if not self._verify and external_id not in self._intents:
            if self.held.get(external_id) == fingerprint:
                tally.unchanged += 1
                return
            refused = self._refusals.get(external_id)
            if refused is not None and refused[0] == fingerprint:
                reason = f"{refused[1]} (not sent again until the row, the mapping or the custom fields change)"
                tally.decisions.append(Problem(row.number, external_id, None, None, reason, "failed"))
                return
        desired, problems = self._mapper.desired(row, external_id)
        tally.decisions.extend(problems)
        if desired is None:
            return
        await self._consider(Wanted(row.number, desired, fingerprint, who.contact_id, external_id in self.held))

    def _double(self, row: Row, external_id: str) -> Problem:
        """A row whose key another row has: named by the cells that make the key, as the source has them."""
        key = self._identity.cells(row)
        value = ", ".join(shown(cell).strip() for cell in key.values())
        reason = "another row before this one has the same key: the first counts"
        return Problem(row.number, external_id, ", ".join(key), value, reason, "rejected")

    async def finish(self, *, full: bool, delete_missing: bool, limits: Limits) -> None:
        """The source has ended. ``full``: every record was seen, so that what is missing is gone."""
        await self._flush_unsure()
        missing = self._said_gone & self.held.keys()
        if full:
            missing |= {external_id for external_id in self.held if external_id not in self._seen}
            missing |= {external_id for external_id in self._intents if external_id not in self._seen}
        if missing and delete_missing:
            await self._consider_missing(sorted(missing), limits)
        if self._queue:
            self._start_lookup()
        await self._drain(0)

    async def abandon(self) -> None:
        """Cancel what is still being looked up."""
        for task in self._lookups:
            task.cancel()
        await asyncio.gather(*self._lookups, return_exceptions=True)

    async def _consider(self, wanted: Wanted) -> None:
        if wanted.tracked:
            self._unsure.append(wanted)
            if len(self._unsure) >= SENT_BATCH:
                await self._flush_unsure()
        else:
            await self._look_up(wanted)

    async def _flush_unsure(self) -> None:
        """Rows of held contacts: those that want what was last sent are in step without a look."""
        unsure, self._unsure = self._unsure, []
        held = self._state.held(self._sync, [wanted.desired.external_id for wanted in unsure]) if unsure else {}
        for wanted in unsure:
            known = held[wanted.desired.external_id]
            sure = not self._verify and known.external_id not in self._intents
            if sure and known.sent is not None and known.sent == wanted.desired.to_json():
                self._in_step(InStep(known.external_id, known.contact_id, wanted.fingerprint, as_sent=True))
            else:
                await self._look_up(replace(wanted, contact_id=known.contact_id))

    async def _consider_missing(self, external_ids: Sequence[str], limits: Limits) -> None:
        reading = Reading(self.tally.rows, self.tally.keyless)
        certain = [external_id for external_id in external_ids if external_id in self.held]
        will_be_held = deletes_refused(len(certain), len(self.held), limits, reading) is not None
        for start in range(0, len(external_ids), SENT_BATCH):
            batch = external_ids[start : start + SENT_BATCH]
            held = self._state.held(self._sync, batch)
            for external_id in batch:
                known = held.get(external_id)
                if known is not None and will_be_held:
                    self.tally.decisions.append(Change("delete", external_id, None, known.contact_id))
                else:
                    await self._look_up(Missing(external_id, known.contact_id if known else None))

    async def _look_up(self, item: Wanted | Missing) -> None:
        external_id = _external_id(item)
        if external_id in self._snapshot:
            await self._settle([item], {external_id: self._snapshot[external_id]})
            return
        self._queue.append(item)
        if len(self._queue) >= IDS_PER_LOOKUP:
            self._start_lookup()
            await self._drain(LOOKUPS_IN_FLIGHT)

    def _start_lookup(self) -> None:
        batch, self._queue = self._queue, []
        self._lookups.add(asyncio.create_task(self._find_and_settle(batch)))

    async def _drain(self, leave: int) -> None:
        """Wait until at most ``leave`` lookups are under way."""
        if self._stop.is_set():
            raise Stopped
        while len(self._lookups) > leave:
            done, self._lookups = await asyncio.wait(self._lookups, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _find_and_settle(self, batch: Sequence[Wanted | Missing]) -> None:
        await self._settle(batch, await self._client.find([_external_id(item) for item in batch]))

    async def _settle(self, batch: Sequence[Wanted | Missing], found: dict[str, list[Contact]]) -> None:
        for item in batch:
            contacts = found.get(_external_id(item), [])
            if item.contact_id is not None and all(contact.id != item.contact_id for contact in contacts):
                own = await self._client.get(item.contact_id)  # no lag, and works without an externalId
                contacts = [own, *contacts] if own else contacts
            if len(contacts) > 1:
                self.tally.warnings.append(
                    f"{len(contacts)} contacts carry the externalId {_external_id(item)!r}: "
                    f"{contacts[0].id} is kept in step, the others are left alone"
                )
            if isinstance(item, Missing):
                self._settle_missing(item, contacts)
            else:
                self._settle_wanted(item, contacts)

    def _settle_missing(self, item: Missing, contacts: Sequence[Contact]) -> None:
        ours = [contact for contact in contacts if item.contact_id in (None, contact.id)]
        if item.contact_id is None and ours:  # a create of ours was cut off; what it made, if it did, is nobody else's
            owners = self._state.owners([str(contact.id) for contact in ours], besides=self._sync)
            ours = [c for c in ours if c.source in (None, self._source) and c.id not in owners]
        if ours:
            self.tally.decisions.append(remove(item.external_id, ours[0]))
        else:
            self.tally.gone.append(item.external_id)

    def _settle_wanted(self, item: Wanted, contacts: Sequence[Contact]) -> None:
        if not item.tracked and item.contact_id is not None and contacts and contacts[0].external_id:
            # The row names its contact, and the contact has an externalId already: that one stays.
            item = replace(item, desired=replace(item.desired, external_id=contacts[0].external_id))
        owners = self._state.owners([str(contact.id) for contact in contacts], besides=self._sync) if contacts else {}
        decision = decide(item, contacts, source=self._source, own_label=self._own_label, owners=owners)
        if isinstance(decision, InStep):
            self._in_step(decision)
        else:
            self.tally.decisions.append(decision)

    def _in_step(self, step: InStep) -> None:
        self.tally.unchanged += 1
        if self.held.get(step.external_id) != step.fingerprint or step.external_id in self._intents:
            self.tally.decisions.append(step)

    async def _read_workspace(self) -> dict[str, list[Contact]]:
        """Everyone, 50 a request, where the workspace lists everyone and that is no dearer than asking by id."""
        snapshot: dict[str, list[Contact]] = {}
        token: str | None = None
        for _ in range(math.ceil(len(self.held) / IDS_PER_LOOKUP)):
            try:
                page = await self._client.page(token=token)
            except Refused:
                return {}  # an older workspace: it demands externalIds
            for contact in page.contacts:
                if contact.external_id in self.held:
                    snapshot.setdefault(str(contact.external_id), []).append(contact)
            if page.next_token is None or page.next_token == token:
                break
            token = page.next_token
        return snapshot


def _external_id(item: Wanted | Missing) -> str:
    return item.external_id if isinstance(item, Missing) else item.desired.external_id
