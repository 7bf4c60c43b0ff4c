"""Which column is which, by its heading and what stands below it; and the ``config.yaml`` that says so.

Pure: a source as it was seen, and the workspace's custom fields → a proposal → text. Knows no file, no terminal, no
network. A proposal is only that: a person sees it, and ``check`` judges the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import yaml

from connectors.base import Cell
from sync import values
from sync.contact import EXTERNAL_ID_MAX, SCALARS, CustomField
from sync.values import ValueUnreadable

SAMPLES = 200
"""How many different values of a column are looked at."""

_SEPARATORS = (";", "|", "\n", ",", "/")
_DATE_FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y")
_MONTH_FIRST = {"US", "PH", "PR", "GU"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value comes from: the first of these columns that is not empty, and how its cells are read."""

    columns: tuple[str, ...]
    split: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to be looked at. ``fields``: ``firstName``, ``phoneNumbers.mobile``, … → origin.

    ``custom``: a custom field, by the name that the configuration gives it → origin. ``key`` and
    ``contact_id_column`` are empty where nothing in the source looks like one. ``notes`` are for the person.
    """

    key: tuple[str, ...] = ()
    contact_id_column: str = ""
    fields: Mapping[str, Origin] = field(default_factory=dict)
    custom: Mapping[str, Origin] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        """Every column that is used for something."""
        origins = [*self.fields.values(), *self.custom.values()]
        return {*self.key, *(column for origin in origins for column in origin.columns)}


# --- the source as it was seen ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Survey:
    """What is known of a source's columns after its rows went by: some values of each, and which could be a key."""

    columns: tuple[str, ...]
    rows: int = 0
    samples: dict[str, dict[str, None]] = field(default_factory=dict)
    _seen: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.samples = {column: {} for column in self.columns}
        self._seen = {column: set() for column in self.columns}

    def add(self, cells: Mapping[str, Cell]) -> None:
        """Look at one more row."""
        self.rows += 1
        for column, sample in self.samples.items():
            try:
                value = values.text(cells.get(column))
            except ValueUnreadable:
                value = ""
            if value and len(sample) < SAMPLES:
                sample[value] = None
            if column in self._seen:
                self._identify(column, value)

    def _identify(self, column: str, value: str) -> None:
        mark, seen = hash(value), self._seen[column]
        if not value or len(value) > EXTERNAL_ID_MAX or mark in seen:
            del self._seen[column]
        else:
            seen.add(mark)

    @property
    def unique(self) -> tuple[str, ...]:
        """The columns that are never blank and never hold a value twice; none where there are no rows."""
        return tuple(self._seen) if self.rows else ()

    def likeliest_keys(self) -> tuple[str, ...]:
        """The unique columns, those that identify a person longest first: keys, addresses, the rest, names."""

        def rank(column: str) -> int:
            heading = _Heading.of(column)
            if _match(heading, _KEYS) is not None:
                return 0
            if _email_label(heading) or _phone_label(heading):
                return 1
            return 3 if any(_match(heading, each) is not None for each in (_FIRST, _LAST, _FULL, _COMPANY)) else 2

        return tuple(sorted(self.unique, key=rank))


# --- headings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Heading:
    """A column's heading in comparable form: its words without case, accents and punctuation."""

    column: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, column: str) -> _Heading:
        return cls(column, _words(column))

    @property
    def spellings(self) -> tuple[str, ...]:
        """The whole heading in one word; then without whose it is; then without which one it is."""
        bare = self.words
        while len(bare) > 1 and bare[0] in _WHOSE:
            bare = bare[1:]
        unnumbered = [word for word in bare if not word.isdecimal() and word != "value"]
        return tuple(dict.fromkeys("".join(words) for words in (self.words, bare, unnumbered) if words))


def _words(text: str) -> tuple[str, ...]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[^\W\d])(?=\d)", " ", plain).casefold()
    plain = re.sub(r"\be[\s_-]*(mail|post)", r"e\1", plain.replace("_", " "))
    return tuple(re.findall(r"[^\W_]+", plain))


def _vocabulary(text: str) -> dict[str, int]:
    """Headings in one word each, the likelier ones first."""
    found: dict[str, int] = {}
    for rank, word in enumerate(text.split()):
        found.setdefault("".join(_words(word)), rank)
    return found


