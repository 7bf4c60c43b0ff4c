"""``openphone-sync daemon``: each sync on its own schedule, with a page that says how things are."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from types import TracebackType
from typing import NoReturn

import click

from sync.cli.common import Surroundings, Where, config_options, stop_on_signals
from sync.config.model import LoadedConfig
from sync.run.report import EXIT_FAILED


@click.command("daemon")
@config_options
@click.pass_obj
def command(around: Surroundings, where: Where) -> None:
    """Keep running: each sync at once, and then on its own schedule.

    Serves a page, /healthz, /readyz and /metrics on 127.0.0.1:8080 unless the configuration says otherwise.
    SIGHUP reads the configuration again; SIGTERM and Ctrl-C finish what is in flight and end.
    """
    where.configure_logs()
    _log_everything_alike()
    loaded = where.read((), _fail)
    from sync.daemon.daemon import CannotListen

    try:
        asyncio.run(_serve(loaded, around))
    except CannotListen as error:
        _fail(str(error), EXIT_FAILED)


async def _serve(loaded: LoadedConfig, around: Surroundings) -> None:
    from sync.config.file import load
    from sync.daemon.daemon import Daemon

    stop = asyncio.Event()
    with stop_on_signals(stop):
        daemon = Daemon(loaded, lambda: load(loaded.path, os.environ), stop, around.clock, around.patience)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, daemon.reload)
        await daemon.serve()


def _fail(message: str, code: int) -> NoReturn:
    """Ends the command with one message, as a log line: whoever collects the logs of a daemon reads JSON."""
    import structlog

    structlog.get_logger().error("cannot start", reason=message)
    sys.exit(code)


class _ToStructlog(logging.Handler):
    """What libraries log goes the way of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        import structlog

        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None)


def _log_everything_alike() -> None:
    """Libraries' logs, Python's warnings and the tracebacks of mistakes: all in the format of our own lines."""
    import structlog

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        structlog.get_logger().critical("unexpected error", exc_info=(kind, error, trace))

    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a turn left out is told by the timetable
    logging.captureWarnings(True)
    sys.excepthook = tell
    threading.excepthook = lambda args: tell(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
