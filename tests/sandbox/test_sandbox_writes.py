"""The sandbox over real HTTP: what is known of creates, updates and custom fields holds of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.sandbox_workspace import CONTACTS, Workspace, body, open_workspace


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as opened:
        yield opened


# Create


async def test_a_created_contact_comes_back_whole(workspace: Workspace) -> None:
    answer = await workspace.create(
        sourceUrl="https://crm.example.com/c/1",
        defaultFields={"company": "Acme", "phoneNumbers": [{"name": "mobile", "value": "+15555555555"}]},
    )
    contact = answer.json["data"]

    assert answer.status == 201
    assert contact["externalId"] == "c1"
    assert (contact["source"], contact["sourceUrl"]) == ("public-api", "https://crm.example.com/c/1")
    assert set(contact["defaultFields"]) == {"company", "emails", "firstName", "lastName", "phoneNumbers", "role"}
    (phone,) = contact["defaultFields"]["phoneNumbers"]
    assert (phone["name"], phone["value"], bool(phone["id"])) == ("mobile", "+15555555555", True)
    assert {"createdAt", "updatedAt", "createdByUserId", "customFields"} <= set(contact)
    assert workspace.sandbox.by_external_id("c1") == [contact]


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({}, "/defaultFields"),
        ({"defaultFields": {"lastName": "Doe"}}, "/defaultFields/firstName"),
        (body(defaultFields={"role": 7}), "/defaultFields/role"),
        (body(defaultFields={"phoneNumbers": [{"value": "+15555555555"}]}), "/defaultFields/phoneNumbers/0/name"),
        (body(defaultFields={"emails": [{"name": "work"}]}), "/defaultFields/emails/0/value"),
        (body(defaultFields={"emails": [{"name": "work", "value": "ann"}]}), "/defaultFields/emails/0/value"),
        (
            body(defaultFields={"phoneNumbers": [{"name": "m", "value": "(555) 555-5555"}]}),
            "/defaultFields/phoneNumbers/0/value",
        ),
        (body("x" * 76), "/externalId"),
        (body(""), "/externalId"),
        (body(source="s" * 73), "/source"),
        (body(source="csv-import"), "/source"),
        (body(source="other"), "/source"),
        (body(sourceUrl="no uri"), "/sourceUrl"),
        (body(sourceUrl="https://example.com/" + "x" * 200), "/sourceUrl"),
        (body(sourceUrl="https://example.com/é"), "/sourceUrl"),
        (body(sourceUrl="https://example.com/100%"), "/sourceUrl"),
        (body(sourceUrl="https://example.com/{id}"), "/sourceUrl"),
        (body(createdByUserId="me"), "/createdByUserId"),
        (body(customFields={"tags": ["a"]}), "/customFields"),
        ([], ""),
    ],
)
async def test_a_create_that_breaks_a_rule_is_a_400_that_says_where(workspace: Workspace, sent: Any, path: str) -> None:
    answer = await workspace.call("POST", CONTACTS, json=sent)

    assert answer.status == 400
    assert [error["path"] for error in answer.json["errors"]] == [path]
    assert workspace.sandbox.contacts == {}


@pytest.mark.parametrize(
    "address", ["https://[2001:db8::1]:8080/a?b=c&d=%20#e", "crm:contact/1", "https://ann@x.com/~a"]
)
async def test_every_uri_will_do_for_a_source_url(workspace: Workspace, address: str) -> None:
    assert (await workspace.create(sourceUrl=address)).status == 201


async def test_a_create_takes_json_by_its_name_and_no_ids_of_items(workspace: Workspace) -> None:
    phone = {"name": "mobile", "value": "+15555555555", "id": "mine"}
    contact = (await workspace.create(defaultFields={"phoneNumbers": [phone]})).json["data"]
    unnamed = await workspace.call("POST", CONTACTS, data=json.dumps(body("c2")))

    assert contact["defaultFields"]["phoneNumbers"][0]["id"] != "mine"
    assert unnamed.status == 400


async def test_an_external_id_in_use_is_a_409_that_names_no_field(workspace: Workspace) -> None:
    await workspace.create()
    doubled = await workspace.create()
    other = (await workspace.create("c2")).json["data"]

    assert (doubled.status, doubled.json["code"], "errors" in doubled.json) == (409, "0800409", False)
    assert (await workspace.patch(other["id"], {"externalId": "c1"})).status == 409
    assert len(workspace.sandbox.contacts) == 2


async def test_doubles_are_accepted_where_the_workspace_accepts_them() -> None:
    async with open_workspace(accept_doubles=True) as workspace:
        assert [(await workspace.create()).status for _ in range(2)] == [201, 201]
        assert len(workspace.sandbox.by_external_id("c1")) == 2


async def test_contacts_may_share_a_number_and_lack_an_external_id(workspace: Workspace) -> None:
    phone = {"phoneNumbers": [{"name": "m", "value": "+15555555555"}] * 2}

    assert [(await workspace.create(None, defaultFields=phone)).status for _ in range(2)] == [201, 201]


# Custom fields


VALUES = {
    "inbound-lead": True,
    "tags": ["a", "b", "c"],
    "address": "1 Main St",
    "notes": "n",
    "website": "example.com",
    "contract-value": 12.5,
    "customer-since": "2026-03-01T02:00:00+02:00",
}


async def test_the_fields_are_told_and_their_values_come_back_as_the_api_gives_them(workspace: Workspace) -> None:
    fields = (await workspace.call("GET", "/v1/contact-custom-fields")).json["data"]
    sent = [{"key": key, "value": value} for key, value in VALUES.items()]
    values = (await workspace.create(customFields=sent)).json["data"]["customFields"]

    assert {each["type"] for each in fields} == {
        "address", "boolean", "date", "multi-select", "number", "string", "url"
    }  # fmt: skip
    assert [{k: item[k] for k in ("name", "key", "type")} for item in values] == fields
    held = {item["key"]: item["value"] for item in values}
    assert sorted(held.pop("tags")) == ["a", "b", "c"]
    assert held == {k: v for k, v in VALUES.items() if k != "tags"} | {"customer-since": "2026-03-01T00:00:00.000+0000"}


async def test_multi_selects_come_back_in_any_order(workspace: Workspace) -> None:
    contact = (await workspace.create(customFields=[{"key": "tags", "value": list("abcdefgh")}])).json["data"]
    orders = set()
    for _ in range(10):
        shown = (await workspace.call("GET", f"{CONTACTS}/{contact['id']}")).json["data"]
        orders.add(tuple(shown["customFields"][0]["value"]))

    assert len(orders) > 1


async def test_dates_come_back_bare_where_the_workspace_does_so() -> None:
    async with open_workspace(bare_dates=True) as workspace:
        sent = [{"key": "customer-since", "value": "2026-03-01T00:00:00.000Z"}]
        contact = (await workspace.create(customFields=sent)).json["data"]

        assert contact["customFields"][0]["value"] == "2026-03-01"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("unknown", "x"),
        ("Notes", "the name is not the key"),
        ("notes", 5),
        ("inbound-lead", "true"),
        ("contract-value", "12"),
        ("contract-value", True),
        ("tags", "a"),
        ("tags", [1]),
        ("customer-since", "2026-03-01"),
        ("customer-since", "2026-02-30T00:00:00Z"),
        ("customer-since", "2026-03-01T00:00:00.000+0000"),
    ],
)
async def test_a_wrong_key_or_type_is_a_400_of_its_own_code(workspace: Workspace, key: str, value: Any) -> None:
    answer = await workspace.create(customFields=[{"key": key, "value": value}])

    assert (answer.status, answer.json["code"]) == (400, "0801400")


async def test_a_null_clears_a_custom_field_and_numbers_are_json(workspace: Workspace) -> None:
    contact = (await workspace.create(customFields=[{"key": "notes", "value": None}])).json["data"]
    broken = await workspace.call("POST", CONTACTS, data='{"defaultFields": {"firstName": "A"}, "customFields": [NaN]}')

    assert contact["customFields"] == []
    assert broken.status == 400


# Update


async def test_a_patch_deletes_what_it_leaves_out_but_texts(workspace: Workspace) -> None:
    phone = {"name": "mobile", "value": "+15555555555"}
    contact = (
        await workspace.create(
            source="crm",
            sourceUrl="https://crm.example.com/1",
            defaultFields={"lastName": "Doe", "role": "CEO", "phoneNumbers": [phone], "emails": []},
            customFields=[{"key": "notes", "value": "n"}],
        )
    ).json["data"]

    answer = await workspace.patch(contact["id"], {"defaultFields": {"firstName": "Eve", "role": None}})

    assert answer.status == 200
    patched = answer.json["data"]
    assert patched["defaultFields"] == {
        "firstName": "Eve", "lastName": "Doe", "company": None, "role": None, "phoneNumbers": [], "emails": []
    }  # fmt: skip
    assert [patched[name] for name in ("externalId", "source", "sourceUrl", "customFields")] == [None, None, None, []]
    assert (patched["id"], patched["createdAt"]) == (contact["id"], contact["createdAt"])
    assert workspace.sandbox.by_external_id("c1") == []


async def test_a_patch_has_limits_of_its_own(workspace: Workspace) -> None:
    (contact,) = workspace.sandbox.seed([{"firstName": "Ann"}])
    phone = {"name": "mobile", "value": "+15555555555", "id": ["a list"]}
    numbered = await workspace.patch(contact, {"defaultFields": {"phoneNumbers": [phone]}})

    assert [(await workspace.patch(contact, {"source": "s" * length})).status for length in (75, 76)] == [200, 400]
    assert [error["path"] for error in numbered.json["errors"]] == ["/defaultFields/phoneNumbers/0/id"]


async def test_a_patch_with_another_items_id_is_refused(workspace: Workspace) -> None:
    phones = [{"name": "mobile", "value": "+15555555555"}]
    contact = (await workspace.create(defaultFields={"phoneNumbers": phones})).json["data"]
    held = contact["defaultFields"]["phoneNumbers"]
    refused = await workspace.patch(contact["id"], {"defaultFields": {"phoneNumbers": [{**phones[0], "id": "other"}]}})
    accepted = await workspace.patch(contact["id"], {"defaultFields": {"phoneNumbers": held}})

    assert (refused.status, refused.json["message"]) == (400, "Item with ID other does not match")
    assert accepted.json["data"]["defaultFields"]["phoneNumbers"] == held


async def test_a_strict_workspace_refuses_every_item_id() -> None:
    async with open_workspace(refuse_item_ids=True) as workspace:
        contact = (await workspace.create(customFields=[{"key": "notes", "value": "n"}])).json["data"]

        assert (await workspace.patch(contact["id"], {"customFields": contact["customFields"]})).status == 400
