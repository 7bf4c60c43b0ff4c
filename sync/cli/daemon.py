"""``openphone-sync daemon``: each sync on its own schedule, with a page that says how things are."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from typing import NoReturn

import click

from sync.cli.common import Surroundings, ToStructlog, Where, config_options, redactor_of, stop_on_signals
from sync.cli.examples import examples
from sync.config.model import LoadedConfig
from sync.run.report import EXIT_FAILED
from sync.unexpected import unexpected


@click.command(
    "daemon",
    epilog=examples("daemon", "daemon -c /etc/openphone-sync/config.yaml --log-format json"),
)
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
    from sync.daemon.loop import Loop

    try:
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(_serve(loaded, around))
    except CannotListen as error:
        _fail(str(error), EXIT_FAILED)
    except Exception as error:
        tell(error)
        sys.exit(EXIT_FAILED)


async def _serve(loaded: LoadedConfig, around: Surroundings) -> None:
    from sync.config.file import load
    from sync.daemon.daemon import Daemon

    redactor, stop = redactor_of(click.get_current_context()), asyncio.Event()

    def reread() -> LoadedConfig:
        again = load(loaded.path, os.environ)
        redactor.learn(again.secrets())
        return again

    with stop_on_signals(stop):
        told = _tell_address if sys.stderr.isatty() else None  # elsewhere the log says it
        daemon = Daemon(loaded, reread, stop, around.clock, around.patience, told)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, daemon.reload)
        await daemon.serve()


def _tell_address(address: str) -> None:
    click.echo(f"The page: {address}  Ctrl-C ends the daemon.", err=True)


def _fail(message: str, code: int) -> NoReturn:
    """Ends the command with one message, as a log line: whoever collects the logs of a daemon reads JSON."""
    import structlog

    structlog.get_logger().error("cannot start", reason=message)
    sys.exit(code)


def tell(error: BaseException) -> None:
    """An exception that nobody foresaw, as a log line; its traceback at debug level."""
    import structlog

    structlog.get_logger().critical("unexpected error", reason=unexpected(error))
    structlog.get_logger().debug("traceback", exc_info=error)


def _log_everything_alike() -> None:
    """Libraries' logs, Python's warnings and our own mistakes: all in the format of our own lines."""
    logging.basicConfig(handlers=[ToStructlog()], level=logging.WARNING, force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a turn left out is told by the timetable
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: tell(error)
    threading.excepthook = lambda args: tell(args.exc_value or args.exc_type())
