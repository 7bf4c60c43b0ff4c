"""The daemon from start to end: schedules, the page, a configuration that can be exchanged, an orderly stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from connectors.this_machine import is_this_machine
from sync.clock import Clock
from sync.config.file import ConfigError
from sync.config.model import LoadedConfig
from sync.daemon.metrics import Metrics
from sync.daemon.runner import Runner
from sync.daemon.schedule import Timetable
from sync.openphone.patience import Patience

if TYPE_CHECKING:
    from aiohttp.web import AppRunner

STOP_SECONDS = 9.0
"""How long a stop may take; a run's own grace is shorter."""

HTTP_STOP_SECONDS = 0.5

log = structlog.get_logger()


class CannotListen(Exception):
    """The page's address cannot be had (exit 1). The message is for the user."""


class Daemon:
    """Runs every sync on its schedule until ``stop`` is set. ``reread`` gives the configuration as it is now.

    ``listening`` hears the page's address once it can be had.
    """

    def __init__(
        self,
        loaded: LoadedConfig,
        reread: Callable[[], LoadedConfig],
        stop: asyncio.Event,
        clock: Clock = Clock(),
        patience: Patience = Patience(),
        listening: Callable[[str], None] | None = None,
    ) -> None:
        self._listening = listening
        self._reread = reread
        self._stop = stop
        self._clock = clock
        self._metrics = Metrics()
        self._runner = Runner(loaded, self._metrics, stop, clock, patience)
        self._timetable = Timetable(self._runner.run, clock)
        self._reloading: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()

    async def serve(self) -> None:
        """Keep running until ``stop``; then finish what is in flight. Raises CannotListen."""
        loaded = self._runner.loaded
        await self._runner.follow(loaded)
        web = await self._open_page(loaded)
        self._timetable.follow(loaded.config)
        self._timetable.start()
        log.info("started", config=str(loaded.path), syncs=len(loaded.config.syncs))
        try:
            await self._stop.wait()
        finally:
            log.info("stopping")
            self._timetable.pause()
            await self._runner.finish(STOP_SECONDS)
            self._timetable.end()
            if web is not None:
                await web.cleanup()
            log.info("stopped")

    def reload(self) -> None:
        """Read the configuration again (SIGHUP)."""
        task = asyncio.create_task(self._reload())
        self._reloading.add(task)
        task.add_done_callback(self._reloading.discard)

    async def _reload(self) -> None:
        async with self._one_at_a_time:
            await self._take_up()

    async def _take_up(self) -> None:
        before = self._runner.loaded
        try:
            loaded = await asyncio.to_thread(self._reread)
        except ConfigError as error:
            log.error("the new configuration is refused: the old one goes on", mistakes=error.messages)
            return
        await self._runner.follow(loaded)
        self._timetable.follow(loaded.config)
        server, now = before.config.server, loaded.config.server
        if (server.host, server.port) != (now.host, now.port):
            log.warning("server.host and server.port are taken up when the daemon starts again")
        log.info("configuration read again", config=str(loaded.path), syncs=len(loaded.config.syncs))

    async def _open_page(self, loaded: LoadedConfig) -> AppRunner | None:
        from aiohttp import web

        from sync.daemon.web.app import make_app

        host, port = loaded.config.server.host, loaded.config.server.port
        if port == 0:
            log.info("no page: server.port is 0")
            return None
        app = make_app(self._runner, self._timetable, self._metrics, self._clock)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=HTTP_STOP_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise CannotListen(
                f"the page cannot listen on {host}:{port}: {error.strerror}. Choose another server.port, or 0 for none."
            ) from None
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        log.info("page", address=address)
        if self._listening is not None:
            self._listening(address)
        if not is_this_machine(host) and loaded.config.server.token is None:
            log.warning("whoever reaches the page sees the names and numbers on it", host=host)
        return runner