_WHOSE = set(_vocabulary("contact person customer client lead kunde kunden kontakt cliente contacto the our"))

_KEYS = _vocabulary("""
    id key externalid customerid contactid clientid recordid personid uuid guid primarykey uid rowid crmid accountid
    customernumber customerno clientnumber customercode accountnumber accountno membernumber memberid employeeid
    kundennummer kundennr kundenid kdnr debitorennummer mitgliedsnummer personalnummer numeroclient noclient nclient
    idclient codeclient numerocliente codigocliente idcliente codigo codicecliente klantnummer klantid kundnummer
    kundenummer kundenr asiakasnumero idklienta numerklienta cislozakaznika code nummer schluessel schlüssel clave clé
    chiave sleutel ref reference referenz référence referencia nr no number identifier identifiant kennung
    кодклиента код ид
    編號 编号 顧客番号 顧客id 客户编号 고객번호""")
_CONTACT_IDS = _vocabulary("contactid openphoneid openphonecontactid quoid quocontactid openphonecontact")

_FIRST = _vocabulary("""
    firstname first givenname given forename fname christianname vorname vornamen rufname prénom prénoms nombre nombres
    primernombre nombredepila nome primeironome voornaam voornamen roepnaam förnamn fornavn etunimi imię jméno meno
    keresztnév utónév prenume ime ad adı isim имя ім'я όνομα 名 名字 이름""")
_LAST = _vocabulary("""
    lastname last surname familyname family lname secondname nachname familienname zuname nomdefamille nomfamille
    apellido apellidos primerapellido cognome sobrenome apelido achternaam efternamn etternavn efternavn sukunimi
    nazwisko příjmení priezvisko vezetéknév prezime priimek soyad soyadı soyisim фамилия прізвище επώνυμο 姓 성""")
_FULL = _vocabulary("""
    fullname name displayname contactname customername clientname personname wholename vollername vollständigername
    kompletername nomcomplet nometprénom nomprénom prénomnom nombrecompleto nombreyapellidos nombreapellidos
    nomecompleto nomecognome nomeecognome volledigenaam fulltnavn fulltnamn helanamnet namevorname vornamename
    kontaktname kundenname ansprechpartner nom naam namn navn nimi nume név contact person customer client kontakt
    kunde cliente klant klient фио имяфамилия фамилияимя 氏名 名前 お名前 姓名 성명 성함""")
_SURNAME_BESIDE = {
    **dict.fromkeys(_vocabulary("vorname vornamen rufname"), "name"),
    **dict.fromkeys(_vocabulary("prénom prénoms"), "nom"),
    **dict.fromkeys(_vocabulary("voornaam voornamen roepnaam"), "naam"),
    **dict.fromkeys(_vocabulary("prenume"), "nume"),
}
"""Beside a column of first names, what means the last name there: "Vorname, Name"; "Nom, Prénom"."""

_MAY_BE_WHOLE = _vocabulary("nombre nombres nome ime ad adı isim имя ім'я όνομα 名 名字 이름")
"""What means a first name beside a last name, and without one often the whole."""

_COMPANY = _vocabulary("""
    company companyname organization organisation organizationname organisationname account accountname business
    businessname employer firm firmname org associatedcompany firma firmenname unternehmen betrieb gesellschaft société
    nomsociété entreprise raisonsociale empresa nombreempresa compañía razónsocial azienda società ditta ragionesociale
    bedrijf bedrijfsnaam företag företagsnamn virksomhed bedrift firmanavn yritys przedsiębiorstwo nazwafirmy
    společnost cég cégnév şirket фирма компания организация компанія 会社 会社名 公司 公司名称 회사 회사명""")
_ROLE = _vocabulary("""
    jobtitle role position jobposition job jobrole organizationtitle occupation designation title function profession
    rolle funktion berufsbezeichnung stellenbezeichnung stelle beruf poste fonction métier titredeposte cargo puesto
    función rol ruolo posizione funzione qualifica mansione função functie befattning stilling titel tehtävänimike
    stanowisko pozice funkce beosztás unvan görev должность посада 役職 職位 职位 직책""")

