"""The workspace's custom fields: which heading means which, and by which name the configuration means it.

Sees no cell: whether a column's values fit is told by ``cells``.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.contacts.contact import CustomField
from sync.first_config import vocabulary
from sync.first_config.headings import Heading


def spelled(definition: CustomField, custom_fields: Sequence[CustomField]) -> str | None:
    """The name, else the key, by which the configuration means this custom field and no other."""
    for wanted in (definition.name, definition.key):
        keys = [each for each in custom_fields if each.key == wanted]
        names = [each for each in custom_fields if each.name == wanted]
        if wanted.strip() and (keys or names) == [definition]:
            return wanted
    return None


def means(heading: Heading, definition: CustomField, *, exact: bool) -> bool:
    """Whether a heading is this field's name or key: word for word, or else as people abbreviate and translate it."""
    for wanted in (vocabulary.words(definition.name), vocabulary.words(definition.key)):
        if not wanted:
            continue
        if exact:
            if "".join(wanted) in heading.spellings:
                return True
            continue
        if _meaning("".join(wanted)) in map(_meaning, heading.spellings):
            return True
        padding = vocabulary.TYPE_WORDS.get(definition.type, set())
        bare = tuple(word for word in heading.words if word not in padding)
        core = tuple(word for word in wanted if word not in padding)
        if bare and (bare == core or _singular(bare) == _singular(wanted)):
            return True
        # "is_lead" for "Inbound Lead", "since" for "Customer Since": only where the type confirms it
        if definition.type in ("boolean", "date") and bare and len(wanted) > 1 and bare == wanted[-len(bare) :]:
            return True
    return False


def _meaning(spelling: str) -> str:
    return vocabulary.SYNONYMS.get(spelling, spelling)


def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.removesuffix("s") for word in words)
