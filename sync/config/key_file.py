"""``openphone.api_key_file``: the key, from a file of its own. Put in place of the path before anything is checked."""

from __future__ import annotations

from pathlib import Path

from sync.config.document import Mistake

OPTION = "api_key_file"
_KEY = "api_key"
_LARGEST = 10_000
"""Bytes: a file that is larger is another file."""


class NoKey(Exception):
    """The file holds no key; the message completes the line about the option."""


def with_key(section: dict[str, object], folder: Path) -> tuple[dict[str, object], list[Mistake]]:
    """The section ``openphone`` with the key that its file holds, or what is wrong with that.

    A relative path starts from ``folder``, where the configuration is.
    """
    named = section.get(OPTION)
    if named is None:
        return section, []
    at = ("openphone", OPTION)
    if _KEY in section:
        return section, [Mistake(None, at, f"found beside {_KEY}, expected one of the two")]
    if not isinstance(named, str) or not named.strip():
        return section, []  # the model says what it expects
    try:
        return {**section, _KEY: _key_in(folder / Path(named.strip()).expanduser())}, []
    except NoKey as error:
        return {**section, _KEY: "none"}, [Mistake(None, at, str(error))]


def _key_in(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NoKey(f"found no file {path}, expected one that holds OpenPhone's API key, and nothing else") from None
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "that is no file's name"
        raise NoKey(f"{path} cannot be read ({why}): expected a file that this user may read") from None
    try:
        key = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        key = "\n"
    if not key:
        raise NoKey(f"found nothing in {path}, expected OpenPhone's API key")
    if len(content) > _LARGEST or not key.isprintable() or any(char.isspace() for char in key):
        raise NoKey(f"found something else in {path}, expected OpenPhone's API key on one line, and nothing else")
    return key
