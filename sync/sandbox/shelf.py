"""The file in which a sandbox keeps its contacts between two lives: JSON, replaced whole, for its owner's eyes only."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from sync.contacts.contact import Json

PARTS = {"id", "externalId", "source", "sourceUrl", "defaultFields", "customFields", "createdAt", "updatedAt"}


class ShelfError(Exception):
    """The file holds no contacts that a sandbox could have written; it is left as it is."""


def load(path: Path) -> list[Json]:
    """The contacts kept in ``path``; none where there is no file yet."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ShelfError(f"{path} cannot be read: {error}") from error
    try:
        contacts = json.loads(text)["contacts"]
        whole = all(contact.keys() >= PARTS for contact in contacts)
    except (ValueError, TypeError, KeyError, AttributeError):
        whole = False
    if not whole:
        raise ShelfError(f"{path} is not a file of a sandbox's contacts")
    return list(contacts)


def save(path: Path, contacts: list[Json]) -> None:
    """Put ``contacts`` in place of what ``path`` held; a reader sees the old file or the new one, never a half."""
    text = json.dumps({"contacts": contacts}, ensure_ascii=False)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp's mode is 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
