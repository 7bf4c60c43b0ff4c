"""What a spreadsheet shows in a cell without a value (yet): an error, or that it is loading. In any language. Pure.

Excel, Google Sheets and LibreOffice translate these words, and files keep them: a lookup that found nothing is saved as
``#N/A``, ``#NV``, ``#Н/Д`` or ``#YOK``. The forms are known by their shape where they have one, else by a list.
"""

from __future__ import annotations

import re
import unicodedata


def _seen(text: str) -> str:
    """As it looks: one form of each letter, without marks that nobody sees."""
    dots = text.replace("…", "...").replace("⋯", "...")
    plain = unicodedata.normalize("NFKC", "".join(c for c in dots if unicodedata.category(c) not in ("Cf", "Cc")))
    return plain.strip() or "-"


_SHAPED = re.compile(
    r"""
      \# [¡¿]? [^\W\d_] [^\s!?]{0,40} [!?]      # #REF! #¡VALOR! #ИМЯ? #スピル!
    | \# [¡¿] [^\s!?]{1,40} [!?]?               # #¡DIV/0!, and without its end
    | \# [^\W\d_]{1,3} / [^\W\d_] !?           # #N/A #N/D #I/T #Н/Д
    | \# [^\W\d_]+ / [0O] !?                   # #DIV/0
    | \# [^\W\d_]+ (?: _ [^\W\d_]+ )+ !?       # #GETTING_DATA #NENÍ_K_DISPOZICI
    | \#{3,}                                    # the column was too narrow when it was saved as text
    """,
    re.VERBOSE,
)
"""In capitals, as they all are, or in a script without."""

_OF_ADD_INS = "#n/a "
_ANYHOW = frozenset({"#n/a", "#n/d", "#n/b", "#n/v", "#i/t", "#nv", "#н/д", "#δ/υ", "#div/0", "{#error"})
_PLAIN = frozenset(
    {
        *("#yok", "#hiányzik", "#saknas", "#puuttuu", "#puudub", "#manjka", "#nedostupné", "#nedostupný"),
        *("#null", "#value", "#ref", "#name", "#num", "#spill", "#calc", "#field", "#blocked", "#unknown", "#connect"),
        *("#busy", "#python", "#external", "#timeout", "#error", "#div", "#na"),
        *("#wert", "#bezug", "#zahl", "#überlauf", "#kalk", "#feld", "#blockiert", "#unbekannt", "#verbinden"),
        *("#nul", "#valeur", "#nom", "#nombre", "#propagation", "#epars", "#champ", "#bloque"),
        *("#nulo", "#valor", "#desbordamiento", "#nullo", "#valore", "#rif", "#nome", "#espansione", "#núm"),
        *("#leeg", "#waarde", "#verw", "#naam", "#getal", "#overloop"),
        *("#skärning", "#värdefel", "#referens", "#namn", "#ogiltigt", "#værdi", "#reference", "#navn", "#verdi"),
        *("#tyhjä", "#arvo", "#viittaus", "#nimi", "#luku", "#zero", "#arg", "#adr", "#nazwa", "#liczba"),
        *("#hodnota", "#odkaz", "#název", "#číslo", "#nulla", "#érték", "#hiv", "#név", "#szám", "#zéróosztó"),
        *("#пусто", "#знач", "#ссылка", "#имя", "#число", "#выч", "#перенос", "#поле", "#дел", "#нет_данных"),
        *("#boş", "#değer", "#başv", "#ad", "#sayi", "#sayı", "#taşma", "#hesapla"),
        *("#溢出", "#计算", "#スピル", "#計算", "#분산", "#계산"),
    }
)
_ERR = re.compile(
    r"(?:err|erro|error|erreur|errore|fehler|fout|fel|fejl|feil|virhe|błąd|chyba|hiba|hata|eroare|greška|napaka|viga|kļūda"
    r"|klaida|σφάλμα|ошибка|помилка|грешка|エラー|错误|錯誤|오류)\s?[:：]\s?[1-9]\d\d"
)
_LOADING = frozenset(
    map(
        _seen,
        (
            *("loading", "loading data", "retrieving data", "getting data", "fetching data", "working"),
            *("calculating", "wird geladen", "laden", "lädt", "daten werden geladen", "daten werden abgerufen"),
            *("lade", "chargement", "chargement en cours", "chargement des données", "cargando"),
            *("cargando datos", "carregant", "caricamento", "caricamento in corso", "carregando", "a carregar"),
            *("carregamento", "kargatzen", "bezig met laden", "wordt geladen", "gegevens laden", "laddar"),
            *("läser in", "indlæser", "laster inn", "laster", "ladataan", "haetaan", "hleð", "laadimine"),
            *("laadin", "notiek ielāde", "ielādē", "įkeliama", "kraunama", "ładowanie", "wczytywanie"),
            *("trwa ładowanie", "načítání", "načítá se", "načítava sa", "načítavanie", "betöltés"),
            *("betöltés folyamatban", "se încarcă", "încărcare", "učitavanje", "nalaganje", "duke u ngarkuar"),
            *("загрузка", "идет загрузка", "идёт загрузка", "завантаження", "зареждане", "загрузка данных"),
            *("учитавање", "yükleniyor", "yüklənir", "φόρτωση", "γίνεται φόρτωση", "жүктелуде", "загружается"),
            *(
                "読み込み中",
                "読み込んでいます",
                "読込中",
                "ロード中",
                "加载中",
                "正在加载",
                "载入中",
                "正在载入",
                "載入中",
                "正在載入",
                "로드 중",
                "로딩 중",
            ),
            *("불러오는 중", "로드하는 중", "กำลังโหลด", "đang tải", "đang tải dữ liệu", "memuat", "sedang memuat"),
            *("memuatkan", "naglo-load", "naglo-load ang", "טוען", "בטעינה", "جار التحميل", "جارٍ التحميل"),
            *("جاري التحميل", "در حال بارگیری", "लोड हो रहा है", "लोड हो रही है", "inapakia", "იტვირთება"),
            *("բեռնվում է", "ачаалж байна", "đang nạp"),
        ),
    )
)
_DOTS = re.compile(r"\s*(?:\.{2,}|。{2,})$")
_SPACED = re.compile(r"\s+(?=[!?]$)")
"""French sets its marks apart: ``#NOM ?``."""

