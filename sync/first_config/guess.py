"""The likeliest mapping of a source: headings first, cells where headings leave a doubt.

Only a proposal: a person sees it, and ``check`` judges what becomes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.contacts.contact import SCALARS, CustomField
from sync.first_config import vocabulary
from sync.first_config.beside import of_others, repeats, the_same_person, whom_they_are_about
from sync.first_config.cells import custom_origin
from sync.first_config.custom_fields import means, spelled
from sync.first_config.headings import Heading, email_label, match, phone_label
from sync.first_config.keys import key_of
from sync.first_config.names import company_and_role, lacking_first_names, names, vacancies
from sync.first_config.numbers import EMAILS, PHONES, labelled
from sync.first_config.proposal import Origin, Proposal
from sync.first_config.survey import Survey
from sync.first_config.whose import OWN, Whose, is_a_word_for_the_row, is_parent, may_be_the_row, people
from sync.first_config.work import Work

_NAMES = (vocabulary.FIRST, vocabulary.LAST, vocabulary.FULL)


def guess(survey: Survey, custom_fields: Sequence[CustomField], *, region: str = "US", sheet: bool = False) -> Proposal:
    """The likeliest mapping of a source. ``sheet``: the source can be given contact ids, and so needs no key."""
    headings = {column: Heading.of(column) for column in survey.telling}
    persons = _of_one_person(people(headings))
    main = _who_the_rows_are_about(persons, survey)
    mine = {column: persons[who][column] for column in headings for who in {OWN, main} if column in persons[who]}
    if not _named(mine, survey):
        mine |= whom_they_are_about(mine, survey)
    mine |= the_same_person(persons, main, survey)
    work = Work(survey, region, dict(mine))
    contact_id = work.best(vocabulary.CONTACT_IDS) or "" if sheet else ""
    work.free.pop(contact_id, None)
    for column, why in of_others(mine, headings, survey, marked=main != OWN):
        work.leave(column, why)
    work.nobodys = without = vacancies(work)
    key = key_of(work)
    names(work)
    labelled(work, PHONES)
    labelled(work, EMAILS)
    company_and_role(work)
    lacking_first_names(work)
    for column, heading in headings.items():
        if column not in mine and _would_serve(heading, persons):
            work.left_out[column] = "it is another person's"
    if main != OWN:
        work.notes.append(f"the rows are taken to be about the {' '.join(main)}: all else is another person's")
    return Proposal(
        key=(key,) if key else (),
        contact_id_column=contact_id,
        fields={name: work.fields[name] for name in SCALARS if name in work.fields} | work.fields,
        custom=_custom(work, tuple(custom_fields)),
        notes=tuple(dict.fromkeys(work.notes)),
        left_out=work.left_out,
        without={column: words for column, words in without.items() if column in work.fields["firstName"].columns}
        if "firstName" in work.fields
        else {},
    )


def _who_the_rows_are_about(persons: Mapping[Whose, Mapping[str, Heading]], survey: Survey) -> Whose:
    """The person of unmarked headings, if those name anybody; else one that is named, with numbers if there is one."""
    if _named(persons[OWN], survey):
        return OWN
    candidates = [
        who
        for who, theirs in persons.items()
        if may_be_the_row(who) and _named({c: h for c, h in theirs.items() if not repeats(c, survey)}, survey)
    ]
    parents = [who for who in persons if is_parent(who) and _named(persons[who], survey)]
    with_numbers = [who for who in (*candidates, *parents) if any(map(_is_labelled, persons[who].values()))]
    return next(iter(with_numbers or candidates or parents), OWN)


def _of_one_person(persons: dict[Whose, dict[str, Heading]]) -> dict[Whose, dict[str, Heading]]:
    """The same, with the columns of an employee, member, … who has no name of their own given to the row's person."""
    found = {who: dict(theirs) for who, theirs in persons.items()}
    for who, theirs in persons.items():
        if is_a_word_for_the_row(who) and not any(match(h, m) for h in theirs.values() for m in _NAMES):
            found[OWN] |= found.pop(who)
    return found


def _named(columns: Mapping[str, Heading], survey: Survey) -> bool:
    meanings = (vocabulary.FIRST, vocabulary.LAST, vocabulary.FULL, vocabulary.COMPANY)
    filled = [heading for column, heading in columns.items() if not survey.is_empty(column)]
    return any(match(heading, each) is not None for heading in filled for each in meanings)


def _is_labelled(heading: Heading) -> bool:
    return phone_label(heading) is not None or email_label(heading) is not None


def _would_serve(heading: Heading, persons: Mapping[Whose, Mapping[str, Heading]]) -> bool:
    bare = next(theirs[heading.column] for theirs in persons.values() if heading.column in theirs)
    return _is_labelled(bare) or any(match(bare, each) is not None for each in (vocabulary.FIRST, vocabulary.FULL))


def _custom(work: Work, custom_fields: tuple[CustomField, ...]) -> dict[str, Origin]:
    taken = {column for origin in work.fields.values() for column in origin.used}
    free = {column: Heading.of(column) for column in work.survey.telling if column not in taken}
    found: dict[str, Origin] = {}
    for exact in (True, False):
        for definition in custom_fields:
            name = spelled(definition, custom_fields)
            if name is None or name in found:
                continue
            meant = [column for column, heading in free.items() if means(heading, definition, exact=exact)]
            column = next((each for each in meant if not work.survey.is_empty(each)), next(iter(meant), None))
            if column is not None and _fits(work, column, definition, found, name):
                del free[column]
    return found


def _fits(work: Work, column: str, definition: CustomField, found: dict[str, Origin], name: str) -> bool:
    """Whether the column's cells can be read for this field, which then has it; says so where they cannot."""
    kind = {"boolean": "yes and no", "url": "web addresses"}.get(definition.type, f"{definition.type}s")
    if work.survey.is_empty(column) and definition.type not in ("string", "address"):
        why = f"it is called like the custom field {definition.name!r}, and has no {kind} to be sure by"
        work.left_out.setdefault(column, why)
        return False
    origin, fits = custom_origin(column, definition, work.sample(column), work.region)
    if not fits:
        called = f"{column!r} is called like the custom field {definition.name!r}"
        work.notes.append(f"{called}, but most of it cannot be read as {kind}: left out")
        return False
    if origin.format is not None:
        work.notes.append(f"{column!r} is read as dates written {origin.format}: change 'format' if that is wrong")
    found[name] = origin
    return True
