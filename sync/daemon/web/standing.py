"""How a sync stands, in a word, a shape and a sentence; how all of them do, in numbers that add up. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sync.daemon.runner import Ended
from sync.daemon.web.site import Moments
from sync.daemon.web.words import counted
from sync.state.history import RunRecord
from sync.wording import listed

State = Literal["fails", "needs", "starting", "fine"]
"""Worst first. ``starting``: nothing is known yet, or the last run was stopped."""

STATES: tuple[State, ...] = ("fails", "needs", "starting", "fine")
WORD: Mapping[State, str] = {"fails": "Fails", "needs": "Needs you", "starting": "Starting", "fine": "Fine"}
TONE: Mapping[State, str] = {"fails": "bad", "needs": "warn", "starting": "busy", "fine": "good"}
BUSY: Mapping[str, str] = {
    "sync": "Syncing now …",
    "preview": "Preparing the preview …",
    "apply": "Doing what you decided …",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sync is. ``words`` say it in a line; ``sentence`` says what happened and what is next."""

    state: State
    words: str
    sentence: str = ""

    @property
    def tone(self) -> str:
        return TONE[self.state]

    @property
    def word(self) -> str:
        return WORD[self.state]


@dataclass(frozen=True, slots=True)
class Known:
    """What decides how a sync stands: its finished runs (newest first), what is open, what the daemon does with it.

    ``held``: action → changes held back; ``rows``: how many rows need a person.
    """

    finished: Sequence[RunRecord] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    doing: str | None = None
    ended: Ended | None = None


def standing(known: Known, clock: Moments) -> Standing:
    """How a sync stands."""
    if not known.finished:
        if known.ended is not None and known.ended.status == "failed":  # not even the state could be used
            return Standing("fails", "Does not work", known.ended.error or "")
        if known.doing:
            return Standing("starting", "The first sync is under way")
        return Standing("starting", "Has not run yet")
    last = known.finished[0]
    if last.cut_short:
        return Standing("starting", "The last run was stopped", "What it did is kept; the next run goes on from there.")
    if last.status == "failed":
        why = (last.error or "The run failed").rstrip()
        sentence = f"{why}{'' if why.endswith(('.', '!', '?')) else '.'} {_since(known.finished, clock)}"
        return Standing("fails", "Does not work", sentence)
    if known.held:
        what = listed([counted(count, action) for action, count in known.held.items()])
        rows = f"{counted(known.rows, 'row')} {_need(known.rows)} you, too. " if known.rows else ""
        verb = "is" if sum(known.held.values()) == 1 else "are"
        return Standing("needs", f"{what} {verb} held back until you decide", f"{rows}Everything else went on.")
    if known.rows:
        words = f"{counted(known.rows, 'row')} {_need(known.rows)} you"
        return Standing("needs", words, "Everything else is in place.")
    return Standing("fine", "Everything is in place")


def _need(count: int) -> str:
    return "needs" if count == 1 else "need"


def _since(finished: Sequence[RunRecord], clock: Moments) -> str:
    """Since when it fails, where that is more than one run."""
    failing = next((at for at, run in enumerate(finished) if run.status != "failed"), len(finished))
    if failing < 2:
        return "It is tried again on schedule."
    first = clock.at(finished[failing - 1].started_at)
    times = f"{failing}" if failing < len(finished) else f"at least {failing}"
    return f"It has failed {times} times since {first.clock}, and is tried again on schedule."


@dataclass(frozen=True, slots=True)
class Share:
    """How many syncs are in one state."""

    state: State
    count: int
    words: str

    @property
    def tone(self) -> str:
        return TONE[self.state]


def shares(standings: Sequence[Standing]) -> tuple[Share, ...]:
    """``1 fails``, ``4 need you``, ``7 fine``: whatever there is, worst first; together they are all."""
    counts = Counter(each.state for each in standings)
    return tuple(Share(state, counts[state], _so_many(state, counts[state])) for state in STATES if counts[state])


def headline(standings: Sequence[Standing]) -> str:
    """The whole in one line."""
    if len(standings) == 1:
        return standings[0].words
    found = shares(standings)
    if [share.state for share in found] == ["fine"]:
        return "Everything is in place"
    return ", ".join(share.words for share in found)


def _so_many(state: State, count: int) -> str:
    verbs = {
        "fails": "fails" if count == 1 else "fail",
        "needs": "needs you" if count == 1 else "need you",
        "starting": "starting",
        "fine": "fine",
    }
    return f"{count} {verbs[state]}"
