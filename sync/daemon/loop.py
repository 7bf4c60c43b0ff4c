"""The daemon's event loop: asyncio's, but a name server that does not answer cannot hold up the end of the program."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any


class Loop(asyncio.SelectorEventLoop):
    """Looks names up in threads of their own: asyncio waits for its pool's threads, and a look-up cannot be stopped."""

    async def getaddrinfo(self, host: Any, port: Any, **hints: int) -> Any:
        """As asyncio has it."""
        found: asyncio.Future[Any] = self.create_future()

        def tell(infos: Any, error: Exception | None) -> None:
            if found.done():  # nobody waits any more
                return
            if error is None:
                found.set_result(infos)
            else:
                found.set_exception(error)

        def look_up() -> None:
            infos, error = None, None
            try:
                infos = socket.getaddrinfo(host, port, **hints)
            except Exception as caught:
                error = caught
            with suppress(RuntimeError):  # the loop has ended
                self.call_soon_threadsafe(tell, infos, error)

        threading.Thread(target=look_up, name="look-up", daemon=True).start()
        return await found
