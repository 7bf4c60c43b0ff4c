"""The sandbox over real HTTP: what is known of access, lists and deletes holds of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.sandbox_workspace import CONTACTS, Workspace, body, open_workspace


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    async with open_workspace() as opened:
        yield opened


# Access


@pytest.mark.parametrize("key", ["Bearer sandbox-key", "wrong", "", "clé"])
async def test_any_other_key_is_a_401_in_the_shape_of_the_gateway(workspace: Workspace, key: str) -> None:
    answer = await workspace.call("GET", "/v1/contact-custom-fields", headers={"Authorization": key})

    assert answer.status == 401
    assert set(answer.json["error"]) == {"message", "key", "trace"}
    assert workspace.sandbox.key not in answer.text


# List


@pytest.mark.parametrize("query", ["", "?maxResults=0", "?maxResults=51", "?maxResults=ten", "?maxResults="])
async def test_a_list_needs_max_results_from_1_to_50(workspace: Workspace, query: str) -> None:
    answer = await workspace.call("GET", CONTACTS + query)

    assert answer.status == 400
    assert answer.json["errors"][0]["path"] == "/maxResults"
    assert {"message", "code", "status", "docs", "title", "trace"} <= set(answer.json)


async def test_pages_follow_one_another_though_contacts_go_in_between(workspace: Workspace) -> None:
    ids = workspace.sandbox.seed({"externalId": f"c{n}", "firstName": "Ann"} for n in range(5))
    seen, token = [], None
    while True:
        query = {"maxResults": "2"} | ({"pageToken": token} if token else {})
        answer = await workspace.call("GET", CONTACTS, params=query)
        seen += [contact["id"] for contact in answer.json["data"]]
        assert answer.json["totalItems"] != 5
        if (token := answer.json["nextPageToken"]) is None:
            break
        if len(seen) == 2:
            workspace.sandbox.remove(ids[0])

    assert seen == ids
    assert (await workspace.list(("pageToken", "nonsense"))).status == 400


async def test_filters_are_repeated_and_a_mistyped_one_lists_everyone(workspace: Workspace) -> None:
    workspace.sandbox.seed({"externalId": f"c{n}", "firstName": "Ann", "source": f"s{n}"} for n in range(3))

    async def found(*query: tuple[str, str]) -> list[str]:
        return [contact["externalId"] for contact in (await workspace.list(*query)).json["data"]]

    assert await found(("externalIds", "c2"), ("externalIds", "c0"), ("externalIds", "c9")) == ["c0", "c2"]
    assert await found(("sources", "s1"), ("sources", "s2")) == ["c1", "c2"]
    assert await found(("externalIds", "c1"), ("sources", "s2")) == []
    assert await found(("externalIds", "c0,c1")) == []
    assert await found(("externalId", "c1")) == ["c0", "c1", "c2"]


@pytest.mark.parametrize("name", ["externalIds", "sources"])
async def test_more_than_20_repeats_are_a_400(workspace: Workspace, name: str) -> None:
    filters = [(name, f"x{n}") for n in range(21)]

    assert (await workspace.list(*filters[:20])).status == 200
    assert (await workspace.list(*filters)).status == 400


async def test_an_older_workspace_lists_nobody_without_external_ids() -> None:
    async with open_workspace(require_external_ids=True) as workspace:
        assert (await workspace.list()).status == 400
        assert (await workspace.list(("externalIds", "c1"))).status == 200


async def test_a_new_contact_comes_late_into_the_lists_but_not_to_a_get() -> None:
    async with open_workspace(list_lag=2.5) as workspace:
        contact = (await workspace.create()).json["data"]

        assert (await workspace.list(("externalIds", "c1"))).json["data"] == []
        assert (await workspace.call("GET", f"{CONTACTS}/{contact['id']}")).json["data"] == contact
        workspace.clock.now += 2.5
        assert (await workspace.list(("externalIds", "c1"))).json["data"] == [contact]


# Delete, and what is not there


async def test_a_deleted_contact_is_gone_for_good(workspace: Workspace) -> None:
    path = f"{CONTACTS}/{(await workspace.create()).json['data']['id']}"

    assert [(await workspace.call("DELETE", path)).status for _ in range(2)] == [204, 404]
    assert (await workspace.call("GET", path)).json["code"] == "0800404"
    assert (await workspace.list()).json["data"] == []
    assert (await workspace.create()).status == 201


@pytest.mark.parametrize("readable", [True, False])
async def test_a_ghost_is_listed_and_answers_404_to_writes(workspace: Workspace, readable: bool) -> None:
    (ghost,) = workspace.sandbox.seed([{"externalId": "c1", "firstName": "Ann"}])
    workspace.sandbox.ghost(ghost, readable=readable)

    assert [contact["id"] for contact in (await workspace.list(("externalIds", "c1"))).json["data"]] == [ghost]
    assert (await workspace.patch(ghost, body())).status == 404
    assert (await workspace.call("DELETE", f"{CONTACTS}/{ghost}")).status == 404
    assert (await workspace.call("GET", f"{CONTACTS}/{ghost}")).status == (200 if readable else 404)
    assert workspace.sandbox.contacts == {}
    assert (await workspace.create()).status == 201


async def test_what_does_not_exist_is_an_error_in_the_services_shape(workspace: Workspace) -> None:
    assert (await workspace.call("GET", "/v1/nothing")).json["status"] == 404
    assert (await workspace.call("PUT", CONTACTS)).json["status"] == 405