_SALUTATIONS = set(_vocabulary("""
    mr mrs ms miss mx sir madam dr prof herr frau fräulein hr fr m mme mlle sr sra srta señor señora sig sigra dhr mevr
    mw mevrouw pan pani dott drmed profdr herrdr fraudr"""))  # fmt: skip

_PHONE = set(_vocabulary("""
    phone phones telephone telephones tel téléphone téléphones telefon telefone telefono teléfono telefoon rufnummer
    rufnr telnr telno phoneno landline festnetz festnetznummer fijo fixe gsm телефон 电话 電話 電話番号 电话号码
    전화 전화번호 연락처"""))  # fmt: skip
_PHONE_PARTS = tuple(
    _vocabulary("phonenumber telephone telefon telefono telefoon puhelin телефон 電話 电话 전화")
)  # fmt: skip
_MOBILE = set(_vocabulary("""
    mobile mobiles cell cellular cellphone cellphones mobilephone mobil mobiltelefon mobilnummer mobilnr mobilfunk
    mobilfunknummer handy handynummer handynr portable gsm celular móvil móviles cellulare telemóvel mobiel
    mobielnummer matkapuhelin komórka komórkowy mobilní cep ceptelefonu мобильный мобильныйтелефон 手机 手机号
    携帯 携帯電話 携帯番号 휴대폰 핸드폰 휴대전화"""))  # fmt: skip
_WORK = set(_vocabulary("""
    work office business company direct büro buero geschäftlich dienstlich geschäft firma arbeit bureau travail pro
    professionnel oficina trabajo empresa ufficio lavoro escritório trabalho werk zakelijk kantoor arbete jobb arbejde
    arbeid työ praca służbowy práce рабочий 会社 勤務先 工作 회사"""))  # fmt: skip
_HOME = set(_vocabulary("""
    home private personal privat privé domicile maison casa particular hjem hem thuis koti dom domowy domů домашний
    自宅 家庭 집"""))  # fmt: skip
_EMAIL = set(_vocabulary("""
    email emails mail mails emailaddress emailadresse mailadresse mailaddress courriel correo correos correoelectrónico
    mél emailadres mailadres epost epostadresse epostadress sähköposti correio posta eposta почта эл.почта
    邮箱 电子邮件 メール メールアドレス 이메일"""))  # fmt: skip
_NOT_A_VALUE = set(
    _vocabulary("""
    type label labels extension ext country verified valid opt optin optout unsubscribed subscribed consent status date
    time last call calls count phonetic display owner assistant assistants manager fax pager bounced bounce domain sent
    opened clicked do not no has is allowed preference preferences provider carrier notes template typ
    art datum land""")
)
_NOT_A_VALUE -= {"no"}

_SYNONYMS = {
    word: group.split()[0]
    for group in (
        "notes note notiz notizen bemerkung bemerkungen comment comments kommentar kommentare remark remarks remarque "
        "remarques commentaire commentaires notas nota observaciones comentarios commenti opmerkingen",
        "tags tag labels label schlagworte schlagwort stichworte étiquettes etiquetas etiquetten etichette",
        "address adresse anschrift dirección indirizzo adres adress endereço fulladdress postaladdress postadresse",
        "website websites web homepage webseite webpage url site siteweb sitioweb sitoweb weburl internet",
    )
    for word in _vocabulary(group)
}
_TYPE_WORDS: Mapping[str, set[str]] = {
    "boolean": {"is", "has", "flag", "ist", "hat", "es", "est"},
    "date": {"date", "datum", "on", "at", "day", "seit", "fecha", "data"},
    "url": {"url", "link", "address"},
    "number": {"amount", "usd", "eur", "gbp", "cad", "aud", "value", "in", "number", "of"},
}


def _match(heading: _Heading, vocabulary: Mapping[str, int]) -> tuple[int, int] | None:
    """How likely ``heading`` is one of a vocabulary, the lowest the likeliest; None where it is none."""
    ranks = [(at, vocabulary[each]) for at, each in enumerate(heading.spellings) if each in vocabulary]
    return min(ranks, default=None)


def _phone_label(heading: _Heading) -> str | None:
    """The label for a column of phone numbers; None where it holds none."""
    words = {*heading.words, "".join(heading.words)}
    if words & _NOT_A_VALUE:
        return None
    mobile = bool(words & _MOBILE)
    if not mobile and not words & _PHONE and not any(part in w for w in words for part in ("phone", *_PHONE_PARTS)):
        return None
    return "mobile" if mobile else _place(words)


