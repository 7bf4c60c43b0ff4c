"""A sandbox beside code that does not run in an event loop: a thread of its own, the same attributes.

Only carries calls over to the thread; knows nothing of what they do.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from sync.sandbox.faults import Faults
from sync.sandbox.law_book import CustomField, Json
from sync.sandbox.options import SandboxOptions
from sync.sandbox.server import Sandbox
from sync.sandbox.traffic import Request

T = TypeVar("T")


class SandboxThread:
    """``with SandboxThread() as sandbox``: a ``Sandbox``, every look and order carried out on its own loop."""

    def __init__(self, options: SandboxOptions | None = None, port: int = 0) -> None:
        self._sandbox = Sandbox(options, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        """Start to serve; returns once requests are answered."""
        self._thread.start()
        try:
            self._wait_for(self._sandbox.__aenter__())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; the contacts and the log can still be looked at."""
        try:
            self._wait_for(self._sandbox.__aexit__(kind, error, trace))
        finally:
            self._end()

    @property
    def url(self) -> str:
        """The address, without ``/v1``."""
        return self._sandbox.url

    @property
    def key(self) -> str:
        """The key that the API asks for."""
        return self._sandbox.key

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self._sandbox.faults

    @property
    def contacts(self) -> dict[str, Json]:
        """See ``Sandbox.contacts``."""
        return self._call(lambda: self._sandbox.contacts)

    def by_external_id(self, external_id: str) -> list[Json]:
        """See ``Sandbox.by_external_id``."""
        return self._call(lambda: self._sandbox.by_external_id(external_id))

    @property
    def custom_fields(self) -> tuple[CustomField, ...]:
        """See ``Sandbox.custom_fields``."""
        return self._call(lambda: self._sandbox.custom_fields)

    @custom_fields.setter
    def custom_fields(self, fields: Iterable[CustomField]) -> None:
        self._call(lambda: setattr(self._sandbox, "custom_fields", tuple(fields)))

    @property
    def requests(self) -> list[Request]:
        """See ``Sandbox.requests``."""
        return self._call(lambda: self._sandbox.requests)

    def writes(self) -> list[Request]:
        """See ``Sandbox.writes``."""
        return self._call(self._sandbox.writes)

    @property
    def windows_exceeded(self) -> int:
        """See ``Sandbox.windows_exceeded``."""
        return self._sandbox.windows_exceeded

    def max_in_window(self) -> int:
        """See ``Sandbox.max_in_window``."""
        return self._call(self._sandbox.max_in_window)

    def forget_requests(self) -> None:
        """See ``Sandbox.forget_requests``."""
        self._call(self._sandbox.forget_requests)

    def seed(self, contacts: Iterable[Mapping[str, Json]]) -> list[str]:
        """See ``Sandbox.seed``."""
        return self._call(lambda: self._sandbox.seed(contacts))

    def edit(self, contact_id: str, **changes: Json) -> None:
        """See ``Sandbox.edit``."""
        self._call(lambda: self._sandbox.edit(contact_id, **changes))

    def remove(self, contact_id: str) -> None:
        """See ``Sandbox.remove``."""
        self._call(lambda: self._sandbox.remove(contact_id))

    def ghost(self, contact_id: str, *, readable: bool = True) -> None:
        """See ``Sandbox.ghost``."""
        self._call(lambda: self._sandbox.ghost(contact_id, readable=readable))

    def _call(self, look: Callable[[], T]) -> T:
        """Carry out ``look`` on the sandbox's loop, or here once that has ended."""
        if not self._thread.is_alive():
            return look()

        async def on_the_loop() -> T:
            return look()

        return self._wait_for(on_the_loop())

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
