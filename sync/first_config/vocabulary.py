"""What people call their columns, in the languages we know: data, and the comparable form of a word.

Must not know what is made of it: no columns, cells or fields.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping


def words(text: str) -> tuple[str, ...]:
    """The words of a text without case, accents and punctuation; "eMail" and "e-mail" are one word."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[^\W\d])(?=\d)", " ", plain).casefold()
    plain = re.sub(r"\be[\s_-]*(mail|post)", r"e\1", plain.replace("_", " "))
    return tuple(re.findall(r"[^\W_]+", plain))


def _ranked(text: str) -> dict[str, int]:
    """Headings in one word each, the likelier ones first."""
    found: dict[str, int] = {}
    for rank, word in enumerate(text.split()):
        found.setdefault("".join(words(word)), rank)
    return found


WHOSE = set(_ranked("contact person customer client lead kunde kunden kontakt cliente contacto the our primary main"))

KEYS = _ranked("""
    id key externalid customerid contactid clientid recordid personid uuid guid primarykey uid rowid crmid accountid
    customernumber customerno clientnumber customercode accountnumber accountno membernumber memberid employeeid
    kundennummer kundennr kundenid kdnr debitorennummer mitgliedsnummer personalnummer numeroclient noclient nclient
    idclient codeclient numerocliente codigocliente idcliente codigo codicecliente klantnummer klantid kundnummer
    kundenummer kundenr asiakasnumero idklienta numerklienta cislozakaznika code nummer schluessel schlüssel clave clé
    chiave sleutel ref reference referenz référence referencia nr no number identifier identifiant kennung
    кодклиента код ид jid leid euid externalcontactid clientno contactno patientid patientnumber studentid tenantid
    編號 编号 顧客番号 顧客id 客户编号 고객번호""")
KEYS_OF_PEOPLE = set(_ranked("customerid contactid clientid personid memberid leadid patientid recordid"))
NOT_THE_ROWS = set(_ranked("associated parent owner company account organization deal previous old merged related sub"))
"""Before a word for a key: it is another record's."""
CONTACT_IDS = _ranked("contactid openphoneid openphonecontactid quoid quocontactid openphonecontact")

FIRST = _ranked("""
    firstname first givenname given forename fname christianname vorname vornamen rufname prénom prénoms nombre nombres
    primernombre nombredepila nome primeironome voornaam voornamen roepnaam förnamn fornavn etunimi imię jméno meno
    keresztnév utónév prenume ime ad adı isim имя ім'я όνομα 名 名字 이름""")
LAST = _ranked("""
    lastname last surname familyname family lname secondname nachname familienname zuname nomdefamille nomfamille
    apellido apellidos primerapellido cognome sobrenome apelido achternaam efternamn etternavn efternavn sukunimi
    nazwisko příjmení priezvisko vezetéknév prezime priimek soyad soyadı soyisim фамилия прізвище επώνυμο 姓 성""")
FULL = _ranked("""
    fullname name displayname contactname customername clientname personname wholename vollername vollständigername
    kompletername nomcomplet nometprénom nomprénom prénomnom nombrecompleto nombreyapellidos nombreapellidos
    nomecompleto nomecognome nomeecognome volledigenaam fulltnavn fulltnamn helanamnet namevorname vornamename
    kontaktname kundenname ansprechpartner nom naam namn navn nimi nume név contact person customer client kontakt
    kunde cliente klant klient фио имяфамилия фамилияимя 氏名 名前 お名前 姓名 성명 성함""")
SURNAME_BESIDE = {
    **dict.fromkeys(_ranked("vorname vornamen rufname"), "name"),
    **dict.fromkeys(_ranked("prénom prénoms"), "nom"),
    **dict.fromkeys(_ranked("voornaam voornamen roepnaam"), "naam"),
    **dict.fromkeys(_ranked("prenume"), "nume"),
}
"""Beside a column of first names, what means the last name there: "Vorname, Name"; "Nom, Prénom"."""

MAY_BE_WHOLE = _ranked("nombre nombres nome ime ad adı isim имя ім'я όνομα 名 名字 이름")
"""What means a first name beside a last name, and without one often the whole."""

DISPLAY = _ranked("displayname fileas nickname knownas preferredname goesby spitzname apodo surnom")
"""What else people are called by, where they have no name."""
COMPANY = _ranked("""
    company companyname organization organisation organizationname organisationname account accountname business
    businessname employer firm firmname org associatedcompany firma firmenname unternehmen betrieb gesellschaft société
    nomsociété entreprise raisonsociale empresa nombreempresa compañía razónsocial azienda società ditta ragionesociale
    defaultaddresscompany addresscompany legalname
    bedrijf bedrijfsnaam företag företagsnamn virksomhed bedrift firmanavn yritys przedsiębiorstwo nazwafirmy
    společnost cég cégnév şirket фирма компания организация компанія 会社 会社名 公司 公司名称 회사 회사명""")