def _email_label(heading: _Heading) -> str | None:
    """The label for a column of e-mail addresses; None where it holds none."""
    words = {*heading.words, "".join(heading.words)}
    return _place(words) if words & _EMAIL and not words & _NOT_A_VALUE else None


def _place(words: set[str]) -> str:
    if words & _WORK or any(word.startswith(("büro", "buro", "geschaft")) for word in words):
        return "work"
    return "home" if words & _HOME else "primary"


# --- the proposal -------------------------------------------------------------------------------------------------


def guess(survey: Survey, custom_fields: Sequence[CustomField], *, region: str = "US", sheet: bool = False) -> Proposal:
    """The likeliest mapping of a source. ``sheet``: the source can be given contact ids, and so needs no key."""
    return _Guesser(survey, tuple(custom_fields), region, sheet).proposal()


class _Guesser:
    """One proposal in the making. A column serves one field, and the key besides."""

    def __init__(self, survey: Survey, custom_fields: tuple[CustomField, ...], region: str, sheet: bool) -> None:
        self.survey = survey
        self.custom_fields = custom_fields
        self.region = region
        self.sheet = sheet
        self.free = {column: _Heading.of(column) for column in survey.columns}
        self.fields: dict[str, Origin] = {}
        self.notes: list[str] = []

    def proposal(self) -> Proposal:
        contact_id = self._best(_CONTACT_IDS) or "" if self.sheet else ""
        self.free.pop(contact_id, None)
        key = self._key()
        self._names()
        self._labelled("phoneNumbers", _phone_label)
        self._labelled("emails", _email_label)
        self._take("company", self._best(_COMPANY))
        for column in [column for column in self.free if _is_salutation(self._sample(column))]:
            del self.free[column]
        self._take("role", self._best(_ROLE))
        self._lacking_first_name()
        custom = self._custom()
        ordered = {name: self.fields[name] for name in SCALARS if name in self.fields}
        return Proposal(
            key=(key,) if key else (),
            contact_id_column=contact_id,
            fields=ordered | self.fields,
            custom=custom,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _best(self, vocabulary: Mapping[str, int]) -> str | None:
        found = [(rank, column) for column, heading in self.free.items() if (rank := _match(heading, vocabulary))]
        return min(found, key=lambda each: each[0])[1] if found else None

    def _take(self, name: str, column: str | None) -> bool:
        if column is not None:
            self.fields[name] = Origin((column,))
            del self.free[column]
        return column is not None

    def _key(self) -> str | None:
        """The column whose heading says that it is a key; one that holds no value twice, if there is a choice."""
        found = [(rank, column) for column, heading in self.free.items() if (rank := _match(heading, _KEYS))]
        ordered = [(rank, column) for (_, rank), column in sorted(found, key=lambda each: each[0])]
        for _, column in ordered:
            if column in self.survey.unique:
                return column
        for place, column in ordered:
            if not self.survey.rows:
                return column
            if place < _KEYS["code"]:
                self.notes.append(f"{column!r} is blank in some rows, or the same in several: such rows are rejected")
                return column
        return None

    def _names(self) -> None:
        first, last = self._best(_FIRST), self._best(_LAST)
        if first is None:
            full = self._best(_FULL)
            if full is not None and last is None:
                self._note_whole_names(full)
            self._take("firstName", full)
        elif last is None:
            beside = {_SURNAME_BESIDE[each] for each in self.free[first].spellings if each in _SURNAME_BESIDE}
            last = self._best(dict.fromkeys(beside, 0))
            if last is None and any(each in _MAY_BE_WHOLE for each in self.free[first].spellings):
                self._note_whole_names(first)
        self._take("firstName", first)
        self._take("lastName", last)

    def _note_whole_names(self, column: str) -> None:
        self.notes.append(
            f"{column!r} seems to hold whole names: they become the first name, and the last name stays empty"
        )

    def _lacking_first_name(self) -> None:
        """OpenPhone wants a first name: a last name, else a company, serves where nothing else does."""
        if "firstName" in self.fields:
            return
        for name in ("lastName", "company"):
            if name in self.fields:
                self.fields["firstName"] = self.fields[name]
                column = self.fields[name].columns[0]
                self.notes.append(
                    f"no column is called like a first name, which every contact must have: {column!r} serves"
                )
                if name == "lastName":
                    del self.fields[name]
                return

    def _labelled(self, group: str, label_of: Callable[[_Heading], str | None]) -> None:
        for column, heading in list(self.free.items()):
            label = label_of(heading)
            if label is None:
                continue
            number, name = 1, f"{group}.{label}"
            while name in self.fields:
                number += 1
                name = f"{group}.{label} {number}"
            self._take(name, column)
            sample, read = self._sample(column), _READERS[group](self.region)
            split = _separator(sample, read)
            self.fields[name] = Origin((column,), split=split)
            if split is None and _readable(sample, read) * 2 < len(sample):
                what = f"phone numbers of {self.region}" if group == "phoneNumbers" else "e-mail addresses"
                self.notes.append(f"most of {column!r} cannot be read as {what}: such rows are rejected")

    def _sample(self, column: str) -> list[str]:
        return list(self.survey.samples[column])

    def _custom(self) -> dict[str, Origin]:
        taken = {column for origin in self.fields.values() for column in origin.columns}
        free = {column: _Heading.of(column) for column in self.survey.columns if column not in taken}
        found: dict[str, Origin] = {}
        for exact in (True, False):
            for definition in self.custom_fields:
                name = spelled(definition, self.custom_fields)
                if name is None or name in found:
                    continue
                column = next((c for c, heading in free.items() if _is_custom(heading, definition, exact=exact)), None)
                if column is None:
                    continue
                origin, readable = _custom_origin(column, definition, self._sample(column), self.region)
                self._note_custom(column, definition, origin, readable)
                if readable:
                    found[name] = origin
                    del free[column]
        return found

    def _note_custom(self, column: str, definition: CustomField, origin: Origin, readable: bool) -> None:
        if not readable:
            kind = {"boolean": "yes and no", "url": "web addresses"}.get(definition.type, f"{definition.type}s")
            called = f"{column!r} is called like the custom field {definition.name!r}"
            self.notes.append(f"{called}, but most of it cannot be read as {kind}: left out")
        elif origin.format is not None:
            self.notes.append(f"{column!r} is read as dates written {origin.format}: change 'format' if that is wrong")


def _custom_origin(column: str, definition: CustomField, sample: Sequence[str], region: str) -> tuple[Origin, bool]:
    """How the column is to be read for this type of field, and whether most of it can be."""
    if definition.type == "multi-select":
        return Origin((column,), split=next((s for s in _SEPARATORS[:-1] if any(s in v for v in sample)), ";")), True
    formats: Iterable[str | None] = [None]
    if definition.type == "date":
        month_first = sorted(_DATE_FORMATS, key=lambda each: not each.startswith("%m"))
        formats = [None, *(month_first if region in _MONTH_FIRST else _DATE_FORMATS)]
    best = max(formats, key=lambda each: _readable(sample, _reader(definition, each)))
    return Origin((column,), format=best), _readable(sample, _reader(definition, best)) * 2 >= len(sample)


_READERS: Mapping[str, Callable[[str], Callable[[str], object]]] = {
    "phoneNumbers": lambda region: lambda cell: values.phone(cell, region),
    "emails": lambda region: values.email,
}


def _is_custom(heading: _Heading, definition: CustomField, *, exact: bool) -> bool:
    for wanted in (_words(definition.name), _words(definition.key)):
        if not wanted:
            continue
        if exact:
            if "".join(wanted) in heading.spellings:
                return True
            continue
        if _meaning("".join(wanted)) in map(_meaning, heading.spellings):
            return True
        padding = _TYPE_WORDS.get(definition.type, set())
        bare = tuple(word for word in heading.words if word not in padding)
        core = tuple(word for word in wanted if word not in padding)
        if bare and (bare == core or _singular(bare) == _singular(wanted)):
            return True
        # "is_lead" for "Inbound Lead", "since" for "Customer Since": only where the type confirms it
        if definition.type in ("boolean", "date") and bare and len(wanted) > 1 and bare == wanted[-len(bare) :]:
            return True
    return False


def _meaning(spelling: str) -> str:
    return _SYNONYMS.get(spelling, spelling)


def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.removesuffix("s") for word in words)


