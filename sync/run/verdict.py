"""What a run came to, in one sentence that a person can act on; and which of several syncs is worst off. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sync.contacts.problem import Action
from sync.run.report import CHANGES, SyncReport
from sync.wording import counted

IN_THE_APP = (
    "OpenPhone's app shows a contact that was made through the API, in its lists and its search, once there is a "
    "conversation with the contact's number."
)
"""When what a first load made is to be seen, as the vendor documents it."""

_WORST_FIRST = ("failed", "stale", "locked", "held", "partial", "ok")
_WORDS: Mapping[str, str] = {
    "ok": "ok",
    "partial": "rows need you",
    "held": "held back",
    "failed": "failed",
    "locked": "busy",
    "stale": "moved on",
}
_PLANNED: Mapping[str, str] = {"created": "to add", "updated": "to change", "deleted": "to delete"}
_DONE: Mapping[str, str] = {"created": "added", "updated": "changed", "deleted": "deleted"}


def verdict(report: SyncReport, *, named: bool = True) -> str:
    """``Plan: 146 to add, 3 to change, 0 to delete; 4 rows need you``; of a real run likewise ``Done: 146 added, …``.

    A run that could not do its work says so (``named``: which it was); what it did before that, as well.
    """
    if report.error is None:
        return f"{'Plan' if report.dry_run else 'Done'}: {_what(report.counts, report.dry_run, [report])}"
    said = f"{report.name}: {report.error}" if named else report.error
    return f"{_FAILED.get(report.status, 'Failed')}: {_sentence(said)}{_before_that(report)}"


def total(reports: Sequence[SyncReport]) -> str:
    """The same of several syncs together."""
    if len(reports) == 1:
        return verdict(reports[0])
    dry_run = any(report.dry_run for report in reports)
    whole: Counter[str] = Counter()
    for report in reports:
        whole.update(report.counts)
    bad = [report for report in reports if report.error is not None]
    what = _what(whole, dry_run, reports)
    if not bad:
        return f"{'Plan' if dry_run else 'Done'}: {what} ({len(reports)} syncs)"
    names = ", ".join(report.name for report in worst_first(bad))
    rest = f"; otherwise {what}" if any(whole[name] for name in (*CHANGES, "rows")) else ""
    return f"Failed: {len(bad)} of {len(reports)} syncs ({names}){rest}"


def worst_first(reports: Iterable[SyncReport]) -> list[SyncReport]:
    """The syncs that need somebody before those that do not; otherwise as they ran."""
    return sorted(reports, key=lambda report: (not report.misconfigured, _WORST_FIRST.index(report.status)))


def state_word(report: SyncReport) -> str:
    """How the sync is, in a word or two."""
    return _WORDS[report.status]


def facts(report: SyncReport) -> str:
    """What stands beside the verdict: rows read and left as they are, what it cost."""
    counts = report.counts
    what = [counted(counts["rows"], "row") + " read"] if counts["rows"] or not report.changes else []
    what += [f"{counts[name]:,} {word}" for name, word in _BESIDE.items() if counts.get(name)]
    cost = f"{counted(report.requests, 'request')} in {report.seconds:.1f} s"
    sent = "nothing was sent" if report.dry_run else f"run {report.run}" if report.run else ""
    return "; ".join(filter(None, (", ".join(what), ", ".join(filter(None, (cost, sent))))))


_BESIDE: Mapping[str, str] = {
    "unchanged": "unchanged",
    "filtered": "left out by where",
    "rejected": "rejected",
    "failed": "failed",
}


def changed(counts: Mapping[str, int], *, dry_run: bool) -> str:
    """``146 to add, 3 to change, 0 to delete``; ``146 added, …``."""
    return ", ".join(f"{counts[name]:,} {word}" for name, word in (_PLANNED if dry_run else _DONE).items())


def held_words(held: Mapping[Action, int]) -> str:
    """``17 deletes and 2 updates held back``."""
    parts = [counted(count, action) for action, count in held.items() if count]
    return f"{' and '.join(parts)} held back" if parts else ""


def is_first_load(report: SyncReport) -> bool:
    """Whether nothing but new contacts came of the run: then it was the first, or as good as that."""
    counts = report.counts
    others = ("updated", "deleted", "unchanged", "held", "waiting")
    return counts["created"] > 0 and counts["rows"] > 0 and not any(counts[name] for name in others)


def _what(counts: Mapping[str, int], dry_run: bool, reports: Sequence[SyncReport]) -> str:
    held: Counter[Action] = Counter()
    for report in reports:
        for back in report.held_back:
            held[back.action] += len(back.changes)
    adopted, needing, waiting = counts["adopted"], counts["rejected"] + counts["failed"], counts["waiting"]
    beside = [
        f"{adopted:,} {'to take over' if dry_run else 'taken over'}" if adopted else "",
        held_words(held) or (f"{counted(counts['held'], 'change')} held back" if counts["held"] else ""),
        f"{counted(needing, 'row')} {'needs' if needing == 1 else 'need'} you" if needing else "",
        f"{counted(waiting, 'contact')} {'waits' if waiting == 1 else 'wait'} for a second read" if waiting else "",
        f"{counted(counts['left'], 'change')} left for the next run" if counts.get("left") else "",
    ]
    if not any(beside) and not any(counts[name] for name in CHANGES):
        return "nothing to do, everything is in place"
    return "; ".join(filter(None, (changed(counts, dry_run=dry_run), *beside)))


_FAILED: Mapping[str, str] = {"locked": "Busy", "stale": "Moved on"}


def _before_that(report: SyncReport) -> str:
    if not any(report.counts[name] for name in CHANGES) or report.cut_short:
        return ""
    begun = "What was read says: " if report.dry_run else "Before that: "
    return f" {begun}{changed(report.counts, dry_run=report.dry_run)}."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
