"""Yes and no as people and spreadsheets write them, in many languages. Pure."""

from __future__ import annotations

_YES = """
true t yes y on x 1 1.0 ✓ ✔ ☑ ✅ checked enabled active ja oui si sí sì sim da tak ano áno igen evet kyllä jā taip
wahr vrai verdadero vero waar verdadeiro prawda sant sand sann tosi pravda igaz doğru adevărat adevarat вярно истина так
да истинно істина ναι αληθές αληθης はい 是 真 예 네 참 ใช่ có đúng نعم כן हाँ
"""
_NO = """
false f no n off 0 0.0 ✗ ✘ ☐ ❌ unchecked disabled inactive nein non não nao nee nej nei nie ne nem hayır hayir ei nē
falsch faux falso onwaar fałsz falsz falskt falsk usann epätosi nepravda hamis yanlış yanlis fals невярно ложь хибність
нет ні не όχι ψευδές ψευδης いいえ 否 假 아니요 아니오 거짓 ไม่ không sai لا לא नहीं
"""
YES = frozenset(_YES.split())
NO = frozenset(_NO.split())


def meant_by(word: str) -> bool | None:
    """Whether the word says yes or no; None where it says neither."""
    folded = word.strip().casefold().replace("i̇", "i").rstrip(".!")
    return True if folded in YES else False if folded in NO else None