def _reader(definition: CustomField, format: str | None) -> Callable[[str], object]:
    readers: dict[str, Callable[[str], object]] = {
        "url": values.url,
        "boolean": values.boolean,
        "number": values.number,
        "date": lambda cell: values.date_(cell, format),
    }
    return readers.get(definition.type, values.text)


def _readable(sample: Sequence[str], read: Callable[[str], object]) -> int:
    return sum(_reads(value, read) for value in sample)


def _reads(value: str, read: Callable[[str], object]) -> bool:
    try:
        read(value)
    except ValueUnreadable:
        return False
    return True


def _is_salutation(sample: Sequence[str]) -> bool:
    """Whether a column holds "Mr" and "Dr.": what many exports call a title."""
    return bool(sample) and all("".join(_words(value)) in _SALUTATIONS for value in sample)


def _separator(sample: Sequence[str], read: Callable[[str], object]) -> str | None:
    """What separates several values in one cell; None where cells hold one."""
    for value in sample:
        for separator in _SEPARATORS:
            parts = [part.strip() for part in value.split(separator) if part.strip()]
            if len(parts) > 1 and not _reads(value, read) and all(_reads(part, read) for part in parts):
                return separator
    return None


def spelled(definition: CustomField, custom_fields: Sequence[CustomField]) -> str | None:
    """The name, else the key, by which the configuration means this custom field and no other."""
    for wanted in (definition.name, definition.key):
        keys = [each for each in custom_fields if each.key == wanted]
        names = [each for each in custom_fields if each.name == wanted]
        if wanted.strip() and (keys or names) == [definition]:
            return wanted
    return None


