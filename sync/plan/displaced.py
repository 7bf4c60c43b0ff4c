"""Contacts whose key another row has now, above their own: a key dragged up, or rows of one key sorted. Pure.

The first row with a key counts. Where a later one is just as the contact was last in step, that one may be its own: an
update that would make somebody else of the contact is held back then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sync.contacts.change import Update
from sync.plan.limits import Danger, Limits


def displaced_held(
    rewriting: Sequence[Update], own_rows: Mapping[str, int | None], limits: Limits
) -> Iterator[tuple[Danger, Update]]:
    """Those of the updates that are held, with the reason. ``own_rows``: external id → the row that may be its own."""
    if limits.rewrites_for_this_run:
        return
    for update in rewriting:
        if update.external_id in own_rows:
            row = own_rows[update.external_id]
            where = "a later record" if row is None else f"row {row}"
            reason = f"{where} has the same key and is just as this contact was: it may be the contact's own row"
            option = f"--max-rewrites {len(rewriting)}"
            besides = "give one of the two another key"
            yield Danger(reason, f"{besides}; if this one is meant, run once with {option}", option, besides), update
