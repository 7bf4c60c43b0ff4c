"""What made a sync's externalIds, as the state remembers it; a configuration that would make others is refused.

Reads and notes facts of the state; asks nothing of the source or the network.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sync.mapping.options import MappingOptions
from sync.run.job import Job, SourceOptions
from sync.run.session import Misconfigured
from sync.state.store import State

IDENTITY = "identity"
SOURCE = "source"
REKEYING = "rekeying"
"""Which keys there were before a rekey that is under way, and which contact had which."""
REKEYED = "rekeyed"
"""The last rekey's run, and the keys before it: for undo."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Which columns, and which prefix before them, make the externalIds. ``columns`` is None where contact ids do."""

    columns: tuple[str, ...] | None
    prefix: str = ""

    @classmethod
    def of(cls, mapping: MappingOptions) -> Keys:
        """Those of the configuration."""
        return cls(mapping.key, mapping.key_prefix)

    @classmethod
    def noted(cls, state: State, sync: str) -> Keys | None:
        """Those of the contacts that the state tracks; None where it was made before this was noted."""
        return cls.parse(state.notes.fact(sync, IDENTITY))

    @classmethod
    def parse(cls, text: str | None) -> Keys | None:
        """What ``text`` of a Keys gave."""
        if text is None:
            return None
        whole = json.loads(text)
        columns = whole["key"]
        return cls(tuple(columns) if columns is not None else None, whole["key_prefix"])

    @property
    def text(self) -> str:
        """What the state keeps."""
        return json.dumps({"key": self.columns, "key_prefix": self.prefix}, ensure_ascii=False)

    @property
    def shown(self) -> str:
        """As a configuration writes it."""
        columns = self.columns or ()
        key = "no key" if not columns else f"key: {columns[0]}" if len(columns) == 1 else f"key: [{', '.join(columns)}]"
        return f"{key}, key_prefix: {self.prefix!r}" if self.prefix else key


def refuse_other_keys(job: Job, state: State) -> None:
    """Raises Misconfigured where the contacts tracked have other keys than this configuration gives, or another name.

    Nothing has been asked or sent by then. A sync that tracks nobody may have whatever keys it likes.
    """
    contacts = state.contacts.count(job.sync)
    if state.notes.fact(job.sync, REKEYING) is not None:
        raise Misconfigured([
            f"syncs.{job.sync}: its contacts are half-way to other keys, since a rekey was cut off: run "
            f"'openphone-sync state rekey {job.sync}' again, which goes on from there"
        ])  # fmt: skip
    if not contacts:
        if former := _former_name(job, state):
            raise Misconfigured([former])
        return
    noted, wanted = Keys.noted(state, job.sync), Keys.of(job.mapping)
    if noted is not None and noted != wanted:
        raise Misconfigured([
            f"syncs.{job.sync}: the keys changed ({noted.shown} → {wanted.shown}), which would make {contacts} "
            f"contacts a second time: put it back to {noted.shown}, or give the contacts their new keys with "
            f"'openphone-sync state rekey {job.sync}' (--dry-run shows them)"
        ])  # fmt: skip


def note_keys(job: Job, state: State) -> None:
    """What makes the externalIds from here on, and what the source is: for the runs to come."""
    for name, value in ((IDENTITY, Keys.of(job.mapping).text), (SOURCE, _description(job.source))):
        if state.notes.fact(job.sync, name) != value:
            state.notes.set_fact(job.sync, name, value)


def note_keys_undone(state: State, sync: str, run: int) -> None:
    """Where this run was the last rekey: the keys are again what they were before it."""
    if (text := state.notes.fact(sync, REKEYED)) is not None and (whole := json.loads(text))["run"] == run:
        state.notes.set_fact(sync, IDENTITY, whole["from"])
        state.notes.set_fact(sync, REKEYED, None)


def rename_hint(old: str, new: str) -> str:
    """What to do where a sync was given another name in the configuration."""
    return f"if it was renamed, 'openphone-sync state rename {old} {new}' takes its contacts along"


def _former_name(job: Job, state: State) -> str | None:
    """Why a sync that is new may be one that the configuration no longer has: it reads the same source."""
    source = _description(job.source)
    for old in state.syncs():
        if old in job.siblings or old == job.sync or source is None or state.notes.fact(old, SOURCE) != source:
            continue
        if contacts := state.contacts.count(old):
            return (
                f"syncs.{job.sync} is new, and the state tracks {contacts} contacts of {old!r}, which read the same "
                f"source and is no longer in the configuration: {rename_hint(old, job.sync)}; if it is another sync, "
                f"put {old!r} back beside it"
            )
    return None


def _description(source: SourceOptions) -> str | None:
    """A digest that tells one source from another, without its secrets; None where the options cannot be written."""
    try:
        options = source.options.model_dump_json(fallback=str)
    except Exception:  # options of another package's connector: anything may be in them
        return None
    return hashlib.blake2b(f"{source.type} {options}".encode(), digest_size=16).hexdigest()
