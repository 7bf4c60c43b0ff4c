"""The sandbox's answers against the schemas of the vendor's document; where they depart from it, said one by one."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import aiohttp
import jsonschema
import pytest

from sync.sandbox import FaultKind, Sandbox, SandboxOptions
from tests.support.paths import ROOT

DOCUMENT = json.loads((ROOT / "tests" / "fixtures" / "openphone-answers.schema.json").read_text("utf-8"))
ERROR = ["code", "docs", "message", "status", "title"]
"""What the document requires of every error."""

FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return re.search(r"T.*(Z|[+-]\d\d:\d\d)$", value) is not None


@FORMATS.checks("uri", raises=ValueError)
def is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


@dataclass(frozen=True)
class Answer:
    """What came back, and the operation it came back from."""

    operation: str
    status: int
    body: Any

    def departures(self) -> list[str]:
        """Where this departs from the document: ``PATH RULE``, and for ``required`` what is missing."""
        name = DOCUMENT["answers"][self.operation][str(self.status)]
        validator = jsonschema.Draft202012Validator(DOCUMENT["schemas"][name], format_checker=FORMATS)
        return sorted(_departure(error) for error in validator.iter_errors(self.body))


def _departure(error: jsonschema.ValidationError) -> str:
    missing = " " + error.message.split("'")[1] if error.validator == "required" else ""
    return f"{'/'.join(map(str, error.absolute_path))} {error.validator}{missing}".strip()


class Asker:
    """Asks the sandbox, by the names that the document gives to what can be asked."""

    CALLS: ClassVar = {
        "getContactCustomFields_v1": ("GET", "/v1/contact-custom-fields"),
        "createContact_v1": ("POST", "/v1/contacts"),
        "listContacts_v1": ("GET", "/v1/contacts"),
        "getContactById_v1": ("GET", "/v1/contacts/{id}"),
        "updateContactById_v1": ("PATCH", "/v1/contacts/{id}"),
        "deleteContact_v1": ("DELETE", "/v1/contacts/{id}"),
    }

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self._session = session

    async def __call__(self, operation: str, id: str = "none", *, key: str | None = None, **how: Any) -> Answer:
        method, path = self.CALLS[operation]
        headers = {"Authorization": self.sandbox.key if key is None else key}
        url = self.sandbox.url + path.format(id=id)
        async with self._session.request(method, url, headers=headers, **how) as response:
            text = await response.text()
            return Answer(operation, response.status, json.loads(text) if text.startswith("{") else text)


@pytest.fixture
async def ask(request: pytest.FixtureRequest) -> AsyncIterator[Asker]:
    options = SandboxOptions(**{"requests_per_second": 1000, **getattr(request, "param", {})})
    connector = aiohttp.TCPConnector(force_close=True)
    async with Sandbox(options) as sandbox, aiohttp.ClientSession(connector=connector) as session:
        yield Asker(sandbox, session)


FULL = {
    "externalId": "c1",
    "source": "crm",
    "sourceUrl": "https://crm.example.com/c/1",
    "defaultFields": {
        "firstName": "Ann",
        "lastName": None,
        "phoneNumbers": [{"name": "mobile", "value": "+15555555555"}],
        "emails": [{"name": "work", "value": "ann@example.com"}],
    },
    "customFields": [
        {"key": "inbound-lead", "value": True},
        {"key": "tags", "value": ["a", "b"]},
        {"key": "address", "value": "1 Main St"},
        {"key": "contract-value", "value": 12.5},
    ],
}
SPARE = {"defaultFields": {"firstName": None}}
DATED = {
    "defaultFields": {"firstName": "Ann"},
    "customFields": [{"key": "customer-since", "value": "2026-03-01T00:00:00Z"}],
}


# What goes well


@pytest.mark.parametrize("body", [FULL, SPARE])
async def test_every_contact_is_as_documented(ask: Asker, body: dict[str, Any]) -> None:
    created = await ask("createContact_v1", json=body)
    contact = created.body["data"]
    got = await ask("getContactById_v1", contact["id"])
    updated = await ask("updateContactById_v1", contact["id"], json=body)
    ask.sandbox.seed([{"firstName": "Eve"}])
    page = await ask("listContacts_v1", params={"maxResults": "1"})
    last = await ask("listContacts_v1", params={"maxResults": "1", "pageToken": page.body["nextPageToken"]})
    fields = await ask("getContactCustomFields_v1")

    answers = [created, got, updated, page, last, fields]
    assert [answer.status for answer in answers] == [201, 200, 200, 200, 200, 200]
    assert [answer.departures() for answer in answers] == [[]] * 6
    assert (len(page.body["data"]), len(last.body["data"]), last.body["nextPageToken"]) == (1, 1, None)
    deleted = await ask("deleteContact_v1", contact["id"])
    assert (deleted.status, deleted.body, DOCUMENT["answers"]["deleteContact_v1"]["204"]) == (204, "", None)


@pytest.mark.parametrize("ask", [{}, {"bare_dates": True}], indirect=True)
async def test_measured_that_dates_come_back_in_a_form_that_is_not_the_documented_one(ask: Asker) -> None:
    created = await ask("createContact_v1", json=DATED)

    assert created.departures() == ["data/customFields/0 anyOf"]


# Errors as documented


@pytest.mark.parametrize("operation", Asker.CALLS)
@pytest.mark.parametrize(("fault", "status"), [("403", 403), ("500_before", 500)])
async def test_what_is_forbidden_or_broken_is_as_documented(
    ask: Asker, operation: str, fault: FaultKind, status: int
) -> None:
    ask.sandbox.faults.next(fault)
    answer = await ask(operation)

    assert (answer.status, answer.departures()) == (status, [])


@pytest.mark.parametrize("operation", ["getContactById_v1", "updateContactById_v1", "deleteContact_v1"])
async def test_a_contact_that_is_not_there_is_as_documented(ask: Asker, operation: str) -> None:
    answer = await ask(operation, json=SPARE)

    assert (answer.status, answer.departures()) == (404, [])


async def test_a_conflict_is_as_documented(ask: Asker) -> None:
    await ask("createContact_v1", json=FULL)
    doubled = await ask("createContact_v1", json=FULL)
    (other,) = ask.sandbox.seed([{"firstName": "Eve"}])
    updated = await ask("updateContactById_v1", other, json=FULL)

    assert [(answer.status, answer.departures()) for answer in (doubled, updated)] == [(409, [])] * 2


@pytest.mark.parametrize("item", [{"key": "unknown", "value": "x"}, {"key": "notes", "value": 5}, {"key": "notes"}])
async def test_a_custom_field_that_is_wrong_is_as_documented(ask: Asker, item: dict[str, Any]) -> None:
    (id,) = ask.sandbox.seed([{"firstName": "Eve"}])
    wrong = SPARE | {"customFields": [item]}
    answers = [await ask("createContact_v1", json=wrong), await ask("updateContactById_v1", id, json=wrong)]

    assert [(answer.status, answer.departures()) for answer in answers] == [(400, [])] * 2


async def test_a_refused_question_for_custom_fields_is_as_documented(ask: Asker) -> None:
    ask.sandbox.faults.next("400_refuse")
    answer = await ask("getContactCustomFields_v1")

    assert (answer.status, answer.departures()) == (400, [])


# Errors that depart from the document


async def test_guessed_that_other_mistakes_about_contacts_have_a_code_of_their_own(ask: Asker) -> None:
    """The one 400 that is documented speaks of custom fields. The shape is the documented one."""
    (id,) = ask.sandbox.seed([{"firstName": "Eve"}])
    answers = [
        await ask("createContact_v1", json={}),
        await ask("updateContactById_v1", id, json={"externalId": ""}),
        await ask("listContacts_v1"),
    ]

    assert {answer.status for answer in answers} == {400}
    for answer in answers:
        assert answer.departures() == ["code const", "required description", "title const"]
        assert (answer.body["code"], answer.body["title"]) == ("0800400", "Bad Request")


@pytest.mark.parametrize("operation", Asker.CALLS)
async def test_measured_that_a_wrong_key_is_told_by_the_gateway_in_a_shape_of_its_own(
    ask: Asker, operation: str
) -> None:
    answer = await ask(operation, key="wrong")

    assert (answer.status, answer.departures()) == (401, [f"required {name}" for name in ERROR])
    assert set(answer.body["error"]) == {"message", "key", "trace"}


@pytest.mark.parametrize("operation", Asker.CALLS)
@pytest.mark.parametrize(("fault", "status"), [("429", 429), ("down", 503), ("html_502", 502)])
async def test_the_document_says_nothing_of_a_gateway_that_is_busy_or_broken(
    ask: Asker, operation: str, fault: FaultKind, status: int
) -> None:
    ask.sandbox.faults.next(fault)
    answer = await ask(operation)

    assert answer.status == status
    assert str(status) not in DOCUMENT["answers"][operation]
    if fault == "html_502":
        assert answer.body.startswith("<html>")
    else:
        assert set(answer.body["error"]) == {"message", "key", "trace"}
