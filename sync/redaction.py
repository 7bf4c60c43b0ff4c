"""What may be said aloud: texts without any secret that was configured, in printable letters, no longer than need be.

Knows nothing of where secrets are configured, nor of who speaks.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, quote_plus, unquote

MASK = "***"

LONGEST = 500
"""Letters of one message that are kept: a service that answers with a megabyte is not repeated."""

LONGEST_LINES = 100
LONGEST_MESSAGE = 20_000
"""Of a message of our own, which may name many mistakes, each on its line."""

SHORTEST = 4
"""A secret that is shorter would be found in half of all words."""

ANYWHERE = 8
"""From this length on a secret is taken out of the middle of words, too."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What commands a terminal, and halves of letters, which can be written nowhere."""


class Redactor:
    """Knows the values of secrets and takes them out of every text that is to leave us."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: list[str] = []
        self._words: list[tuple[str, re.Pattern[str]]] = []
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Remember more of them, in every form in which a service may repeat them."""
        forms = {form for secret in secrets for form in _forms(secret)}
        forms |= {*self._forms, *(word for word, _ in self._words)}
        # The longest go first: one secret may hold another.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._forms = [form for form in ordered if len(form) >= ANYWHERE]
        self._words = [(form, _as_word(form)) for form in ordered if len(form) < ANYWHERE]

    def clean(self, text: str) -> str:
        """The text without any secret."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        for word, pattern in self._words:
            if word in text:
                text = pattern.sub(MASK, text)
        return text

    def said(self, text: str) -> str:
        """What somebody else said, fit to be repeated: on one line, without secrets, cut to a size."""
        return shortened(" ".join(printable(self.clean(text)).split()))

    def message(self, text: str) -> str:
        """A message of our own, which may repeat what others said: line by line without secrets, and not endless."""
        lines = printable(self.clean(text)).split("\n")
        kept = [shortened(line, 2 * LONGEST) for line in lines[:LONGEST_LINES]]
        if len(lines) > LONGEST_LINES:
            kept.append(f"… and {len(lines) - LONGEST_LINES} more lines")
        return shortened("\n".join(kept), LONGEST_MESSAGE)

    def value(self, value: object) -> object:
        """A value of a log line: every text in it clean, and cut."""
        if isinstance(value, str):
            return self.message(value)
        if isinstance(value, Mapping):
            return {key: self.value(each) for key, each in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return [self.value(each) for each in value]
        return value if isinstance(value, int | float | None) else self.message(str(value))


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, or its beginning where it is too long to be told."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def printable(text: str) -> str:
    """The text, with a mark in place of each character that is none to be shown."""
    return _UNPRINTABLE.sub("\ufffd", text) if _UNPRINTABLE.search(text) else text


def secrets_in_address(address: str) -> set[str]:
    """What is secret in an address with a scheme: its password, however it is written, and secret parameters."""
    _, separator, rest = address.partition("://")
    if not separator:
        return set()
    found: set[str] = set()
    before, _, query = rest.partition("?")
    for whole in (before, before.partition("/")[0], rest):
        user, at, _ = whole.rpartition("@")
        password = user.partition(":")[2]
        if at and password:
            # With an '@' that is not escaped a part of the password is taken for the host.
            found |= {password, *password.split("@")}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if re.search(r"pass(word|wd)?$|secret|token|key$|pwd|sig(nature)?$|credential|^auth", name, re.IGNORECASE):
            found.add(value)
    return found - {""}


def _forms(secret: str) -> set[str]:
    forms: set[str] = set()
    for plain in {secret, secret.strip(), unquote(secret)}:
        if len(plain) >= SHORTEST and plain.casefold() not in ("true", "false", "null", "none"):
            escaped = {html.escape(plain), repr(plain)[1:-1], json.dumps(plain)[1:-1]}
            encoded = b64encode(plain.encode("utf-8", "replace")).decode().rstrip("=")
            forms |= {plain, quote(plain), quote(plain, safe=""), quote_plus(plain), encoded, *escaped}
    return forms


def _as_word(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(form)}(?!\w)")