ROLE = _ranked("""
    jobtitle role position jobposition job jobrole organizationtitle occupation designation title function profession
    rolle funktion berufsbezeichnung stellenbezeichnung stelle beruf poste fonction métier titredeposte cargo puesto
    función rol ruolo posizione funzione qualifica mansione função functie befattning stilling titel tehtävänimike
    stanowisko pozice funkce beosztás unvan görev должность посада 役職 職位 职位 직책""")

SALUTATIONS = set(_ranked("""
    mr mrs ms miss mx sir madam dr prof herr frau fräulein hr fr m mme mlle sr sra srta señor señora sig sigra dhr mevr
    mw mevrouw pan pani dott drmed profdr herrdr fraudr"""))  # fmt: skip

PHONE = set(_ranked("""
    phone phones telephone telephones tel téléphone téléphones telefon telefone telefono teléfono telefoon rufnummer
    rufnr telnr telno phoneno landline festnetz festnetznummer fijo fixe gsm телефон 电话 電話 電話番号 电话号码
    전화 전화번호 연락처"""))  # fmt: skip
PHONE_PARTS = tuple(_ranked("phone telephone telefon telefono telefoon puhelin телефон 電話 电话 전화"))
"""What longer words for phone numbers contain."""

MOBILE = set(_ranked("""
    mobile mobiles cell cellular cellphone cellphones mobilephone mobil mobiltelefon mobilnummer mobilnr mobilfunk
    mobilfunknummer handy handynummer handynr portable gsm celular móvil móviles cellulare telemóvel mobiel
    mobielnummer matkapuhelin komórka komórkowy mobilní cep ceptelefonu мобильный мобильныйтелефон 手机 手机号
    whatsapp 携帯 携帯電話 携帯番号 휴대폰 핸드폰 휴대전화"""))  # fmt: skip
WORK = set(_ranked("""
    work office business company direct büro buero geschäftlich dienstlich geschäft firma arbeit bureau travail pro
    professionnel oficina trabajo empresa ufficio lavoro escritório trabalho werk zakelijk kantoor arbete jobb arbejde
    arbeid työ praca służbowy práce рабочий 会社 勤務先 工作 회사"""))  # fmt: skip
HOME = set(_ranked("""
    home private personal privat privé domicile maison casa particular hjem hem thuis koti dom domowy domů домашний
    自宅 家庭 집"""))  # fmt: skip
NUMBER = set(_ranked("number numbers no nr num nummer numéro número numero номер номери 番号"))
KIND_OF_NUMBER = set(_ranked("""
    text sms contact direct best call callback dial daytime evening day night primary main secondary alternate alt other
    tel contacto kontakt"""))  # fmt: skip
"""Before a word for number: it is one to call, where its cells do not say otherwise."""
TEXTED = set(_ranked("text sms whatsapp"))
OTHER = set(_ranked("other alternate alternative alt secondary additional weitere sonstige autre otro altro"))
EMAIL = set(_ranked("""
    email emails mail mails emailaddress emailadresse mailadresse mailaddress courriel correo correos correoelectrónico
    mél emailadres mailadres epost epostadresse epostadress sähköposti correio posta eposta почта эл.почта
    邮箱 电子邮件 メール メールアドレス 이메일"""))  # fmt: skip
NOT_A_VALUE = set(_ranked("""
    type label labels extension ext country verified valid opt optin optout unsubscribed subscribed consent status date
    time last call calls count phonetic display owner assistant assistants manager fax pager bounced bounce domain sent
    opened clicked do not has is allowed preference preferences provider carrier notes template typ art datum
    land marketing accept accepts accepted enabled notification notifications permission subscription subscriptions
    reason quarantined confirmed invalid score source rating formatted hash dnc telex tdd tty isdn radio timezone
    visits rate list lists campaign bcc signature frequency format import imported"""))  # fmt: skip
"""Beside a word for phone or e-mail: the column tells something about it, and does not hold it."""

SYNONYMS = {
    word: group.split()[0]
    for group in (
        "notes note notiz notizen bemerkung bemerkungen comment comments kommentar kommentare remark remarks remarque "
        "remarques commentaire commentaires notas nota observaciones comentarios commenti opmerkingen",
        "tags tag labels label schlagworte schlagwort stichworte étiquettes etiquetas etiquetten etichette",
        "address adresse anschrift dirección indirizzo adres adress endereço fulladdress postaladdress postadresse",
        "website websites web homepage webseite webpage url site siteweb sitioweb sitoweb weburl internet",
    )
    for word in _ranked(group)
}
"""A custom field's name in other words → one of them."""

TYPE_WORDS: Mapping[str, set[str]] = {
    "boolean": {"is", "has", "flag", "ist", "hat", "es", "est"},
    "date": {"date", "datum", "on", "at", "day", "seit", "fecha", "data"},
    "url": {"url", "link", "address"},
    "number": {"amount", "usd", "eur", "gbp", "cad", "aud", "value", "in", "number", "of"},
}
"""What a heading may add to a custom field's name, by the field's type."""