# --- what a person changes ----------------------------------------------------------------------------------------


def changed(
    proposal: Proposal,
    name: str,
    column: str | None,
    survey: Survey,
    custom_fields: Sequence[CustomField],
    *,
    region: str = "US",
) -> Proposal:
    """The proposal with one field taken from another column, or from none.

    Raises ValueError, with what there is, where there is no such field or column.
    """
    name = name.strip()
    if column and column not in survey.columns:
        raise ValueError(f"there is no column {column!r}: there are {', '.join(map(repr, survey.columns))}")
    sample = list(survey.samples[column]) if column else []
    if name == "key":
        return replace(proposal, key=(column,) if column else ())
    group, _, label = (part.strip() for part in name.partition("."))
    if name in SCALARS:
        if name == "firstName" and not column:
            raise ValueError("every contact must have a firstName: give it a column")
        return replace(proposal, fields=_with(proposal.fields, name, Origin((column,)) if column else None))
    if group in _READERS and label:
        origin = Origin((column,), _separator(sample, _READERS[group](region))) if column else None
        return replace(proposal, fields=_relabelled(proposal.fields, group, label, origin))
    names = {spelling: each for each in custom_fields if (spelling := spelled(each, custom_fields)) is not None}
    for spelling, definition in names.items():
        if name.casefold() in (spelling.strip().casefold(), definition.key.casefold()):
            read_as = _custom_origin(column, definition, sample, region)[0] if column else None
            return replace(proposal, custom=_with(proposal.custom, spelling, read_as))
    fields = ", ".join((*SCALARS, "phoneNumbers.LABEL", "emails.LABEL", "key", *names))
    raise ValueError(f"there is no field {name!r}: there are {fields}")


def _relabelled(fields: Mapping[str, Origin], group: str, label: str, origin: Origin | None) -> dict[str, Origin]:
    """With this origin under this label, and under no other of its group."""
    name, column = f"{group}.{label}", origin.columns if origin else None
    others = {
        each: held
        for each, held in fields.items()
        if each == name or held.columns != column or not each.startswith(f"{group}.")
    }
    return _with(others, name, origin)


def _with(origins: Mapping[str, Origin], name: str, origin: Origin | None) -> dict[str, Origin]:
    found = dict(origins)
    if origin is None:
        found.pop(name, None)
    elif name not in found or found[name].columns != origin.columns:
        found[name] = origin
    return found


# --- the file -----------------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ ./-]+[A-Za-z0-9_]+)*", re.ASCII)
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

