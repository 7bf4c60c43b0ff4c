"""Whose a column is, by its heading: the row's own person's, or the rep's, the spouse's, the landlord's.

Sees no cell. A number that is another person's must not land on a contact: their calls would show a customer's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.first_config.headings import Heading, key_rank
from sync.first_config.vocabulary import words

Whose = tuple[str, ...]
OWN: Whose = ()


def _set(text: str) -> frozenset[str]:
    return frozenset("".join(words(word)) for word in text.split())


_OTHERS = _set("""
    rep reps representative salesrep salesperson salesman assistant asst secretary emergency ice spouse spouses husband
    wife kin nok
    mum mama mutter vater mère père madre padre mãe pai moeder vader matka ojciec
    referred referrer referral referredby manager managers supervisor boss creator created modified updated
    edited assigned assignee technician tech advisor adviser consultant coach trainer instructor teacher doctor
    physician dentist attorney lawyer lender realtor mother father mom dad son daughter child children sibling dependent
    beneficiary guarantor caregiver carer nurse coapplicant coborrower coowner cobuyer roommate neighbor witness
    neighbour accountant relationship relation relative husbands wifes reports
    notfall notfallkontakt ehepartner ehefrau ehemann ehegatte vertreter vertriebler betreuer sachbearbeiter berater
    assistent assistenz vermieter empfohlen urgence conjoint conjointe épouse époux assistante parrain emergencia
    cónyuge
    esposo esposa asistente vendedor casero referido emergenza coniuge assistente noodgeval verhuurder
    contatto_emergenza
    emergência cônjuge vendedora""")
_EITHER = _set("""
    owner landlord tenant patient parent guardian student pupil agent seller buyer borrower applicant vendor supplier
    guest driver passenger member camper player resident lessee lessor renter homeowner propertyowner billing shipping
    delivery recipient partner provider employee subscriber attendee donor
    eigentümer mieter patient eltern schüler inhaber propriétaire locataire élève propietario inquilino paciente alumno
    proprietario inquilino""")
"""Who the row may well be about, if nobody else is."""

_PARENTS = _set("mother father mom mum mama dad mutter vater mère père madre padre mãe pai moeder vader matka ojciec")
"""Whom one calls where the rows tell of children, or of families."""

_THEMSELVES = _set("employee member subscriber attendee donor patient student pupil applicant camper participant")
"""Who is the row's own person, where the row gives them no name beside its own."""

_COUNTED = _set(
    "person contact owner relation relationship guest child member tenant spouse applicant student parent kontakt"
)
_ANOTHER = _set("alternate alternative secondary second additional other backup another")
_CONTACT = _set("contact person kontakt ansprechpartner")
_COMPOUNDS = ("notfall", "ehepartner", "ehefrau", "ehemann", "vermieter", "vertreter", "betreuer")
_OF_THE_ROW = _set("account contact lead record deal company organization organisation")
_NOT_THE_ROW_AFTER = _set("owner agent partner manager")


def whose(heading: Heading) -> Whose:
    """Whose the column is: some words for another person, or none where it is the row's own."""
    spelled = heading.words
    if key_rank(heading) is not None:
        return OWN
    for at, word in enumerate(spelled):
        if word in _OTHERS or word.startswith(_COMPOUNDS):
            return (word, *_number_after(spelled, at))
        following = spelled[at + 1] if at + 1 < len(spelled) else ""
        if word in _OF_THE_ROW and following in _NOT_THE_ROW_AFTER:
            return (following, word)
        if word in _ANOTHER and following in _CONTACT:
            return (word, following)
        if word in ("ship", "bill", "sold") and following == "to":
            return (word, following)
        if word in _EITHER or (word in _COUNTED and following.isdecimal()):
            return _with_others(spelled, at)
    return OWN


def _with_others(spelled: Sequence[str], at: int) -> Whose:
    """Who is named at this place, by several words as in "Parent/Guardian 1", and which of them."""
    end = at + 1
    while end < len(spelled) and spelled[end] in _EITHER:
        end += 1
    return (*spelled[at:end], *_number_after(spelled, end - 1))


def _number_after(spelled: Sequence[str], at: int) -> Whose:
    following = spelled[at + 1 : at + 2]
    return tuple(word for word in following if word.isdecimal())


def without(heading: Heading, person: Whose) -> Heading:
    """The heading without the words that say whose it is; one that is nothing else, as "Tenant", is that one's name."""
    kept = list(heading.words)
    for word in person:
        if word in kept:
            kept.remove(word)
    return Heading(heading.column, tuple(kept) or ("name",))


def may_be_the_row(person: Whose) -> bool:
    """Whether a row may be about this person, where it tells of nobody else."""
    if not person or set(person[1:]) & _OF_THE_ROW:
        return False
    return (person[0] in _EITHER or person[1:] == ("to",) or person[0] in _COUNTED) and person[0] not in _OTHERS


def is_a_word_for_the_row(person: Whose) -> bool:
    """Whether it only says of what kind the row's own person is, as "Employee Title" does."""
    return len(person) == 1 and person[0] in _THEMSELVES


def is_parent(person: Whose) -> bool:
    """Whether a row may be about this person where it has nobody else's number."""
    return bool(person) and person[0] in _PARENTS


def people(headings: Mapping[str, Heading]) -> dict[Whose, dict[str, Heading]]:
    """The columns of each person, in the source's order; the row's own under ``OWN``."""
    found: dict[Whose, dict[str, Heading]] = {OWN: {}}
    for column, heading in headings.items():
        person = whose(heading)
        found.setdefault(person, {})[column] = without(heading, person)
    return found
