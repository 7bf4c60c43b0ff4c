"""What the configuration may say about how much one run may do."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema

from sync.contacts.change import MatchedBy
from sync.options import Model, expected, interval

LIMIT_FORMS = "a number such as 25, or a share of at most 100% such as 10%"


class Limit(Model):
    """A safety limit: a number of contacts, which is exact, or a share of the contacts tracked."""

    count: int | None = None
    percent: float | None = None

    @classmethod
    def parse(cls, text: object) -> Limit:
        """``5``, ``"5"`` or ``"10%"``. Raises ValueError with the expected forms."""
        if isinstance(text, Limit):
            return text
        match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%?)\s*", str(text), re.ASCII)
        if isinstance(text, bool) or match is None or (not match[2] and "." in match[1]):
            raise ValueError(f"{text!r} is not a limit: expected {LIMIT_FORMS}")
        if not match[2]:
            return cls(count=int(match[1]))
        if float(match[1]) > 100:
            raise ValueError(f"{text!r} is not a limit: expected {LIMIT_FORMS}")
        return cls(percent=float(match[1]))

    def allows(self, tracked: int) -> int:
        """How many of ``tracked`` contacts may be touched."""
        if self.count is not None:
            return self.count
        return int(tracked * (self.percent or 0.0) / 100)

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{self.percent:g}%"


def _limit(raw: object) -> Limit:
    try:
        return Limit.parse(raw)
    except ValueError:
        raise expected(LIMIT_FORMS) from None


LimitField = Annotated[
    Limit,
    BeforeValidator(_limit),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?%?$"}]}),
]


def _kinds(raw: object) -> object:
    named = (raw,) if isinstance(raw, str) else () if raw is None else raw
    if not isinstance(named, list | tuple) or any(kind not in get_args(MatchedBy) for kind in named):
        raise expected("[phoneNumbers, emails], or one of the two")
    return tuple(dict.fromkeys(named))


MatchOn = Annotated[
    tuple[MatchedBy, ...],
    BeforeValidator(_kinds),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(get_args(MatchedBy))},
                {"type": "array", "items": {"enum": list(get_args(MatchedBy))}, "uniqueItems": True},
            ]
        }
    ),
]

MAX_REWRITES = Limit(percent=30)


def _verify(raw: object) -> str | None:
    """An interval; None for never, which is written 0."""
    if raw is None or (raw in (0, "0") and not isinstance(raw, bool)):
        return None
    if not isinstance(raw, str) or interval(raw) is None:
        raise expected("an interval such as '1d', or 0: only with --verify")
    return raw.strip()


VerifyField = Annotated[
    str | None,
    BeforeValidator(_verify),
    WithJsonSchema({"anyOf": [{"const": 0}, {"type": "string", "pattern": r"^\s*(0|\d+(\.\d+)?\s*[smhd])\s*$"}]}),
]


class SafetyOptions(Model):
    """Whose contacts are taken over, what becomes of those whose rows are gone, and how much one run may do."""

    match_on: MatchOn = Field(
        default=(),
        description="contacts that the workspace has already are taken over by number, by address, in this order",
    )

    on_missing: Literal["delete", "keep"] = Field(
        default="delete", description="what becomes of a contact whose row is gone"
    )
    max_deletes: LimitField = Field(
        default=Limit(percent=10),
        description="the most deletes in one run: a number (exact, 0 means none) or a share (never fewer than 5, "
        "or half of what is tracked where that is less)",
    )
    max_updates: LimitField = Field(
        default=Limit(percent=100),
        description="the most updates in one run: a number (exact) or a share (likewise)",
    )
    max_rewrites: LimitField = Field(
        default=MAX_REWRITES,
        description="the most contacts that one run may give another name, other numbers altogether, or nothing in a "
        "field that had something: a number (exact) or a share (never fewer than 10)",
    )
    verify: VerifyField = Field(
        default="1d",
        description="how often a run also looks at everything that the workspace holds, and repairs it; 0: only with "
        "--verify",
    )

    @property
    def verify_every(self) -> timedelta | None:
        """How often a run verifies by itself; None: never."""
        return interval(self.verify) if self.verify else None
