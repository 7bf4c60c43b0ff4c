"""The last runs at a glance: a tick each, whose height and shape say how it ended. Pure; draws no SVG itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.daemon.web.site import Moments
from sync.daemon.web.words import counted
from sync.state.history import RunRecord
from sync.wording import listed

SHOWN = 30
STEP, WIDTH, HEIGHT = 8, 5, 22
_LOOKS = {"ok": ("good", 10), "partial": ("warn", 16), "held": ("warn", 16), "failed": ("bad", 22)}
_WORDS = {"good": "fine", "warn": "needed you", "bad": "failed", "idle": "stopped"}


@dataclass(frozen=True, slots=True)
class Tick:
    """One run: where it stands, how high, and what it was."""

    x: int
    y: int
    height: int
    tone: str
    title: str
    run: int


@dataclass(frozen=True, slots=True)
class Ticks:
    """The runs, oldest first, and the same in words."""

    ticks: tuple[Tick, ...]
    summary: str


def ticks(finished: Sequence[RunRecord], clock: Moments) -> Ticks:
    """Of finished runs, newest first."""
    shown = list(finished[:SHOWN])[::-1]
    first = SHOWN - len(shown)
    none = tuple(Tick(at * STEP, HEIGHT - 2, 2, "none", "", 0) for at in range(first))
    drawn = tuple(_tick(run, first + at, clock) for at, run in enumerate(shown))
    if not drawn:
        return Ticks(none, "No run has ended yet.")
    counts = [(word, sum(1 for tick in drawn if tick.tone == tone)) for tone, word in _WORDS.items()]
    said = listed([f"{count} {word}" for word, count in counts if count])
    return Ticks((*none, *drawn), f"The last {counted(len(drawn), 'run')}: {said}.")


def _tick(run: RunRecord, place: int, clock: Moments) -> Tick:
    tone, height = ("idle", 10) if run.cut_short else _LOOKS.get(run.status or "", ("idle", 10))
    changed = f", {counted(run.changes, 'change')}" if run.changes else ""
    title = f"Run {run.id}, {clock.at(run.started_at).clock}: {_WORDS[tone]}{changed}"
    return Tick(place * STEP, HEIGHT - height, height, tone, title, run.id)
