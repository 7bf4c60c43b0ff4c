"""The file in which a sandbox keeps its contacts between two lives: JSON, replaced whole, for its owner's eyes only."""

from __future__ import annotations

import json
from pathlib import Path

from sync.files import PRIVATE, write_whole
from sync.sandbox.law_book import Json

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
    """Put ``contacts`` in place of what ``path`` held."""
    write_whole(path, json.dumps({"contacts": contacts}, ensure_ascii=False), PRIVATE)
