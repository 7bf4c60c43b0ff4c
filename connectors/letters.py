"""Whether a text reads as names and notes of people do, or as one whose bytes were taken for another alphabet. Pure.

A wrong encoding still gives letters: ``José`` becomes ``JosŽ``, ``Łukasz`` becomes ``£ukasz``. It gives them where no
language has them: so words are judged, not single letters. Plain ASCII says nothing and is not looked at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

TOLERATED = 0.05
"""The share of odd words that a long text may have: people do type odd things."""

_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "æøåäöüé",  # Danish, Norwegian
        "åäöüéæ",  # Swedish, Finnish
        "äöüßé",  # German
        "àâæçéèêëîïôœùûüÿö",  # French
        "áéíóúüñç",  # Spanish, Galician
        "ãõáâàçéêíóôúü",  # Portuguese
        "àèéìíîòóùúâêô",  # Italian
        "àçèéíïóòúüñ",  # Catalan
        "áðéíóúýþæö",  # Icelandic
        "ëïéüöèê",  # Dutch
        "äöõüšž",  # Estonian
        "âêîôûŵŷäëïöüẁẃỳý",  # Welsh
        "àèìòù",  # Gaelic
        "ċġħżàèìòù",  # Maltese
        "ąćęłńóśźżé",  # Polish
        "áčďéěíňóřšťúůýžüö",  # Czech
        "áäčďéíĺľňóôŕšťúýžüö",  # Slovak
        "áéíóöőúüűä",  # Hungarian
        "ăâîșțşţéáöü",  # Romanian
        "čćđšžäöü",  # Croatian, Slovene, Bosnian
        "əçğıi̇öşü",  # Azerbaijani
        "ąčęėįšųūž",  # Lithuanian
        "āčēģīķļņōŗšūž",  # Latvian
        "çë",  # Albanian
        "ĉĝĥĵŝŭ",  # Esperanto
    )
)
_POLISH = frozenset("ąćęłńóśźż")
_TURKISH = frozenset("çğı\u0307öşüâîû")
_VIETNAMESE = frozenset("ăâđêôơư\u0300\u0301\u0303\u0309\u0323")
"""As Windows-1258 writes it: tones stand for themselves."""

_WITH_O_SLASH = frozenset("øæåéöü")
_VOWELS = frozenset("аеёиоуыэюяіїєјў")
_PREFIXES = frozenset(
    {"mc", "mac", "de", "di", "la", "le", "van", "von", "del", "da", "du", "san", "al", "el", "ap", "fitz", "o"}
)
_L = r"[^\W\d_ªºµƒˆ²³¹½¼¾]"
"""A letter; Python counts signs such as ² and ª among them."""

_ODD = re.compile(
    rf"""
      {_L} [¢£¥€¤¦¬±¶µ†‡¿¡«“„‚‹•÷×¸°] {_L}             # a sign between two letters
    | {_L} [¯¸¨ˆ˜¬¦¤µ¿¡¢£¥ƒ‡„‚‹÷×‰]                      # one that follows no word
    | [£¥€¯¸¨ˆ˜¬¦¤¹²³ªº®™¾½¼÷×±] {_L}                   # one that no word follows
    | (?<={_L}) (?<![nNcC]) °                             # degrees follow numbers, but for N° and C°
    | [‚„] [^\w\s]                                        # a quotation begins with a word
    | (?<={_L}) (?<![mM]) [²³¹]                           # raised digits belong to m and km
    | © [a-zß-ÿ] | ^ [^«»]* » {_L} [^«»]* $               # and the closing one of a pair
    | [¯¸¨ˆ˜¬¦¤¢¥†‡‰] [^\x00-\x7f\s]                    # signs that stand together nowhere
    | [a-z] [”»›“] [a-z]                                  # a quotation that ends within a word
    | (?<![‚‘]) (?<={_L}) ‘ (?!{_L})                      # it only opens
    | \b {_L} — [a-zß-ÿ] | [a-z] — {_L} \b                # a dash after, or before, one letter
    | [aeiou] – [aeiou]                                   # a dash within a word
    | [bcdfghjklmnpqrstvwxz] ’ (?: a\b | [bcdfgjklmnpqrtvwxz] [a-z] )   # an apostrophe that is none
    """,
    re.VERBOSE,
)
_FRENCH_LIGATURE = re.compile(r"[aeiouy]œ")
_ENDS_ONLY = re.compile(r"ì[a-zß-ÿ]")
_RUN = re.compile(r"[^\x00-\x7f]{3}")
_NOT_THAI = re.compile(r"^[ะ-ฺ็-๎]|[๎๏ฺ]|[ะำ][ั-ฺ็-์]|[ิ-ื][ิ-ื]|[\u0e50-\u0e59][\u0e01-\u0e30]")
_WORD = re.compile(rf"(?:{_L}|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])+")
_LATIN, _EAST_ASIAN = (
    "LATIN",
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "FULLWIDTH"}),
)
_SCRIPTS = _EAST_ASIAN | {
    _LATIN, "CYRILLIC", "GREEK", "HEBREW", "ARABIC", "THAI", "ARMENIAN", "GEORGIAN", "BOPOMOFO", "COMBINING"
}  # fmt: skip
_SIGNS = frozenset(
    "’‘“”„‚«»‹›–—…•·°ºª©®™€£¥¢§¶†‡¿¡½¼¾²³¹×±´¨µ¦¬÷ˆ˜¸¯¤‰ƒ№、。・「」『』（）《》〈〉【】〒～！？：；，．／－〇々ー＆"
)


def reads_as_names(text: str) -> bool:
    """Whether the words of ``text`` that are not plain ASCII are, but for a few in a long text, words."""
    judged = odd = 0
    for line in text.splitlines():
        if line.isascii():
            continue
        verdicts = [*map(_is_word, words(line)), *(False for _ in _ODD.finditer(_plain(line)))]
        verdicts += [False for character in line if not _may_be(character)]
        judged += max(1, len(verdicts))
        odd += verdicts.count(False)
    return odd <= TOLERATED * judged


def letters(text: str) -> int:
    """How many letters of ``text`` are not ASCII and stand in words that are long enough to be told from chance."""
    return sum(sum(not c.isascii() for c in word) for word in _WORD.findall(text) if len(word) >= _telling(word))


def _telling(word: str) -> int:
    return 2 if _script(word[0]) in _EAST_ASIAN else 3


def _plain(line: str) -> str:
    return line.replace("\xa0", " ").replace("\xad", "")


def words(text: str) -> Iterator[str]:
    """The words that are not plain ASCII, without the signs around them."""
    for found in _WORD.finditer(text):
        if not found[0].isascii():
            yield found[0]


def _may_be(character: str) -> bool:
    """Whether people write such a character at all: no controls, boxes, blocks, private ones."""
    if character.isascii():
        return character.isprintable() or character == "\t"
    if character in _SIGNS or character.isspace():
        return True
    kind = unicodedata.category(character)
    if kind[0] in "LM":
        return _script(character) in _SCRIPTS
    return kind in ("Nd", "Cf", "Nl")


def _script(character: str) -> str:
    return unicodedata.name(character, "?").split(" ", 1)[0]


def _is_word(word: str) -> bool:
    scripts = {_script(c) for c in word if not c.isascii()} - {"COMBINING"}
    if scripts <= _EAST_ASIAN:
        return True
    if len(scripts) > 1 or not scripts <= _SCRIPTS:
        return False
    if _NOT_THAI.search(word):
        return False
    if scripts != {_LATIN}:
        return not any(c.isascii() for c in word) and _has_usual_case(word) and _can_be_spoken(word)
    return _has_usual_case(word) and _is_latin(word.lower())


def _has_usual_case(word: str) -> bool:
    """No capital within or after small letters, unless a new name begins there, as in McÉvoy."""
    plain = word.replace("ß", "")
    for place in range(1, len(plain)):
        before = plain[:place]
        if plain[place].isupper() and before.lower() not in _PREFIXES and not before.isupper():
            return False
    second, rest = plain[1:2], plain[2:]
    return not (second.isupper() and not second.isascii() and rest.islower())


def _can_be_spoken(word: str) -> bool:
    """Whether a Cyrillic word that is no abbreviation has vowels and others."""
    if _script(word[0]) != "CYRILLIC" or len(word) < 3 or word.isupper():
        return True
    vowels = sum(c in _VOWELS for c in word.lower())
    return 0 < vowels < len(word)


def _is_latin(word: str) -> bool:
    """Whether one language writes a word in small letters so: neither too many marked ones, nor where it never does."""
    marked = {c for c in word if not c.isascii()}
    if any(marked <= dense for dense in (_POLISH, _TURKISH, _VIETNAMESE)):
        return True
    if (len(word) > 1 and all(not c.isascii() for c in word)) or _RUN.search(word):
        return False
    if _FRENCH_LIGATURE.search(word) or _ENDS_ONLY.search(word) or ("ø" in marked and not marked <= _WITH_O_SLASH):
        return False
    return any(marked <= alphabet for alphabet in _ALPHABETS)
