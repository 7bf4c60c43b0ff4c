"""What spreadsheets show instead of a value is none, in any language; what people write is not taken for it."""

from __future__ import annotations

import pytest

from sync.mapping import pieces, values
from sync.mapping.error_words import is_error_word, is_no_name
from tests.support.cells import refusal

ERRORS = [
    *("#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
    *("#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#PYTHON!", "#EXTERNAL!", "#ERROR!"),
    *("#GETTING_DATA", "{#ERROR!}", "#n/a", "#ref!", "#NV", "#WERT!", "#BEZUG!", "#ZAHL!"),
    *("#ÜBERLAUF!", "#KALK!", "#DATEN_ABRUFEN", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!"),
    *("#NOM ?", "#VALEUR !", "#REF\u202f!", "#DIV/0\u00a0!", "#NUL !", "#NEDOSTUPNÝ"),
    *("#PROPAGATION!", "#CHAMP!", "#¡VALOR!", "#¿NOMBRE?", "#¡REF!", "#¡DIV/0!", "#¡NUM!", "#N/D"),
    *("#¡DESBORDAMIENTO!", "#VALORE!", "#RIF!", "#NOME?", "#ESPANSIONE!", "#DESPEJO!", "#NÚM!"),
    *("#WAARDE!", "#VERW!", "#NAAM?", "#GETAL!", "#N/B", "#DEEL/0!", "#OVERLOOP!", "#SKÄRNING!"),
    *("#VÄRDEFEL!", "#REFERENS!", "#NAMN?", "#OGILTIGT!", "#SAKNAS!", "#DIVISION/0!", "#VÆRDI!"),
    *("#NAVN?", "#I/T", "#OVERLØB!", "#VERDI!", "#TYHJÄ!", "#JAKO/0!", "#ARVO!", "#VIITTAUS!"),
    *("#NIMI?", "#LUKU!", "#PUUTTUU!", "#DZIEL/0!", "#ARG!", "#ADR!", "#NAZWA?", "#LICZBA!"),
    *("#ROZLANIE!", "#DĚLENÍ_NULOU!", "#HODNOTA!", "#ODKAZ!", "#NÁZEV?", "#ČÍSLO!"),
    *("#NENÍ_K_DISPOZICI", "#PŘESAH!", "#ZÉRÓOSZTÓ!", "#ÉRTÉK!", "#HIV!", "#NÉV?", "#SZÁM!"),
    *("#HIÁNYZIK", "#ПУСТО!", "#ДЕЛ/0!", "#ЗНАЧ!", "#ССЫЛКА!", "#ИМЯ?", "#ЧИСЛО!", "#Н/Д", "#ВЫЧ!"),
    *("#ВЫЧ", "#ПЕРЕНОС!", "#ІМ'Я?", "#BOŞ!", "#SAYI/0!", "#DEĞER!", "#BAŞV!", "#AD?", "#YOK"),
    *("#TAŞMA!", "#ΤΙΜΗ!", "#ΑΝΑΦ!", "#Δ/Υ", "#ŠTEV!", "#VREDN!", "#スピル!", "#溢出!", "#분산!", "######"),
    *("Err:502", "Err:509", "Err:522", "Fehler:502", "Błąd:502", "Ошибка:504", "Erro:508", "Fout:502"),
    *("Chyba:502", "エラー:502", "Loading...", "Loading…", "Cargando...", "Chargement...", "Carregando…"),
    *("Caricamento…", "Laden…", "Загрузка…", "Yükleniyor…", "加载中…", "Ładowanie...", "読み込んでいます..."),
    *("Ladataan…", "Laddar…", "Indlæser…", "Betöltés…", "Φόρτωση…"),
]
SENTENCES = [
    *("Wird geladen…", "Wird geladen...", "Loading data...", "Bezig met laden…", "Đang tải…"),
    *("로드 중...", "جارٍ التحميل…", "#N/A Requesting Data...", "#N/A Field Not Applicable", " #N/A "),
    *("#N/A\u200b", "＃Ｎ／Ａ", "LOADING..."),
]
WORDS = [
    *("Ana", "#1", "#42", "#VIP", "#team", "#acme_sales", "#ad", "#Name", "N/A", "-", "Laden", "Err"),
    *("Working", "C#", "Error", "Err:1", "Room:502", "Suite:502", "#", "##", "...", "…", "#great!", "#1 !"),
]
PHRASES = [
    *("Loading Dock", "Laden GmbH", "Loading Inc...", "Müller...", "Err: see note", "# 7", "Unit #3!"),
    *("", "Loading"),
]


@pytest.mark.parametrize("word", [*ERRORS, *SENTENCES])
def test_what_a_spreadsheet_shows_instead_of_a_value_is_none(word: str) -> None:
    assert is_error_word(word)
    assert "spreadsheet's error" in refusal(values.text, word)


@pytest.mark.parametrize("word", [*WORDS, *PHRASES])
def test_what_people_write_is_a_value(word: str) -> None:
    assert not is_error_word(word)
    assert values.text(word) == word


@pytest.mark.parametrize("read", [values.email, values.url, values.number, values.boolean, values.date_])
def test_no_reader_takes_one(read: object) -> None:
    assert callable(read)
    for word in ("#ЗНАЧ!", "Wird geladen…", "Err:502"):
        assert "spreadsheet's error" in refusal(read, word)


def test_a_phone_number_s_reader_takes_none_either() -> None:
    assert "spreadsheet's error" in refusal(values.phone, "#N/D", "US")


@pytest.mark.parametrize(
    "word", ["Error", "[object Object]", "#LOADING", "#GIÁ TRỊ!", "#SYNTAX", "#LỖI!", "undefined undefined"]
)
def test_what_is_text_elsewhere_is_nobodys_name(word: str) -> None:
    assert is_no_name(word)
    [piece] = pieces.of_text(word)
    said = refusal(values.text, piece.cell)
    assert "is a program's error" in said or "is a spreadsheet's error" in said
    assert [piece.cell for piece in pieces.of_notes(word)] == [word]


@pytest.mark.parametrize(
    "name", ["Ana", "#VIP", "#1", "Null", "Fehler", "ERROL", "#great!", "Errore", "#teamAna", "O'Error"]
)
def test_names_stay_names(name: str) -> None:
    assert not is_no_name(name)
