"""Whom a refusal speaks of: a row, or the account, the address, the moment. Knows no transport and no contact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from sync.openphone.errors import OpenPhoneError, PutOff, Refused, TurnedAway

ABOUT_A_ROW = frozenset({400, 409, 422})
"""The statuses that speak of what a request says. Every other one would meet every row alike."""

PASSING = frozenset({408, 425, 429})
"""Below 500, and yet of the moment: the same request may well be taken in a second."""

_GONE = 404
_TOO_LARGE = 413
_REMEMBERED = re.compile(r"OpenPhone refused it \((\d{3})[,)]")

_WHY: Mapping[int, str] = MappingProxyType(
    {
        402: "the account is not paid for, or its plan has no API: settle that with OpenPhone",
        407: "a proxy on the way wants to know who asks: see to HTTPS_PROXY, or to the network",
        414: "the address of the request is too long for something on the way: see to the proxy",
        421: "the address leads to another service: check openphone.base_url",
        426: "another way of speaking is wanted there: check openphone.base_url, and whether there is a newer "
        "openphone-sync",
        431: "something on the way takes no headers as long as ours: check openphone.api_key, and the proxy",
        451: "access is barred for legal reasons: ask OpenPhone, or whoever runs the network",
    }
)
_ADDRESS = "nothing that keeps contacts answers there: check openphone.base_url, and what stands before it"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that refuses. ``said``: its own words, clean; ``own``: they are OpenPhone's, and not a proxy's page.

    ``asked`` names the request; ``of_a_contact``: it named a contact, so that a 404 may mean that this one is gone.
    """

    status: int
    said: str
    asked: str
    own: bool = True
    of_a_contact: bool = False
    code: str | None = None
    location: str | None = None

    def error(self) -> OpenPhoneError:
        """What it means for us."""
        if self.status in ABOUT_A_ROW or (self.status == _GONE and self.of_a_contact and self.own):
            label = f"{self.status}, code {self.code}" if self.code else str(self.status)
            return Refused(self.status, f"OpenPhone refused it ({label}): {self.said or 'no reason given'}")
        said = f"{self.status}: {self.said}" if self.said else str(self.status)
        if self.status == _TOO_LARGE:
            return PutOff(f"the request was too large for OpenPhone, or for a proxy before it ({said}); {_AGAIN}")
        if self.status == _GONE and self.of_a_contact:
            return PutOff(f"what answered was not OpenPhone ({said}); {_AGAIN}")
        return TurnedAway(
            f"OpenPhone turned {self.asked} away ({said}): {self._why()}. No row is to blame, and none is remembered "
            "as refused. What was done so far is kept; run again once that is settled."
        )

    def _why(self) -> str:
        if 300 <= self.status < 400:
            return f"it sends us on to {_shown(self.location)}, where we do not follow: check openphone.base_url"
        return _WHY.get(self.status, _ADDRESS)


_AGAIN = "it is sent again in the next run"


def about_a_row(reason: str) -> bool:
    """Whether a reason that the state holds speaks of its row.

    Once rows were remembered as refused whatever the status was; those that it says nothing of are tried again.
    """
    match = _REMEMBERED.match(reason)
    return match is None or int(match[1]) in ABOUT_A_ROW


def _shown(location: str | None) -> str:
    """Where a redirect leads, without what may be secret in it."""
    try:
        parts = urlsplit(location or "")
        where = f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""
    except ValueError:  # a bracket too few
        where = ""
    return where[:100] or "another place"
