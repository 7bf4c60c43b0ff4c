"""What the daemon counts, for Prometheus. One registry a daemon; knows reports and clients, no HTTP."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from sync.contacts.change import COUNTED
from sync.openphone.client import OpenPhone
from sync.run.report import SyncReport

CONTENT_TYPE = CONTENT_TYPE_LATEST
STATUSES = ("ok", "partial", "held", "failed", "locked", "stale")
OUTCOMES = ("unchanged", "rejected", "failed", "held", "waiting")


class Metrics:
    """The daemon's counters and gauges, each with the sync's name in the label ``sync``."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series each, which nobody asks for
        self._registry = registry = CollectorRegistry()
        by = ["sync"]

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"openphone_sync_{name}", text, [*by, *labels], registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"openphone_sync_{name}", text, [*by, *labels], registry=registry)

        self._runs = counter("runs", "Runs that ended.", "status")
        self._changes = counter("changes", "Contacts changed in the workspace.", "action")
        self._requests = counter("requests", "Answers of OpenPhone by HTTP status; 'none' where none came.", "status")
        self._retries = counter("retries", "Requests that were sent again.")
        self._waited = counter("wait_seconds", "Seconds that requests waited for the key's limit.")
        self._rows = gauge("rows", "Rows of the last run by outcome; 'read' are all of them.", "outcome")
        self._contacts = gauge("contacts_held", "Contacts that the sync made or adopted.")
        self._succeeded = gauge("last_success_timestamp_seconds", "When a run last ended without failing.")
        self._duration = gauge("last_run_seconds", "How long the last run took.")
        self._running = gauge("running", "1 while a run is under way.")
        self._overdue = gauge("overdue_seconds", "For how long a run should have begun; 0 while all is on time.")

    def expect(self, sync: str) -> None:
        """Show this sync's counters from 0: a counter that appears with its first event hides that event."""
        for status in STATUSES:
            self._runs.labels(sync, status)
        for action in COUNTED:
            self._changes.labels(sync, action)
        for plain in (self._retries, self._waited, self._running, self._overdue):
            plain.labels(sync)

    def running(self, sync: str, yes: bool) -> None:
        self._running.labels(sync).set(yes)

    def count_run(self, report: SyncReport, now: float) -> None:
        """A run that ended at ``now`` (seconds since the epoch)."""
        name, counts = report.name, report.counts
        self._runs.labels(name, report.status).inc()
        for action, count in COUNTED.items():
            self._changes.labels(name, action).inc(counts[count])
        if report.status in ("locked", "stale"):
            return
        self._duration.labels(name).set(report.seconds)
        if report.status == "failed":
            return
        self._succeeded.labels(name).set(now)
        self._rows.labels(name, "read").set(counts["rows"])
        for outcome in OUTCOMES:
            self._rows.labels(name, outcome).set(counts[outcome])

    def count_traffic(self, sync: str, client: OpenPhone) -> None:
        """What a run's client sent and waited, dry runs included. Once a client."""
        for status, count in client.answers.items():
            self._requests.labels(sync, status).inc(count)
        self._retries.labels(sync).inc(client.retries)
        self._waited.labels(sync).inc(client.waited)

    def contacts(self, sync: str, tracked: int) -> None:
        self._contacts.labels(sync).set(tracked)

    def overdue(self, sync: str, seconds: float) -> None:
        self._overdue.labels(sync).set(seconds)

    def succeeded(self, sync: str, at: float) -> None:
        """What the state remembers from before this daemon."""
        self._succeeded.labels(sync).set(at)

    def forget(self, sync: str) -> None:
        """The sync is no longer in the configuration."""
        for metric in (self._contacts, self._succeeded, self._duration, self._running, self._overdue):
            metric.remove_by_labels({"sync": sync})
        self._rows.remove_by_labels({"sync": sync})

    def text(self) -> bytes:
        """The registry as Prometheus reads it."""
        return generate_latest(self._registry)
