"""A number as people write it → its value: which mark groups thousands, which is decimal, what is a currency or sign.

Pure: text in, a float out. Knows nothing of cells, or of how exact a number OpenPhone keeps.
"""

from __future__ import annotations

import re
import unicodedata

_CURRENCY = re.compile(
    "AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KRW?|MXN|MYR|NOK|NZD|PEN|PHP"
    "|PLN|RMB|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD?|VND|ZAR|CA?|AU?|NZ|HK|R|S",
    re.IGNORECASE,
)
_EXPONENT = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d{1,3}")
_GROUPS = {
    mark: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{2,3}})*{re.escape(mark)}\d{{3}}") for mark in ",.' "
}


class NotANumber(ValueError):
    """The text is no number; the message is the reason, for people."""


def value_of(written: str) -> float:
    """The value of a number with thousands separators, a currency, a sign or the brackets of accounts.

    Where only a comma is there it groups thousands if it can (``1,234``) and is decimal otherwise (``1,5``); a lone
    point is always decimal.
    """
    plain = written.replace("−", "-").replace("’", "'")
    if "%" in plain:
        raise NotANumber("is a percentage, not a number")
    digits, negative = _without_sign(plain)
    value = float(_decimal_text(digits))
    return -value if negative else value


def _without_sign(written: str) -> tuple[str, bool]:
    """The digits without currency, sign and brackets, and whether they are negative."""
    bracketed = written.startswith("(") and written.endswith(")")
    rest = _without_currency(written[1:-1] if bracketed else written)
    minus = rest.startswith("-") or rest.endswith("-")
    signed = rest[:1] in ("+", "-") or rest.endswith("-")
    if signed and bracketed:
        raise NotANumber("is not a number: it has both brackets and a sign")
    if signed:
        rest = rest[:-1] if rest.endswith("-") and rest[:1] not in ("+", "-") else rest[1:]
    return _without_currency(rest), bracketed or minus


def _without_currency(written: str) -> str:
    """Without a currency sign or code at either end."""
    match = re.fullmatch(r"([^\W\d_]*)\s*(.*?)\s*([^\W\d_]*)", written.strip(), re.DOTALL)
    if match is None:
        return written
    for code in (match[1], match[3]):
        if code and not _CURRENCY.fullmatch(code):
            raise NotANumber("is not a number")
    core = match[2]
    return core.strip("".join(c for c in core if unicodedata.category(c) == "Sc") + " ")


def _decimal_text(digits: str) -> str:
    """``1.234,50`` → ``1234.50``: which mark groups, and which is decimal, decided by their places."""
    if re.fullmatch(r"\d+(?:\.\d*)?|\.\d+", digits, re.ASCII) or _EXPONENT.fullmatch(digits):
        return digits
    if not re.fullmatch(r"[\d,.' ]*\d[\d,.' ]*", digits, re.ASCII):
        raise NotANumber("is not a number")
    mark = _decimal_mark(digits)
    whole, _, fraction = digits.rpartition(mark) if mark else (digits, "", "0")
    if not re.fullmatch(r"\d*", fraction, re.ASCII):
        raise NotANumber("is not a number")  # as in ". 0"
    return f"{_ungrouped(whole)}.{fraction}"


def _decimal_mark(digits: str) -> str:
    """The decimal mark of ``digits``, or "" where every mark groups thousands."""
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0:
        return ""
    mark = digits[last]
    groups = digits.count(mark) > 1 or (mark == "," and "." not in digits and _GROUPS[","].fullmatch(digits))
    return "" if groups else mark


def _ungrouped(whole: str) -> str:
    if re.fullmatch(r"\d*", whole, re.ASCII):
        return whole or "0"
    for mark, pattern in _GROUPS.items():
        if pattern.fullmatch(whole):
            return whole.replace(mark, "")
    raise NotANumber("is not a number: its thousands are not grouped by three")
