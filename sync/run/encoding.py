"""The encoding that a source's text is read in, where it is a guess: said, remembered, held against the last run's.

A guess that changes would rename everybody whose name has a letter beyond ASCII. Knows no file.
"""

from __future__ import annotations

from connectors.base import Connector, ReadsText, SourceError, TextEncoding
from sync.contacts.warning import RowWarning
from sync.run.job import Job
from sync.run.session import Session

_FACT = "encoding"
_USUAL = "cp1252"
_PLAIN = "ascii"


def encoding_of(connector: Connector) -> TextEncoding | None:
    """The encoding that the connector reads; valid once its columns are known."""
    return connector.text_encoding if isinstance(connector, ReadsText) else None


def warning(encoding: TextEncoding | None) -> RowWarning | None:
    """What to say of a guess."""
    if encoding is None or not encoding.guessed:
        return None
    text = (
        f"the source is read as {encoding.shown}, which is a guess: nothing in it says so. If letters of names look "
        "wrong, name the right one ('encoding' in the source), or save the file as UTF-8"
    )
    return RowWarning("encoding", text)


def warnings(connector: Connector, job: Job, session: Session) -> tuple[RowWarning, ...]:
    """The warning of a guess, if it is one. Raises SourceError where the last run read another encoding.

    From UTF-8 to Windows-1252 is what saving with another program does, and that guess is good.
    """
    encoding = encoding_of(connector)
    if encoding is None or not encoding.guessed:
        return ()
    last = session.state.notes.fact(job.sync, _FACT)
    if last not in (None, encoding.name) and not (last == "utf-8" and encoding.name == _USUAL):
        raise SourceError(
            f"the source looks like {encoding.shown}, which is a guess, and the last run read it as "
            f"{TextEncoding(last or '').shown}: one of them is wrong, or the file was saved in another way. Nothing "
            f"was sent. Save it as UTF-8; or, if {encoding.shown} is right, name it: 'encoding' in the source"
        )
    found = warning(encoding)
    return (found,) if found else ()


def remember(connector: Connector, job: Job, session: Session) -> None:
    """So that the next run can tell whether it guesses the same; plain ASCII says nothing."""
    encoding = encoding_of(connector)
    if encoding is None or encoding.name == _PLAIN:
        return
    notes = session.state.notes
    if notes.fact(job.sync, _FACT) != encoding.name:
        notes.set_fact(job.sync, _FACT, encoding.name)
