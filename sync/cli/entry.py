"""The program as it is started and ended: a short run pays neither for what it does not use nor for tearing it down."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn

COLLECTED_EVERY = 100_000
"""Objects made between two collections: modules and rows are no garbage, and looking through them costs time."""


def run() -> NoReturn:
    """The command that the arguments name; its exit code. What is printed is out, and what was to be done at the end is
    done; only the modules are not taken apart one by one."""
    gc.set_threshold(COLLECTED_EVERY, 20, 100)
    from sync.cli.main import main

    try:
        main()
        code: object = 0
    except SystemExit as end:
        code = end.code
    if not isinstance(code, int | None):
        sys.exit(str(code))
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(code)  # Python says what it has to say of it
    atexit._run_exitfuncs()
    os._exit(code or 0)
