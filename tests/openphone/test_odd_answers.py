"""Answers that no document foresees: each ends in a message, one odd contact is one problem, nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.openphone import answers
from sync.openphone.answers import Answer
from tests.support.commands import command
from tests.support.odd_service import Asked, OddService, Told, error, odd_workbench, told
from tests.support.workbench import Workbench, people, person

Odd = tuple[Workbench, OddService]
DEEP = "[" * 200_000 + "]" * 200_000


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Odd]:
    with odd_workbench(tmp_path, accept_doubles=True) as made:
        yield made


def change_contact(key: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[Asked, Told], Told]:
    """Every list gives the contact with this key changed so; what ``change`` returns stands in its place."""

    def after(asked: Asked, answer: Told) -> Told:
        if not asked.is_list:
            return answer
        payload = answer.json
        payload["data"] = [change(one) or one if one.get("externalId") == key else one for one in payload["data"]]
        return told(answer.status, payload)

    return after


# --- ids ----------------------------------------------------------------------------------------------------------

NO_IDS: list[Any] = [
    None,
    "",
    "../users/U1",
    "..",
    "a b",
    "a/b",
    "a%2Fb",
    "x?y",
    "6a#",
    7.5,
    True,
    {},
    ["6a"],
    "a" * 129,
]


@pytest.mark.parametrize("no_id", NO_IDS, ids=repr)
def test_a_create_whose_answer_names_no_id_is_settled_by_a_look(odd: Odd, no_id: Any) -> None:
    bench, service = odd
    bench.write(people(2))
    left = [no_id]

    def after(asked: Asked, answer: Told) -> Told:
        if not asked.is_create or not left:
            return answer
        payload = answer.json
        payload["data"]["id"] = left.pop()
        return told(201, payload)

    service.after = after
    assert bench.run().counts == {"created": 2}
    assert bench.wrong() == []
    bench.write([person(0, last="Roe"), person(1, last="Roe")])
    assert bench.run().counts == {"updated": 2}
    assert bench.wrong() == []


@pytest.mark.parametrize("kept", ["None", "../users/U1", "a b"])
def test_an_id_that_an_older_version_tracked_and_is_none_leads_nowhere(odd: Odd, kept: str) -> None:
    bench, service = odd
    bench.write(people(8))
    bench.run()
    import sqlite3

    with sqlite3.connect(bench.state) as state:
        state.execute("UPDATE contacts SET contact_id = ? WHERE external_id = 'c1'", [kept])
    bench.write([person(0), person(1, last="Roe"), *people(6, 2)])
    result = bench.run()
    assert result.exit == 0, result.stdout
    assert bench.wrong() == []
    assert all(asked.path.startswith(("/v1/contacts", "/v1/contact-custom-fields")) for asked in service.asked)


@pytest.mark.parametrize("text", ["6a1f", "A-b_c", "01J:x~y", "a.b"])
def test_what_looks_like_an_id_is_one(text: str) -> None:
    assert answers.is_id(text)


# --- one odd contact ----------------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], Any]


def custom(value: Any) -> Change:
    return lambda one: one["customFields"].append({"key": "tags", "value": value})


def deeper(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


UNREADABLE: dict[str, Change] = {
    "no id": lambda one: one.pop("id") and None,
    "an id that leads elsewhere": lambda one: one.update(id="../users/U1"),
    "no fields": lambda one: one.update(defaultFields=None),
    "fields that are text": lambda one: one.update(defaultFields="Ana"),
    "a name that is an object": lambda one: one["defaultFields"].update(firstName={"x": 1}),
    "numbers that are text": lambda one: one["defaultFields"].update(phoneNumbers="+1415"),
    "a number that is a list": lambda one: one["defaultFields"].update(phoneNumbers=[["+1415"]]),
    "custom fields that are an object": lambda one: one.update(customFields={"notes": 1}),
    "a custom field without a key": lambda one: one["customFields"].append({"value": 1}),
    "a source that is a list": lambda one: one.update(source=["x"]),
    "a value of fifty levels": custom(deeper(50)),
    "a number without end": custom(float("inf")),
    "a number of 5,000 digits": custom(10**4000),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_contact_that_cannot_be_understood_is_one_problem_and_left_alone(odd: Odd, kind: str) -> None:
    bench, service = odd
    bench.write(people(8))
    bench.run()
    before = bench.sandbox.by_external_id("c1")
    service.after = change_contact("c1", UNREADABLE[kind])
    service.instead = lambda asked: error(404) if asked.method == "GET" and asked.path.count("/") > 2 else None
    bench.write([person(n, last="Roe") for n in range(8)])
    result = bench.run()
    assert (result.exit, result.counts) == (3, {"updated": 7, "failed": 1}), result.stdout
    assert "left alone" in result.reasons("failed")[0]
    assert bench.sandbox.by_external_id("c1") == before

    service.after, service.instead = lambda asked, answer: answer, lambda asked: None
    assert bench.run().counts == {"unchanged": 7, "updated": 1}
    assert bench.wrong() == []


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_contact_that_cannot_be_understood_is_not_deleted_either(odd: Odd, kind: str) -> None:
    bench, service = odd
    bench.write(people(30))
    bench.run()
    service.after = change_contact("c1", UNREADABLE[kind])
    service.instead = lambda asked: error(404) if asked.method == "GET" and asked.path.count("/") > 2 else None
    bench.write([person(n) for n in range(30) if n != 1])
    bench.run()
    assert len(bench.sandbox.by_external_id("c1")) == 1


@pytest.mark.parametrize("entry", [None, 5, "x", [], {}, {"id": "6a"}, {"externalId": {"a": 1}, "id": "6a"}], ids=repr)
def test_what_does_not_say_whose_contact_it_is_makes_no_double(odd: Odd, entry: Any) -> None:
    """It may be the contact of any row that nobody else was found for."""
    bench, service = odd
    bench.write(people(3))
    bench.run()
    bench.forget_state()

    def after(asked: Asked, answer: Told) -> Told:
        if not asked.is_list:
            return answer
        data = [entry if one.get("externalId") == "c1" else one for one in answer.json["data"]]
        return told(200, {"data": data, "nextPageToken": None})

    service.after = after
    result = bench.run()
    assert result.counts == {"adopted": 2, "failed": 1}
    assert result.sync["warnings"][0]["kind"] == "unreadable"
    service.after = lambda asked, answer: answer
    assert bench.run().counts == {"unchanged": 2, "adopted": 1}
    assert bench.wrong() == []


KEPT: dict[str, Any] = {
    "a list of objects": [{"id": 1, "label": "vip"}, {"id": 2}],
    "an object": {"street": "Main St", "geo": {"lat": 1.5}},
    "lists in lists": [["a", 1], ["b", None]],
    "half a letter": "a\ud83d",
    "a list with a null": [None, "a"],
    "a boolean in a list": [True, 1],
    "a date that is a number": 1772323200,
    "a date in words": "the first of March",
}


@pytest.mark.parametrize("shape", KEPT)
@pytest.mark.parametrize("key", ["tags", "customer-since"])
def test_a_value_of_a_shape_unknown_to_us_goes_back_as_it_came(odd: Odd, shape: str, key: str) -> None:
    bench, service = odd
    bench.write(people(2))
    bench.run()
    sent: list[Any] = []
    service.after = change_contact(
        "c1", lambda one: one["customFields"].append({"key": key, "type": "date", "value": KEPT[shape]})
    )
    bench.write([person(0), person(1, last="Roe")])

    def instead(asked: Asked) -> Told | None:
        if asked.method != "PATCH":
            return None
        sent.append(service.bodies[-1])
        return told(200, {"data": sent[-1] | {"id": asked.path.rpartition("/")[2]}})

    service.instead = instead
    result = bench.run()
    assert (result.exit, result.counts) == (0, {"unchanged": 1, "updated": 1}), result.stdout
    assert {"key": key, "value": KEPT[shape]} in sent[0]["customFields"]
    assert command(bench, "undo", "2", "--dry-run").exit == 0


def test_a_source_that_is_a_number_and_half_a_letter_in_a_name_stop_nobody(odd: Odd) -> None:
    bench, service = odd
    bench.write(people(3))
    bench.run()

    def change(one: dict[str, Any]) -> None:
        one.update(source=5)
        one["defaultFields"].update(role="\udc00 half", lastName="half \udc00")

    service.after = change_contact("c1", change)
    bench.write([person(n, last="Roe") for n in range(3)])
    assert "half" in command(bench, "run", "--dry-run").stdout
    for options in (["--dry-run"], ["--verify"]):
        result = bench.run(*options)
        assert (result.exit, result.counts) == (0, {"updated": 3})
        assert "half" in result.stdout
    assert command(bench, "undo", "2").exit == 0


# --- answers that are none ----------------------------------------------------------------------------------------

NO_ANSWERS: dict[str, Told] = {
    "JSON 200,000 deep": told(200, DEEP),
    "data 200,000 deep": told(200, f'{{"data": {DEEP}}}'),
    "a list": told(200, [1]),
    "a number": told(200, 5),
    "data that is text": told(200, {"data": "x"}),
    "data that is an object": told(200, {"data": {"a": 1}}),
    "no data": told(200, {}),
    "nothing": told(200),
    "no content": told(204),
    "broken UTF-8": told(200, {"data": []}),
    "a number of 5,000 digits": told(200, f'{{"data": {"9" * 5000}}}'),
}
NO_ANSWERS["broken UTF-8"].body = b'{"data": ["\xff\xfe"]}'


@pytest.mark.parametrize("kind", NO_ANSWERS)
@pytest.mark.parametrize("path", ["/v1/contact-custom-fields", "/v1/contacts"])
def test_what_is_no_answer_ends_the_run_with_a_message(odd: Odd, kind: str, path: str) -> None:
    bench, service = odd
    bench.write(people(2))
    service.instead = lambda asked: NO_ANSWERS[kind] if (asked.method, asked.path) == ("GET", path) else None
    result = bench.run()
    assert result.exit == 1
    assert "OpenPhone" in result.error
    assert "unexpected" not in result.error
    assert len(result.error) < 600


ERRORS: list[Any] = [
    {"errors": 5},
    {"errors": [5, None, {"path": {}, "message": [1]}]},
    {"error": 5},
    {"error": "text"},
    {"error": {"message": {"a": 1}}},
    {"message": ["a"], "code": {"a": 1}},
    {"message": "half \ud83d a letter", "code": 5},
    [1],
    5,
    None,
    DEEP,
]


@pytest.mark.parametrize("payload", ERRORS, ids=lambda payload: str(payload)[:30])
@pytest.mark.parametrize("status", [400, 401, 402, 500])
def test_an_error_of_any_shape_is_told(odd: Odd, payload: Any, status: int) -> None:
    bench, service = odd
    bench.write(people(2))
    service.instead = lambda asked: told(status, payload) if asked.is_create else None
    bench.hurry = 1 / 100
    result = bench.run()
    assert result.exit in (1, 3)
    assert "unexpected" not in result.stdout


@pytest.mark.parametrize(
    "definition",
    [None, 5, {}, {"key": None}, {"name": "x", "key": {}}, {"key": "k", "type": {"a": 1}}, {"key": "k", "name": [1]}],
    ids=repr,
)
def test_one_odd_custom_field_stops_nobody(odd: Odd, definition: Any) -> None:
    bench, service = odd
    bench.write(people(2))

    def after(asked: Asked, answer: Told) -> Told:
        if not asked.path.endswith("custom-fields"):
            return answer
        return told(200, {"data": [definition, *answer.json["data"]]})

    service.after = after
    assert bench.run().counts == {"created": 2}
    assert bench.wrong() == []


def test_what_looks_like_no_json_is_none() -> None:
    assert answers.as_json(DEEP.encode()) is None
    assert answers.reason(json.loads('{"errors": 5}')) == ""
    assert answers.next_page(Answer(200, {"nextPageToken": {"a": 1}})) is None
