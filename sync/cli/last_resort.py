"""How a command ends that nobody foresaw: one message, a document where one was asked for, exit 1. No traceback.

A traceback goes to the log, at debug level. Whatever is said here may itself find nobody to say it to.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import suppress
from typing import NoReturn

import click

from sync.redaction import Redactor
from sync.unexpected import unexpected

EXIT_FAILED = 1
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def end(error: BaseException, redactor: Redactor, *, form: str | None) -> NoReturn:
    """End the command for an exception that came through everything else."""
    if nobody_listens(error):
        close_output(error)
    message = redactor.message(unexpected(error))
    _log(error)
    try:
        if form is not None:
            print_document(message, form)
    except OSError as full:
        close_output(full)
    _say(f"openphone-sync: {message}")
    sys.exit(EXIT_FAILED)


def print_document(error: str, form: str) -> None:
    """The document of a command that did nothing that it could tell of."""
    if form != "json":
        from sync.cli.documents import document_lines

        for line in document_lines(form, [], error):
            click.echo(line)
        return
    click.echo(json.dumps({"syncs": [], "error": error}, ensure_ascii=False, indent=2))


def nobody_listens(error: BaseException) -> bool:
    """Whether standard output is what failed: its reader is gone, or there is no room where it goes."""
    if isinstance(error, BrokenPipeError):
        return True
    return isinstance(error, OSError) and error.errno in _NO_ROOM and error.filename is None


def close_output(error: BaseException) -> NoReturn:
    """End without another word on standard output; what is left in it has no place to go."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    if not isinstance(error, BrokenPipeError):
        reason = error.strerror if isinstance(error, OSError) else str(error)
        _say(f"openphone-sync: standard output cannot be written: {reason}. What was done is kept.")
    sys.exit(EXIT_FAILED)


def _say(text: str) -> None:
    with suppress(OSError, ValueError):  # standard error may be gone, too
        click.echo(text, err=True)


def _log(error: BaseException) -> None:
    import structlog

    if structlog.is_configured():  # else it would go to standard output
        with suppress(OSError, ValueError):
            structlog.get_logger().debug("unexpected error", exc_info=error)
