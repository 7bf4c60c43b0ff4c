"""What arrived and when: the log of requests and the sliding second that is judged by it.

Knows nothing of answers beyond their status. The clock is passed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sync.sandbox.law_book import Json

WINDOW = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API.

    ``status`` is 0 as long as there is no answer, and stays so where none was given. ``at`` is the monotonic time
    of arrival. ``external_ids`` are those that the request names: a list's filter, or the one in a write's body.
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    status: int
    at: float
    external_ids: tuple[str, ...]
    body: Json = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request's place in the log, and how many more its sliding second has room for (negative: one too many)."""

    number: int
    room: int


class Traffic:
    """The requests of one key, counted as strictly as anyone could.

    Documented: 10 requests a second for a key. How the second is measured is not, so any sliding one counts.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.windows_exceeded = 0
        self._limit = limit
        self._clock = clock
        self._recent: deque[float] = deque()
        self._requests: dict[int, Request] = {}
        self._arrived = 0

    @property
    def requests(self) -> list[Request]:
        """Every request, in order of arrival."""
        return list(self._requests.values())

    def arrive(self, method: str, path: str, query: Mapping[str, list[str]]) -> Arrival:
        """Note a request, refused ones included, and measure the second that ends with it."""
        now = self._clock()
        while self._recent and now - self._recent[0] >= WINDOW:
            self._recent.popleft()
        self._recent.append(now)
        room = self._limit - len(self._recent)
        if room < 0:
            self.windows_exceeded += 1
        self._arrived += 1
        self._requests[self._arrived] = Request(method, path, query, 0, now, tuple(query.get("externalIds", ())))
        return Arrival(self._arrived, room)

    def note_body(self, arrival: Arrival, body: Json) -> None:
        """Note what a write carried."""
        external_id = body.get("externalId") if isinstance(body, dict) else None
        named = (external_id,) if isinstance(external_id, str) else ()
        self._amend(arrival, lambda request: replace(request, body=body, external_ids=named))

    def note_fault(self, arrival: Arrival, kind: str) -> None:
        """Note which fault a request met."""
        self._amend(arrival, lambda request: replace(request, fault=kind))

    def note_status(self, arrival: Arrival, status: int) -> None:
        """Note how a request was answered."""
        self._amend(arrival, lambda request: replace(request, status=status))

    def forget(self) -> None:
        """Empty the log; the sliding second goes on."""
        self._requests.clear()
        self.windows_exceeded = 0

    def max_in_window(self) -> int:
        """The most requests that any sliding second of the log saw."""
        most, window = 0, deque[float]()
        for request in self.requests:
            window.append(request.at)
            while request.at - window[0] >= WINDOW:
                window.popleft()
            most = max(most, len(window))
        return most

    def _amend(self, arrival: Arrival, change: Callable[[Request], Request]) -> None:
        request = self._requests.get(arrival.number)
        if request is not None:
            self._requests[arrival.number] = change(request)
