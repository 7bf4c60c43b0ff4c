"""What the workspace held when somebody pressed *Look now*: kept for a while, never written down."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from sync.contacts.contact import Contact

KEPT = 200


@dataclass(frozen=True, slots=True)
class Look:
    """One look, and when it was. ``contact`` is None where the workspace has none; ``error``: why nothing was seen."""

    at: float
    contact: Contact | None = None
    error: str | None = None


@dataclass(slots=True)
class Looks:
    """The last looks, by sync and key."""

    _looks: OrderedDict[tuple[str, str], Look] = field(default_factory=OrderedDict)

    def note(self, sync: str, external_id: str, look: Look) -> None:
        """Remember a look; the oldest is let go."""
        self._looks[sync, external_id] = look
        self._looks.move_to_end((sync, external_id))
        while len(self._looks) > KEPT:
            self._looks.popitem(last=False)

    def of(self, sync: str, external_id: str) -> Look | None:
        """The last look at a contact."""
        return self._looks.get((sync, external_id))
