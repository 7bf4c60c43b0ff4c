"""Which driver reaches a database whose address names none."""

from __future__ import annotations

from sqlalchemy.engine import URL


def with_driver(url: URL) -> URL:
    """The address with psycopg 3 for a PostgreSQL that names no driver, and as it is otherwise."""
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url
