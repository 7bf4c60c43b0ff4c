"""What people and firms are called: which columns give the first name, the last name, the company and the role.

OpenPhone wants a first name: where rows have none, what else they are called serves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sync.first_config import vocabulary
from sync.first_config.cells import (
    are_roles_in_a_program,
    are_salutations,
    are_vacancies,
    family_stands_first,
    look_like_addresses,
    look_like_firms,
    look_like_numbers,
    look_like_whole_names,
)
from sync.first_config.headings import Heading, email_label, family_first, match, phone_label
from sync.first_config.proposal import Origin
from sync.first_config.work import Work
from sync.mapping.names import is_of_a_company


def names(work: Work) -> None:
    """The first and the last name, from a column each or from one that holds the whole."""
    _refute(work, vocabulary.FIRST, vocabulary.LAST, vocabulary.FULL)
    first, last = work.best(vocabulary.FIRST), work.best(vocabulary.LAST)
    if first is not None and last is None:
        spellings, surnames = work.free[first].spellings, vocabulary.SURNAME_BESIDE
        beside = {surnames[each] for each in spellings if each in surnames}
        last = work.best(dict.fromkeys(beside, 0))
    full = _whom_one_speaks_to(work) or work.best(vocabulary.FULL)
    if first is not None and full is not None and work.survey.is_empty(first) and not work.survey.is_empty(full):
        first = last = None
    if first is None and last is not None and full is not None:
        first = full if not look_like_whole_names(work.sample(full)) else None
    if first is None and full is not None and last is None:
        _take_whole(work, full)
    elif first is not None and last is None and any(s in vocabulary.MAY_BE_WHOLE for s in work.free[first].spellings):
        _take_whole(work, first)
    else:
        _take(work, "firstName", first)
        _take_last(work, last)


def _take_last(work: Work, last: str | None) -> None:
    """The last name: with what belongs before or after it in a column of its own, as "van der" and a second surname."""
    _take(work, "lastName", last)
    if last is None:
        return
    infix, second = work.best(vocabulary.INFIX), work.best(vocabulary.SECOND_LAST)
    columns = tuple(each for each in (infix, last, second) if each is not None and not work.survey.is_empty(each))
    if len(columns) > 1 and not any(set(column) & set("{}[]!:") or column.isdigit() for column in columns):
        work.take("lastName", Origin(columns, joined=True))


def vacancies(work: Work) -> dict[str, tuple[str, ...]]:
    """The columns of names in which a word for an empty flat stands, in rows with nobody's number, and those words."""
    found = {column: tuple(filter(are_vacancies, work.sample(column))) for column in work.free}
    found = {column: words for column, words in found.items() if 0 < len(words) < len(work.sample(column))}
    telling = {column for column, heading in work.free.items() if phone_label(heading) or email_label(heading)}
    return {
        column: words
        for column, words in found.items()
        if not any(telling & row.keys() for row in work.survey.rows_seen if row.get(column) in words)
    }


def _whom_one_speaks_to(work: Work) -> str | None:
    """The column of people at the customers', where another names the customers, which are firms."""
    found = {column: heading for column, heading in work.free.items() if match(heading, vocabulary.FULL) is not None}
    contacts = [column for column, heading in found.items() if "".join(heading.words) in vocabulary.CONTACT_PERSONS]
    firms = [column for column in found if column not in contacts and look_like_firms(work.sample(column))]
    return next((column for column in contacts if firms and look_like_whole_names(work.sample(column))), None)


def company_and_role(work: Work) -> None:
    """The company and the role; "Mr" and "Dr." are none."""
    _refute(work, vocabulary.COMPANY)
    company = work.best(vocabulary.COMPANY)
    if company is None or work.survey.is_empty(company):
        company = _firms(work) or _called_so_among_others(work) or company
    _take(work, "company", company)
    for column in [column for column in work.free if are_salutations(work.sample(column))]:
        del work.free[column]
    _refute(work, vocabulary.ROLE)
    role = work.best(vocabulary.ROLE)
    if role is not None and _of_a_job(work, role):
        work.leave(role, "it names a job that is done, and nobody's position")
        role = work.best(vocabulary.ROLE)
    if role is not None and work.survey.is_empty(role):
        work.leave(role, "it is empty in every row")  # a "Title" may be of either kind
    elif role is not None and are_roles_in_a_program(work.sample(role)):
        work.leave(role, "it says what somebody may do in a program")
    else:
        _take(work, "role", role)


def _of_a_job(work: Work, role: str) -> bool:
    """Whether "Job Title" stands beside "Job Number" and the like."""
    every = [set(Heading.of(column).words) for column in work.survey.columns]
    return "job" in Heading.of(role).words and any("job" in each and each & vocabulary.OF_A_JOB for each in every)


