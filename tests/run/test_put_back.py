"""One contact as it was before a run: what this run and those after it did, as one change. The rest is the undo's."""

from __future__ import annotations

import pytest

from sync.contacts.contact import Contact
from sync.run.put_back import since
from sync.state.history import ChangeRecord


def held(last: str | None) -> Contact | None:
    return Contact({"firstName": "Ana", "lastName": last}) if last else None


def past(*changes: tuple[str, str | None, str | None]) -> list[ChangeRecord]:
    """Runs 1, 2, …: what each did, from and to which last name; newest first."""
    made = [
        ChangeRecord(run, run, "c1", f"id-{run}", action, held(was), held(now))
        for run, (action, was, now) in enumerate(changes, 1)
    ]
    return made[::-1]


HISTORY = past(("create", None, "A"), ("update", "A", "B"), ("update", "B", "C"))


@pytest.mark.parametrize(
    ("changes", "run", "action", "before", "after"),
    [
        (HISTORY, 2, "update", "A", "C"),
        (HISTORY, 3, "update", "B", "C"),
        (HISTORY, 1, "create", None, "C"),
        (past(("create", None, "A"), ("update", "A", "B"), ("delete", "B", None)), 2, "delete", "A", "B"),
        (past(("update", "A", "B"), ("delete", "B", None), ("create", None, "D")), 2, "update", "B", "D"),
        (past(("create", None, "A"), ("delete", "A", None)), 1, "create", None, "A"),
        (past(("adopt", "A", "B"), ("update", "B", "C")), 1, "adopt", "A", "C"),
    ],
)
def test_what_was_done_since(
    changes: list[ChangeRecord], run: int, action: str, before: str | None, after: str | None
) -> None:
    one = since(changes, run)
    assert one is not None
    assert (one.action, one.before, one.after) == (action, held(before), held(after))
    assert one.contact_id == changes[0].contact_id


def test_nothing_was_done_since() -> None:
    assert since(HISTORY, 4) is None
