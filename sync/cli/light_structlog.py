"""structlog without what it imports for terminals, where standard error is none: rich takes longer than it."""

from __future__ import annotations

import sys


def import_structlog(*, for_a_terminal: bool) -> None:
    """To be called before anybody imports it."""
    if for_a_terminal or "structlog" in sys.modules or "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # so that it is not there for structlog, which asks once
    try:
        import structlog  # noqa: F401
    finally:
        del sys.modules["rich"]
