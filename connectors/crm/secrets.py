"""What may be said aloud: secrets taken out of any text, and what an API said for itself in an error's body."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

from yarl import URL

MASK = "***"
_LONGEST = 300
_SPEAKING = (
    "error_description",
    "message",
    "detail",
    "error_message",
    "error",
    "errors",
    "title",
    "reason",
    "msg",
    "description",
    "code",
)


class Scrubber:
    """Knows the secrets of one source and takes them out of every text that leaves it."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def add(self, secret: str) -> None:
        """Remembers a secret in every form in which an API may echo it."""
        for plain in {secret, secret.strip()} - {""}:
            in_address = URL().with_query({"": plain}).raw_query_string[1:]
            escaped = (html.escape(plain), json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1])
            self._forms |= {plain, in_address, quote(plain), quote(plain, safe=""), quote_plus(plain), *escaped}

    def clean(self, text: str) -> str:
        """``text`` without any secret. The longest go first: one secret may hold another."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return text


def what_it_said(body: str) -> str:
    """The message of an error's body, in one trimmed line; empty where it says nothing."""
    try:
        spoken = _message(json.loads(body))
    except (ValueError, RecursionError):
        spoken = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", body, flags=re.DOTALL | re.IGNORECASE)
    spoken = " ".join(spoken.split())
    return spoken if len(spoken) <= _LONGEST else spoken[:_LONGEST] + "…"


def _message(value: Any, depth: int = 0) -> str:
    """The first thing in an error's JSON that reads like a message."""
    if depth > 4:
        return ""
    if isinstance(value, list):
        return next((said for item in value if (said := _message(item, depth + 1))), "")
    if isinstance(value, dict):
        said = next((said for key in _SPEAKING if (said := _message(value.get(key), depth + 1))), "")
        if said and isinstance(value.get("msg"), str) and isinstance(where := value.get("loc"), list) and where:
            return f"{where[-1]}: {said}"
        return said or next((said for name, inner in value.items() if depth and (said := _per_field(name, inner))), "")
    return value if isinstance(value, str) else ""


def _per_field(name: str, value: Any) -> str:
    """The first of a field's messages, as in ``{"errors": {"limit": ["is too large"]}}``."""
    first = value[0] if isinstance(value, list) and value else None
    return f"{name}: {first}" if isinstance(first, str) else ""
