"""Examples below every command's help: what people type, with the reason beside it where it does not say so itself."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """An epilog that keeps its lines; each is what stands behind ``openphone-sync``, and may end in ``# why``."""
    return "\n".join(["\b", "Examples:", *(f"  openphone-sync {line}" for line in lines)])