_SUSPICIOUS = re.compile(r"[#＃{…⋯:：]|\.\.|。。")
_LONGEST = 80


def is_error_word(text: str) -> bool:
    """Whether this is what a spreadsheet shows instead of a value."""
    if len(text) > _LONGEST or not _SUSPICIOUS.search(text):
        return False
    seen = _seen(text)
    if seen[0] in "#{":
        seen = _SPACED.sub("", seen)
    word = seen.casefold()
    if word[0] in "#{":
        name, capitals = word.rstrip("!?}"), not any(map(str.islower, seen))
        if name in _ANYHOW or word.startswith(_OF_ADD_INS):
            return True
        return (name in _PLAIN and (capitals or name != word)) or (capitals and _SHAPED.fullmatch(seen) is not None)
    if _ERR.fullmatch(word):
        return True
    begun = _DOTS.sub("", word)
    return begun != word and begun in _LOADING


_NO_NAMES = frozenset(
    (
        *(
            "Error",
            "ERROR",
            "Error!",
            "ERROR!",
            "#LOADING",
            "[object Object]",
            "[object Undefined]",
            "undefined undefined",
        ),
        *("null null", "NaN NaN", "Internal Server Error", "Server Error", "Invalid Date", "[object Null]"),
        *("Ошибка", "ОШИБКА", "Ошибка!", "エラー", "错误", "錯誤", "오류"),
    )
)
_SHOUTED = re.compile(r"\#[^\W\d_]{2,}(?:[\s_/][^\W\d_]+){0,3}\s?(?:[!?]|(?<=[^\W\d_]{5}))")


def is_no_name(text: str) -> bool:
    """Whether a program wrote this where a name, a company or a role should be, though it may be text elsewhere."""
    if text in _NO_NAMES:
        return True
    return text[:1] in "#＃" and _is_shouted(_seen(text))


def _is_shouted(seen: str) -> bool:
    return not any(map(str.islower, seen)) and _SHOUTED.fullmatch(seen) is not None
