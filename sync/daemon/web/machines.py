"""The endpoints for machines: whether the process lives, whether its syncs do, what they counted."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from sync.daemon.metrics import CONTENT_TYPE, Metrics
from sync.daemon.schedule import zone_of
from sync.daemon.web import access
from sync.daemon.web.site import Site


class Machines:
    """Answers in plain text."""

    def __init__(self, site: Site, metrics: Metrics) -> None:
        self._site = site
        self._metrics = metrics

    async def healthz(self, request: web.Request) -> web.Response:
        """The process lives, and its event loop turns."""
        return web.Response(text="ok\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """Whether every sync has run, no last run was a failure, and no run is overdue."""
        self._site.check_host(request, access.is_our_host_for_machines)
        reasons = list(filter(None, map(self._unready, self._site.loaded.config.syncs)))
        return web.Response(text="\n".join(reasons or ["ok"]) + "\n", status=503 if reasons else 200)

    def _unready(self, name: str) -> str | None:
        """Why this sync is not as it should be: it has not run, its last run failed, the next one is overdue."""
        runner, timetable = self._site.runner, self._site.timetable
        ended, since = runner.ended.get(name), timetable.overdue_since(name)
        reasons = ["has not run yet"] if ended is None else []
        if ended is not None and ended.status == "failed":
            reasons.append(str(ended.error))
        if since is not None:
            by = datetime.fromtimestamp(since, zone_of(self._site.loaded.config)).isoformat(" ", "seconds")
            why = ": the one before is still under way" if name in runner.doing else ""
            reasons.append(f"a run is overdue since {by}{why}")
        return f"{name}: {'; '.join(reasons)}" if reasons else None

    async def metrics(self, request: web.Request) -> web.Response:
        """What Prometheus gathers."""
        self._site.check_host(request, access.is_our_host_for_machines)
        for name in self._site.loaded.config.syncs:
            since = self._site.timetable.overdue_since(name)
            late = max(0.0, self._site.clock.now() - since) if since is not None else 0.0
            self._metrics.overdue(name, late)
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})
