"""Rows without a contact: who carries their keys, and who in the workspace they may be already.

Everyone is listed where that is cheaper than asking for each, and where it has to be known who looks alike: before a
sync's first creates, in a dry run, and with ``match_on``. What a look-alike means stands in ``plan.look_alikes``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sync.contacts.change import Adopt, Create, Decision, Delete, InStep, Update
from sync.contacts.contact import Contact, overlay
from sync.contacts.warning import RowWarning
from sync.openphone.client import IDS_PER_LOOKUP
from sync.plan.decide import Wanted
from sync.plan.look_alikes import Features, Stranger, alike_rows, recognise
from sync.plan.plan import Plan
from sync.plan.three_way import Policies, three_way
from sync.run.job import Job
from sync.run.looking import Looking
from sync.run.session import Session

BATCH = 200
"""Contacts that the state is asked about at once."""

PAGES_TO_SPARE = 2
"""What a run may ask beside one lookup for 20 rows and the custom fields."""

_FIRST_CREATES = "first_creates"
_UNDER_WAY = "under way"


def begin_creates(job: Job, session: Session, plan: Plan) -> None:
    """Note that a sync's first creates begin: if they are cut off, the next run's are still its first."""
    if session.state.contacts.count(job.sync) == 0 and any(isinstance(change, Create) for change in plan.changes):
        session.state.notes.set_fact(job.sync, _FIRST_CREATES, _UNDER_WAY)


def end_creates(job: Job, session: Session) -> None:
    """All that was planned was done."""
    if session.state.notes.fact(job.sync, _FIRST_CREATES) is not None:
        session.state.notes.set_fact(job.sync, _FIRST_CREATES, None)


class Newcomers:
    """Gathers the rows that nobody tracks; ``find`` looks for who carries their keys, ``recognise`` for look-alikes."""

    def __init__(self, job: Job, session: Session, looking: Looking, tracked: Collection[str]) -> None:
        self._job = job
        self._looking = looking
        self._everyone = looking.everyone
        self._contacts = session.state.contacts
        first = not tracked or session.state.notes.fact(job.sync, _FIRST_CREATES) is not None
        self._match_on = job.safety.match_on
        self._sees_everyone = bool(self._match_on) or job.at.dry_run
        self._gathers = first or self._sees_everyone
        self._features = Features(job.mapping.region)
        self._rows: list[Wanted] = []

    async def look(self, wanted: Wanted) -> None:
        """A row that nobody tracks: who carries its key is found out soon, or by ``find``."""
        if self._gathers:
            self._rows.append(wanted)
        else:
            await self._looking.look(wanted)

    async def find(self) -> None:
        """Find out who carries the keys of all rows that were gathered, in the cheaper way.

        The first page says how many there are, as a hint; whatever it says, no more pages are read than are allowed.
        """
        if not self._rows:
            return
        allowed = len(self._rows) // IDS_PER_LOOKUP + PAGES_TO_SPARE
        everyone = self._everyone
        await everyone.read(1)
        if (expected := everyone.pages_expected) is not None and expected <= allowed:
            await everyone.read(allowed)
        await self._looking.look_at_all(self._rows)

    async def recognise(
        self, decisions: Sequence[Decision], ours: Collection[str], *, full: bool
    ) -> tuple[list[Decision], list[RowWarning]]:
        """The decisions, with contacts taken over instead of made; and who looks alike.

        ``ours``: the external ids of the source's rows, and of what is tracked. ``full``: the source was read whole.
        """
        new = [decision for decision in decisions if isinstance(decision, Create)]
        if not new:
            return list(decisions), []
        if self._sees_everyone:
            await self._everyone.read()
        unseen = self._unseen(len(self._rows))
        if not self._everyone.whole:
            return list(decisions), [*unseen, *alike_rows(new, self._features)]
        taken = {one.contact_id for one in decisions if isinstance(one, Adopt | Update | InStep | Delete)}
        strangers = list(self._strangers(taken, ours, full=full))
        found = recognise(new, strangers, self._match_on, self._job.label, self._features)
        settled = dict(zip((one.external_id for one in new), found.decisions, strict=True))
        after: list[Decision] = [settled[one.external_id] if isinstance(one, Create) else one for one in decisions]
        if not any(row.policies for row in self._rows):
            return after, [*unseen, *found.warnings]
        policies = {row.external_id: row.policies for row in self._rows}
        said: list[RowWarning] = []
        for place, one in enumerate(after):
            if isinstance(one, Update) and one.matched_by is not None:
                after[place], kept = self._keeping(one, policies.get(one.external_id, {}))
                said += kept
        return after, [*unseen, *found.warnings, *said]

    def _keeping(self, taken: Update, policies: Policies) -> tuple[Update, list[RowWarning]]:
        """A contact that is taken over, with what stays there of its own."""
        if taken.desired is None:
            return taken, []
        merged = three_way(taken.desired, taken.before, None, policies)
        after = overlay(merged.desired, taken.before, self._job.label.text)
        said = [RowWarning("kept", each.text, taken.row, taken.external_id) for each in merged.kept]
        return replace(taken, after=after, desired=merged.sent), said

    def _unseen(self, rows: int) -> list[RowWarning]:
        """What to say where not everyone could be looked at. Raises the refusal where going on would double people."""
        everyone = self._everyone
        if everyone.whole or not self._gathers:
            return []
        if everyone.lists_nobody:
            text = (
                "this workspace lists nobody without externalIds: contacts that were made by hand and have a new row's "
            )
            text += "number or address cannot be named"
            text += ", and match_on takes nobody over" if self._match_on else ""
        elif everyone.refusal is not None and self._match_on:
            raise everyone.refusal
        elif everyone.refusal is not None:
            text = (
                f"the list of the workspace broke off ({everyone.refusal}): look-alikes of new rows may be missing here"
            )
        else:
            text = (
                f"the workspace holds more contacts than are looked at beside {rows} new rows: whether it has some of "
                "these people already, under the same number or address, was not looked at. 'run --dry-run' names "
                "them all, and 'match_on' takes them over"
            )
        return [RowWarning("look_alike", text)]

    def _strangers(self, taken: Collection[str], ours: Collection[str], *, full: bool) -> Iterable[Stranger]:
        """Who of the workspace is nobody's: no sync tracks them, and no row of the source means them by its key."""
        contacts = [
            contact
            for contact in self._everyone.contacts
            if contact.id and contact.unreadable is None and contact.id not in taken and contact.external_id not in ours
        ]
        for start in range(0, len(contacts), BATCH):
            batch = contacts[start : start + BATCH]
            owners = self._contacts.owners([str(contact.id) for contact in batch], besides="")
            yield from (Stranger(one, self._mark(one, full=full)) for one in batch if one.id not in owners)

    def _mark(self, contact: Contact, *, full: bool) -> str | None:
        """Why a contact that nobody tracks is not ours to take over."""
        tool = self._job.label.anyone_else(contact)
        if tool is not None:
            return f"carries the source {tool!r}, which is another tool's (set source_label to it if it is yours)"
        if contact.external_id is not None and not full:
            return f"carries the externalId {contact.external_id!r}, which may be that of a row that was not read"
        return None
