"""A plan that somebody looked at and approved, as a value: its JSON, and where what would be done now differs. Pure.

How it is used (the I/O is in ``run.approval``)::

    approved = Approved("customers", client.workspace, plan.changes, held, Asked(verify=True))  # of a dry run's plan
    text = SavedPlan((approved,)).text                                                          # a file
    SavedPlan.read(text).approved                                                               # and back: NoPlan
    approved.differences(plan)                # of a plan made afresh; empty: exactly this would be done

What decides: each change with its contact as it was before and as it shall be. What is volatile (ids of contacts that
are yet to be made, ``createdAt``, row numbers, the order) is no difference. What is held back is not done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from sync import __version__
from sync.contacts.change import Change, Create, Update, change_from_json, change_to_json
from sync.contacts.contact import SCALARS, Contact, FieldChanges, differences
from sync.contacts.json_value import Json, list_in, object_in, text_in
from sync.contacts.person import NOBODY, Person
from sync.contacts.problem import Action
from sync.plan.options import Limit
from sync.plan.plan import Plan

KIND = "openphone-sync plan"

_Parts = Mapping[str, tuple[Json, Json]]
"""A field → what the contact holds in it, and what it shall hold."""


class NoPlan(ValueError):
    """A file that is no saved plan, or not as it was written."""


class OtherVersion(Exception):
    """A plan that another version of the program made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for that decides what it does: the same limits hold when its plan is carried out.

    ``max_deletes`` and ``max_rewrites`` are exact, and for this run alone. ``only``: keys of the only contacts that it
    concerns; ``limit``: no more changes than that, and no deletes. ``through``: keys of contacts whose changes are made
    though they would be held back (``plan.let_through``).
    """

    verify: bool = False
    max_deletes: Limit | None = None
    max_rewrites: Limit | None = None
    only: tuple[str, ...] = ()
    limit: int | None = None
    through: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def partial(self) -> bool:
        """Whether what such a run did says nothing of the rest."""
        return bool(self.only) or self.limit is not None

    @property
    def asked(self) -> Asked:
        """This alone, of whatever carries it."""
        return Asked(self.verify, self.max_deletes, self.max_rewrites, self.only, self.limit, through=self.through)

    def to_json(self) -> dict[str, Json]:
        """A plain value from which ``from_json`` makes the same."""
        deletes, rewrites = self.max_deletes, self.max_rewrites
        return {
            "verify": self.verify,
            "max_deletes": str(deletes) if deletes is not None else None,
            "max_rewrites": str(rewrites) if rewrites is not None else None,
            "only": list(self.only),
            "limit": self.limit,
            "through": list(self.through),
        }

    @classmethod
    def from_json(cls, payload: Json) -> Asked:
        """What ``to_json`` gave. Raises TypeError, ValueError or KeyError where it is none."""
        whole = object_in(payload)
        limit = whole["limit"]
        if not isinstance(limit, int | None):
            raise TypeError(f"limit {limit!r} is no number")
        deletes, rewrites = text_in(whole["max_deletes"]), text_in(whole["max_rewrites"])
        return cls(
            whole["verify"] is True,
            Limit.parse(deletes) if deletes is not None else None,
            Limit.parse(rewrites) if rewrites is not None else None,
            tuple(str(key) for key in list_in(whole["only"])),
            limit,
            through=tuple(str(key) for key in list_in(whole.get("through"))),
        )


@dataclass(frozen=True, slots=True)
class Side:
    """What the plan, or a run now, would do with a contact. ``action`` None: nothing. ``held``: it is held back.

    ``fields``: of those in which the two differ what the contact holds and what it shall hold, as in a report.
    """

    action: Action | None = None
    held: bool = False
    fields: FieldChanges = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """As the report promises it."""
        return {
            "action": self.action,
            "held": self.held,
            "fields": {name: dict(values) for name, values in self.fields.items()},
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """A contact with which something else would be done now than was approved."""

    external_id: str
    person: Person
    planned: Side
    now: Side

    def to_json(self) -> dict[str, Json]:
        """As the report promises it."""
        return {
            "external_id": self.external_id,
            "name": self.person.name,
            "planned": self.planned.to_json(),
            "now": self.now.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Approved:
    """What may be done for one sync: just these ``changes``. ``held``: what was held back when they were shown.

    ``workspace``: a short hash that tells one workspace from another, as ``OpenPhone.workspace`` has it.
    """

    sync: str
    workspace: str
    changes: tuple[Change, ...]
    held: tuple[Change, ...] = ()
    asked: Asked = Asked()

    def differences(self, plan: Plan) -> tuple[Difference, ...]:
        """Where what ``plan`` would do is not what was approved; empty where it is just that."""
        held_now = [change for back in plan.held_back for change in back.changes]
        then, now = _by_contact(self.changes), _by_contact(plan.changes)
        were_held, are_held = _by_contact(self.held), _by_contact(held_now)
        found: list[Difference] = []
        for external_id in dict.fromkeys([*then, *now]):
            left, new = _without_the_same(then.get(external_id, []), now.get(external_id, []))
            for planned, made in zip_longest(left, new):
                one, other = _sides(
                    planned or _like(made, were_held), made or _like(planned, are_held), planned is None, made is None
                )
                person = next((change.person for change in (made, planned) if change is not None), NOBODY)
                found.append(Difference(external_id, person, one, other))
        return tuple(found)

    def to_json(self) -> dict[str, Json]:
        """A plain value from which ``from_json`` makes the same."""
        return {
            "sync": self.sync,
            "workspace": self.workspace,
            "asked": self.asked.to_json(),
            "changes": [change_to_json(change) for change in self.changes],
            "held": [change_to_json(change) for change in self.held],
        }

    @classmethod
    def from_json(cls, payload: Json) -> Approved:
        """What ``to_json`` gave. Raises NoPlan where it is none."""
        try:
            whole = object_in(payload)
            return cls(
                str(whole["sync"]),
                str(whole["workspace"]),
                tuple(map(change_from_json, list_in(whole["changes"]))),
                tuple(map(change_from_json, list_in(whole["held"]))),
                Asked.from_json(whole["asked"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise NoPlan(f"{type(error).__name__} {error}") from error


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a file holds: what was approved for each sync, and which version of the program made it."""

    approved: tuple[Approved, ...]
    version: str = __version__

    @property
    def text(self) -> str:
        """The file. People's names and numbers stand in it."""
        body: dict[str, Json] = {
            "kind": KIND,
            "version": self.version,
            "syncs": [each.to_json() for each in self.approved],
        }
        return json.dumps(body | {"checksum": _checksum(body)}, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, text: str) -> SavedPlan:
        """What ``text`` was. Raises NoPlan where it is none or was altered, OtherVersion of the program."""
        try:
            whole = dict(object_in(json.loads(text)))
        except (ValueError, TypeError, RecursionError) as error:
            raise NoPlan("it is no JSON object") from error
        if whole.get("kind") != KIND:
            raise NoPlan("'run --dry-run --save-plan FILE' did not write it")
        if whole.pop("checksum", None) != _checksum(whole):
            raise NoPlan("it was altered since it was written: its checksum is another")
        if whole.get("version") != __version__:
            raise OtherVersion(f"it was made by openphone-sync {whole.get('version')}, and this is {__version__}")
        try:
            return cls(tuple(map(Approved.from_json, list_in(whole["syncs"]))))
        except (KeyError, TypeError) as error:
            raise NoPlan(f"{type(error).__name__} {error}") from error

    def contested(self) -> Iterator[tuple[str, Person, tuple[str, ...]]]:
        """Contacts that several of the syncs would change, made from one look at the workspace: key, whom, which syncs.

        One after the other, the second would know what the first did.
        """
        touched: dict[tuple[str, str], dict[str, Change]] = {}
        for each in self.approved:
            for change in each.changes:
                what = f"+{change.external_id}" if isinstance(change, Create) else str(change.contact_id)
                touched.setdefault((each.workspace, what), {}).setdefault(each.sync, change)
        for changes in touched.values():
            if len(changes) > 1:
                change = next(iter(changes.values()))
                yield change.external_id, change.person, tuple(changes)


