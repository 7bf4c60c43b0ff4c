"""The one document that standard output gets where it is asked for: JSON, a page, markdown. At every exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.run.commands import Commands
from sync.run.report import SyncReport, document


def document_lines(
    form: str, reports: Sequence[SyncReport], error: str | None = None, commands: Commands | None = None
) -> Iterator[str]:
    """The reports in one of the forms, line by line. ``error``: why nothing, or not all, could be done."""
    commands = commands or Commands()
    if form == "html":
        from sync.cli.page_by_mail import page_lines

        return page_lines(reports, commands, error)
    if form == "markdown":
        from sync.cli.markdown import markdown_lines

        return markdown_lines(reports, commands, error)
    return document(reports, error)
