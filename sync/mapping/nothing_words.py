"""Words that people and exporters write where there is nothing: ``N/A``, ``-``, ``TBD``, ``kein``, ``null``. Pure.

Some of them are somebody's name, or a note that means something. So there are two sets: what stands for nothing
wherever it stands, and what does where a number, an address or a date is expected.
"""

from __future__ import annotations

import re

_MARKS = re.compile(r"[-–—−_.?*/\\~=+·•\s]+|[xX]{3,5}")
_ALWAYS = frozenset(
    (
        *("n/a", "n.a.", "n.a", "n / a", "n\\a", "tbd", "t.b.d.", "tba", "t.b.a.", "tbc", "n/d", "n/v", "s/n"),
        *("k.a.", "k. a.", "n.v.t.", "nvt", "n.b.", "(blank)", "(leer)", "(vide)", "(vacío)", "(empty)", "(none)"),
        *("(null)", "(not set)", "(unknown)", "(unassigned)", "<null>", "<none>", "<empty>", "[null]", "[none]"),
        *("\\n", "not applicable", "not available", "not provided", "to be determined", "to be advised"),
    )
)
_AS_WRITTEN = frozenset({"null", "NULL", "nil", "none", "undefined", "NaN", "nan"})
"""In this case alone: Ms. Null and Mr. None exist."""

_OF_VALUES = frozenset(
    (
        *(
            "na",
            "none",
            "null",
            "nil",
            "nan",
            "no",
            "nope",
            "nothing",
            "unknown",
            "unk",
            "unknow",
            "undefined",
            "blank",
        ),
        *("empty", "void", "missing", "pending", "not given", "not known", "not set", "not specified", "no data"),
        *(
            "not listed",
            "unlisted",
            "none given",
            "none provided",
            "not on file",
            "none on file",
            "no info",
            "nd",
            "n.d.",
        ),
        *("does not have", "doesn't have one", "declined", "refused", "withheld", "private", "same", "same as above"),
        *("see notes", "see note", "ask", "ask later", "to follow", "later", "xx", "x", "test", "dummy", "placeholder"),
        *(
            "kein",
            "keine",
            "keiner",
            "keines",
            "ohne",
            "unbekannt",
            "nicht bekannt",
            "nicht vorhanden",
            "fehlt",
            "offen",
        ),
        *("entfällt", "folgt", "nichts", "aucun", "aucune", "néant", "neant", "inconnu", "inconnue", "sans", "non"),
        *("ninguno", "ninguna", "desconocido", "desconocida", "no tiene", "sin datos", "pendiente", "nada", "sin"),
        *("nenhum", "nenhuma", "desconhecido", "não tem", "nao tem", "sem", "pendente", "nessuno", "nessuna"),
        *(
            "sconosciuto",
            "niente",
            "geen",
            "onbekend",
            "ingen",
            "inget",
            "saknas",
            "okänd",
            "ukendt",
            "ukjent",
            "ei ole",
        ),
        *("puuttuu", "brak", "nie ma", "nieznany", "není", "neznámý", "nincs", "ismeretlen", "yok", "bilinmiyor"),
        *("нет", "неизвестно", "немає", "なし", "無し", "不明", "无", "無", "没有", "暂无", "없음"),
    )
)
_NO_SUCH = re.compile(
    r"(?:no|not? (?:a|any)|without|kein[e]?|ohne|sin|sem|sans|geen|ingen|brak|pas de|nessun[ao]?)\s+"
    r"(?:cell|mobile|home|work|valid|current|known|e)?[\s-]*"
    r"(?:phone|number|no\.?|telephone|tel\.?|cell|mobile|landline|contact|e-?mail|mail|address|website|web ?site|url"
    r"|date|telefon|nummer|handy|rufnummer|teléfono|telefono|número|numero|correo|telefone|téléphone|courriel|adresse"
    r"|telefoon|mailadres|telefonu)(?:\s+(?:number|address|given|provided|available|yet|on file|listed))*"
)
_ONE_DIGIT = re.compile(r"\+?1?([0-46-9])\1{6,}")
"""``000-0000``, ``999-999-9999``; not fives: documentation is full of (555) 555-5555."""


def is_a_programs(text: str) -> bool:
    """Whether this is how a program spells that there is nothing."""
    return text in _AS_WRITTEN - {"none"}


def is_nothing(text: str) -> bool:
    """Whether this stands for nothing wherever it stands."""
    written = text.strip()
    return bool(written) and (
        written.casefold() in _ALWAYS or written in _AS_WRITTEN or _MARKS.fullmatch(written) is not None
    )


def is_no_value(text: str) -> bool:
    """Whether this stands for nothing where a number, an address or a date is expected."""
    if is_nothing(text):
        return True
    folded = " ".join(text.casefold().split()).strip(".!()[]<>-*\"' ")
    return folded in _OF_VALUES or folded in _ALWAYS or _NO_SUCH.fullmatch(folded) is not None


def is_no_number(digits: str) -> bool:
    """Whether these digits were typed because the form wanted some."""
    return _ONE_DIGIT.fullmatch(digits) is not None