def lacking_first_names(work: Work) -> None:
    """What serves as a first name in rows that have none."""
    if "firstName" not in work.fields:
        _without_any(work)
        return
    origin = work.fields["firstName"]
    blank = work.survey.blank(*origin.columns)
    others = work.columns_of(("lastName", "company"))
    others = [column for column in others if column not in origin.columns]
    if blank:
        columns = (*origin.columns, *others)
        for extra in (_display(work), *work.columns_of(name for name in work.fields if name.startswith("emails."))):
            if extra and extra not in columns and work.survey.filled_without(extra, columns):
                columns = (*columns, extra)
        if any(work.survey.filled_without(column, origin.columns) for column in columns):
            _serve(work, columns, blank)
    left = work.survey.blank(*work.fields["firstName"].columns)
    if left:
        work.notes.append(f"{left} of {work.survey.rows} rows have nothing to be called by: they are rejected")


def _serve(work: Work, columns: tuple[str, ...], blank: int) -> None:
    origin = work.fields["firstName"]
    stay_whole = all(is_of_a_company(column) or look_like_addresses(work.sample(column)) for column in columns[1:])
    if origin.part is None or stay_whole:
        work.take("firstName", replace(origin, columns=columns))
    else:
        work.take("firstName", Origin(columns))
        del work.fields["lastName"]  # else firms would be split as people are
    rows = "1 row has" if blank == 1 else f"{blank} rows have"
    others = ", else ".join(map(repr, columns[1:]))
    work.notes.append(f"{rows} no {columns[0]!r}, and every contact must have a first name: there {others} serves")


def _without_any(work: Work) -> None:
    """A last name, else a company, else another name serves everywhere."""
    display = _display(work)
    if not work.columns_of(("lastName", "company")) and display:
        _take_whole(work, display)
        return
    for name in ("lastName", "company"):
        if name in work.fields:
            columns = tuple(work.columns_of([name] if name == "company" else ("lastName", "company")))
            work.fields["firstName"] = Origin(columns)
            work.notes.append(
                f"no column is called like a first name, which every contact must have: {columns[0]!r} serves"
            )
            if name == "lastName":
                del work.fields[name]
            return


def _take(work: Work, name: str, column: str | None) -> None:
    if column is not None:
        work.take(name, Origin((column,)))


def _take_whole(work: Work, column: str) -> None:
    """A column of whole names, split where its cells are names of people."""
    if not look_like_whole_names(work.sample(column)):
        work.take("firstName", Origin((column,)))
        return
    behind = family_first(Heading.of(column)) or family_stands_first(work.sample(column))
    order: Literal["family_first"] | None = "family_first" if behind else None
    work.take("firstName", Origin((column,), part="first", order=order))
    work.fields["lastName"] = Origin((column,), part="last", order=order)
    how = " (the family's name is taken to stand first)" if behind else ""
    work.notes.append(f"{column!r} holds whole names: they are split into first and last name{how}")


def _display(work: Work) -> str | None:
    """A free column of what people are called by; a whole name beside its parts is one."""
    found = work.best(vocabulary.FULL) or work.best(vocabulary.DISPLAY)
    return found if found and not work.survey.is_empty(found) else None


def _called_so_among_others(work: Work) -> str | None:
    """A free column with a word for a company in its heading, as "Farm / Business", whose cells look like firms."""
    for column, heading in work.free.items():
        words = set(heading.words)
        called_so = words & (vocabulary.COMPANY.keys() | vocabulary.FIRMS) and not words & vocabulary.NOT_A_VALUE
        if called_so and look_like_firms(work.sample(column)):
            return column
    return None


def _firms(work: Work) -> str | None:
    """A free column of names that are no person's: what accounting calls a contact is often a firm."""
    found = work.best(vocabulary.FULL)
    if found is None or work.survey.is_empty(found):
        return None
    return found if look_like_firms(work.sample(found)) else None


def _refute(work: Work, *meanings: dict[str, int]) -> None:
    """Leaves out columns that are called like a name, and hold numbers, dates or addresses."""
    for column, heading in list(work.free.items()):
        if any(match(heading, each) is not None for each in meanings):
            sample = work.sample(column)
            if look_like_addresses(sample):
                continue  # one that is called "Contact" and holds addresses is for the addresses
            surely = match(heading, vocabulary.FIRST) is not None  # address books call people by their numbers
            if look_like_numbers(sample, nearly_all=surely) or _yes_and_no(sample):
                work.leave(column, "it is called like a name, and holds something else")


def _yes_and_no(sample: list[str]) -> bool:
    return bool(sample) and all(value.casefold() in ("yes", "no", "true", "false", "y", "n") for value in sample)