_TEXT = """\
# Written by 'openphone-sync init'. Change what you like, then: openphone-sync check
# config.example.yaml explains every key. ${{NAME}} comes from the environment, or from the .env beside this file.

openphone:
  api_key: ${{OPENPHONE_API_KEY}}
  base_url: ${{OPENPHONE_BASE_URL:-https://api.openphone.com}}

state: state.db                  # what is remembered between runs: keep it

syncs:
  {name}:
    schedule: "0 * * * *"        # for 'openphone-sync daemon': every hour
    source:
{source}
{key}
    fields:                      # OpenPhone's own fields: where each comes from
{fields}{custom}
    region: {region}                   # the country of phone numbers without a country code
    on_missing: delete           # or keep: what becomes of a contact whose row is gone
    max_deletes: 10%             # more than this are held back, and reported
"""


def config_text(
    proposal: Proposal,
    source: Mapping[str, str],
    *,
    name: str,
    region: str,
    references: Mapping[str, str] | None = None,
    write_back: Mapping[str, str] | None = None,
    unused: Sequence[str] = (),
) -> str:
    """The proposal as a commented ``config.yaml``.

    ``${NAME}`` in ``source`` and in columns means itself; ``references`` are options that are variables.
    """
    lines = [f"      {option}: {_column(value)}" for option, value in source.items()]
    lines += [f"      {option}: {value}" for option, value in (references or {}).items()]
    if write_back:
        cells = ", ".join(f"{what}: {_column(column)}" for what, column in write_back.items())
        lines.append(f"      write_back: {{{cells}}}   # filled in by each run")
    elif source["type"] == "google_sheets":
        lines.append("      # write_back: {status: status, error: error}   # columns that show what became of each row")
    return _TEXT.format(
        name=_yaml(name),
        source="\n".join(lines),
        key=_key_lines(proposal.key),
        fields="\n".join(_field_lines(proposal)),
        custom="".join(f"\n{line}" for line in _custom_lines(proposal, unused)),
        region=_yaml(region),
    )


def _key_lines(key: tuple[str, ...]) -> str:
    if not key:
        return "    # no key: the column of write_back.contactId identifies a row"
    columns = _column(key[0]) if len(key) == 1 else f"[{', '.join(map(_column, key))}]"
    return f"    key: {columns}   # identifies a row: it must be filled, different in each, and stay the same"


def _field_lines(proposal: Proposal) -> list[str]:
    lines, groups = [], {"phoneNumbers": "label: column", "emails": "label: column"}
    for name, origin in proposal.fields.items():
        if "." not in name:
            lines.append(f"      {name}: {_origin(origin)}")
    for group, comment in groups.items():
        labels = {n.partition(".")[2]: o for n, o in proposal.fields.items() if n.startswith(f"{group}.")}
        if labels:
            lines.append(f"      {group}:   # {comment}")
            lines += [f"        {_yaml(label)}: {_origin(origin)}" for label, origin in labels.items()]
    return lines


def _custom_lines(proposal: Proposal, unused: Sequence[str]) -> list[str]:
    lines = []
    if proposal.custom:
        lines.append("    customFields:                # by the names, or keys, that the workspace gives them")
        lines += [f"      {_yaml(name)}: {_origin(origin)}" for name, origin in proposal.custom.items()]
    if unused:
        lines.append(f"    # columns that are not used: {', '.join(map(repr, unused))}")
    return lines


def _origin(origin: Origin) -> str:
    columns = _column(origin.columns[0])
    if len(origin.columns) > 1:
        columns = f"[{', '.join(map(_column, origin.columns))}]"
    more = {"split": origin.split, "format": origin.format}
    given = "".join(f", {option}: {_column(value, quoted=True)}" for option, value in more.items() if value)
    return f"{{column: {columns}{given}}}" if given else columns


def _column(name: str, *, quoted: bool = False) -> str:
    """Text as a YAML value that means itself: what looks like a variable is none."""
    return _yaml(name.replace("${", "$${"), quoted=quoted)


def _yaml(text: str, *, quoted: bool = False) -> str:
    """Text as YAML, plain where that is safe, on one line."""
    if not quoted and _PLAIN.fullmatch(text) and text.casefold() not in _WORDS_OF_YAML:
        return text
    return yaml.dump(text, default_style='"', allow_unicode=True, width=10**9).strip()