def _checksum(body: Mapping[str, Json]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _by_contact(changes: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.external_id, []).append(change)
    return found


def _like(change: Change | None, others: Mapping[str, list[Change]]) -> Change | None:
    """The change of the same kind to the same contact, among those that are held back."""
    if change is None:
        return None
    return next((one for one in others.get(change.external_id, ()) if one.action == change.action), None)


def _without_the_same(then: Sequence[Change], now: Sequence[Change]) -> tuple[list[Change], list[Change]]:
    left, new = list(then), []
    for change in now:
        same = next((one for one in left if _same(one, change)), None)
        if same is not None:
            left.remove(same)
        else:
            new.append(change)
    return left, new


def _same(one: Change, other: Change) -> bool:
    """Whether two changes do the same. Nearly all of a plan's do to the letter, and that is seen soon."""
    if _to_the_letter(one) == _to_the_letter(other):
        return True
    return (one.action, one.external_id) == (other.action, other.external_id) and _does(one) == _does(other)


def _to_the_letter(change: Change) -> tuple[object, ...]:
    contacts = tuple(contact and _whole(contact) for contact in (change.before, change.after))
    released = isinstance(change, Update) and change.released
    return (change.action, change.external_id, change.contact_id, change.adopted, change.matched_by, released, contacts)


def _whole(contact: Contact) -> tuple[object, ...]:
    """All but what OpenPhone adds to it. The types tell: True is no 1 there."""
    custom = sorted((key, repr(value)) for key, value in contact.custom_fields.items())
    scalars = [contact.scalars.get(name) for name in SCALARS]
    lists = (contact.phone_numbers, contact.emails)
    return (scalars, lists, custom, contact.external_id, contact.source, contact.source_url)


def _does(change: Change) -> str:
    """Equal for two changes that do the same to the same contact."""
    parts = {name: [_canonical(value) for value in values] for name, values in _parts(change).items()}
    return json.dumps([change.action, parts], sort_keys=True)


def _canonical(value: Json) -> Json:
    """Lists in an order of their own: OpenPhone gives them in any."""
    if isinstance(value, list | tuple):
        return sorted(value, key=lambda each: json.dumps(each, sort_keys=True))
    return value


def _parts(change: Change) -> _Parts:
    """Every field of the contact, before and after; which contact it is, and what becomes of it beside its fields."""
    before, after = _fields(change.before), _fields(change.after)
    parts = {name: (before.get(name), after.get(name)) for name in {**before, **after}}
    parts["contact"] = (change.contact_id, change.contact_id) if change.contact_id else (None, None)
    parts["matched by"] = (None, change.matched_by)
    parts["tracked"] = (not change.adopted, not (isinstance(change, Update) and change.released))
    return parts


def _fields(contact: Contact | None) -> dict[str, Json]:
    if contact is None:
        return {}
    shown = {name: values["to"] for name, values in differences(None, contact).items()}
    return {**shown, "externalId": contact.external_id, "source": contact.source}


def _sides(planned: Change | None, now: Change | None, was_held: bool, is_held: bool) -> tuple[Side, Side]:
    """Both, as far as they differ; a side that does nothing is told by the whole of the other.

    ``was_held``, ``is_held``: where there is such a change nevertheless, it is one that is held back.
    """
    mine, theirs = (_parts(change) if change is not None else None for change in (planned, now))
    return _side(planned, mine, theirs, held=was_held), _side(now, theirs, mine, held=is_held)


def _side(change: Change | None, mine: _Parts | None, other: _Parts | None, *, held: bool) -> Side:
    if change is None or mine is None:
        return Side()
    names = [name for name in mine if other is None or _unlike(mine, other, name)]
    names += [name for name in other or () if name not in mine]
    if other is None or not names:
        return Side(change.action, held, change.fields)
    values = {name: mine.get(name, (None, None)) for name in names}
    return Side(change.action, held, {name: {"from": old, "to": new} for name, (old, new) in values.items()})


def _unlike(one: _Parts, other: _Parts, name: str) -> bool:
    mine, theirs = one[name], other.get(name, (None, None))
    return [_canonical(value) for value in mine] != [_canonical(value) for value in theirs]
