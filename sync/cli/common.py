"""What several commands share: the configuration's options, logs, signals, one way to end."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from sync.cli.once import Once
from sync.clock import Clock
from sync.config import guide_sheet as documentation_sheet
from sync.config.file import ConfigError, load
from sync.config.model import LoadedConfig
from sync.contacts.json_value import json_text
from sync.openphone.patience import Patience
from sync.redaction import Redactor
from sync.run.report import EXIT_USAGE

if TYPE_CHECKING:
    import asyncio

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command takes from the world: time and chance, and how long it hopes for a service."""

    clock: Clock = Clock()
    patience: Patience = Patience()


_REDACTOR = "sync.redactor"

Fail = Callable[[str, int], NoReturn]
"""Ends a command: the message, and the exit code."""

LOG_FORMATS = ("auto", "console", "json")
LOG_LEVELS = ("auto", "debug", "info", "warning")


@dataclass(frozen=True, slots=True)
class Where:
    """The configuration file, and how logs are written: what nearly every command takes."""

    config: Path
    log_format: str
    log_level: str

    def read(self, names: Sequence[str], fail: Fail, *, to_look_back: bool = False) -> LoadedConfig:
        """The configuration, with every name that was asked for, and the logs as wished.

        ``to_look_back``: only the state is to be read, and no secret is needed for that. Ends the command with exit 2
        where it cannot be had.
        """
        loaded = _read_config(self.config, names, fail, to_look_back)
        redactor = redactor_of(click.get_current_context(silent=True))
        redactor.learn(loaded.secrets())
        if not to_look_back:  # it logs nothing, and answers sooner
            self.configure_logs()
        return loaded

    def configure_logs(self) -> None:
        """Logs to standard error, as wished."""
        configure_logs(self.log_format, self.log_level)


def redactor_of(context: click.Context | None) -> Redactor:
    """What takes every known secret out of whatever the command says; it learns them with the configuration."""
    if context is None:
        return Redactor()
    found: Redactor = context.meta.setdefault(_REDACTOR, Redactor())
    return found


def config_options(function: Callable[..., None]) -> Callable[..., None]:
    """``-c/--config`` and the log options, handed on together as ``where``."""
    decorators = (
        click.option(
            "-c",
            "--config",
            "config_path",
            cls=Once,
            type=click.Path(path_type=Path),
            default="config.yaml",
            envvar="OPENPHONE_SYNC_CONFIG",
            show_default=True,
            show_envvar=True,
            help="The configuration file.",
        ),
        click.option("--log-format", type=click.Choice(LOG_FORMATS), default="auto", help="Default: by the terminal."),
        click.option(
            "--log-level",
            type=click.Choice(LOG_LEVELS),
            default="auto",
            help="Default: info; warning on a terminal, where progress is shown.",
        ),
    )

    @wraps(function)
    def gathered(*args: Any, config_path: Path, log_format: str, log_level: str, **options: Any) -> None:
        function(*args, where=Where(config_path, log_format, log_level), **options)

    command: Callable[..., None] = gathered
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def output_option(function: Function) -> Function:
    """``--output text|json``."""
    return output_of("text", "json")(function)


def output_of(*kinds: str) -> Callable[[Function], Function]:
    """``--output`` with these kinds, of which the first is the default."""
    return click.option(
        "--output",
        type=click.Choice(kinds),
        default=kinds[0],
        show_default=True,
        help="What standard output gets.",
    )


def configure_logs(log_format: str, level: str) -> None:
    """structlog to standard error: console lines on a terminal, JSON lines elsewhere."""
    import structlog

    if level == "auto":
        level = "warning" if sys.stderr.isatty() else "info"
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    redactor = redactor_of(click.get_current_context(silent=True))
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            lambda _, __, event: {name: redactor.value(value) for name, value in event.items()},
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[ToStructlog()], level=logging.WARNING)


class ToStructlog(logging.Handler):
    """What libraries log goes the way of our own lines; a traceback only at debug level."""

    def emit(self, record: logging.LogRecord) -> None:
        import structlog

        log, error = structlog.get_logger(), record.exc_info[1] if record.exc_info else None
        reason = {} if error is None else {"reason": f"{type(error).__name__}: {error}"}
        log.log(record.levelno, record.getMessage(), logger=record.name, **reason)
        if error is not None:
            log.debug("traceback", logger=record.name, exc_info=error)


def _read_config(path: Path, names: Sequence[str], fail: Fail, to_look_back: bool) -> LoadedConfig:
    try:
        if documentation_sheet.applies(path, os.environ):
            loaded = documentation_sheet.load(path, os.environ, to_look_back=to_look_back)
            click.echo(documentation_sheet.hint(path), err=True)
        else:
            loaded = load(path, os.environ, to_look_back=to_look_back)
    except ConfigError as error:
        fail(str(error), EXIT_USAGE)
    unknown = [name for name in names if name not in loaded.config.syncs]
    if unknown:
        have = ", ".join(loaded.config.syncs)
        fail(f"no sync named {', '.join(map(repr, unknown))} in {path}: there is {have}", EXIT_USAGE)
    return loaded


def failing(output: str, document: Callable[[str], Iterable[str]]) -> Fail:
    """How a command ends that could not do anything: one message; with ``--output json`` a document too."""

    def fail(message: str, code: int) -> NoReturn:
        message = redactor_of(click.get_current_context(silent=True)).message(message)
        if output == "json":
            print_lines(document(message))
        click.echo(f"openphone-sync: {message}", err=True)
        sys.exit(code)

    return fail


def print_lines(lines: Iterable[str]) -> None:
    """A document to standard output."""
    for line in lines:
        click.echo(line)


def json_lines(value: Any) -> Iterable[str]:
    """A small document, indented."""
    yield json_text(value, indent=2)


@contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop`` while the block runs. To be used inside the event loop."""
    import asyncio  # not earlier: what runs no loop answers sooner

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
