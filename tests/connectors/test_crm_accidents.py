"""Accidents of a CRM through whole runs: marks that move, odd rows, columns that no record has, odd connectors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner

from connectors.base import Row
from connectors.crm import CrmConnector
from sync.cli.main import main
from tests.connectors.test_crm_run import configure, served
from tests.support.crm_server import people
from tests.support.workbench import Result, Workbench, workbench

INCREMENTAL = {"param": "updated_since", "overlap": "5m"}


def checked(bench: Workbench) -> Result:
    """``check``, as JSON."""
    done = CliRunner().invoke(main, ["check", "-c", str(bench.config), "--output", "json"])
    return Result(done.exit_code, done.stdout, done.stderr)


def test_one_contact_without_a_first_name_leaves_incremental_reading_on(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server, incremental=INCREMENTAL)
        server.records[3]["name"]["first"] = None
        first = bench.run()
        assert (first.exit, first.counts) == (3, {"created": 24, "rejected": 1}), first.error
        everyone = list(server.records)

        server.records[:] = people(2)
        server.records[0]["name"]["last"] = "Changed"
        server.seen.clear()
        second = bench.run()
        assert "updated_since" in server.seen[-1].query
        assert second.counts == {"updated": 1, "unchanged": 1, "rejected": 1}
        assert second.exit == 3  # the row is wrong still, and is named until it comes again
        assert second.reasons("rejected") == first.reasons("rejected")
        assert second.sync["problems"][0]["external_id"] == "4"

        dry = bench.run("--dry-run")
        assert dry.sync["problems"] == second.sync["problems"]

        everyone[3]["name"]["first"] = "Known by now"
        server.records[:] = [everyone[3]]
        third = bench.run()
        assert (third.exit, third.counts) == (0, {"created": 1})
        server.records[:] = []
        assert bench.run().exit == 0
        assert len(bench.sandbox.contacts) == 25


def test_a_rejected_row_that_goes_is_forgotten_with_it(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server, incremental=INCREMENTAL)
        server.records[3]["name"]["first"] = None
        assert bench.run().exit == 3
        server.records[:] = [{**server.records[3], "archived": True}]
        assert bench.run().exit == 0


def test_a_row_that_openphone_refused_leaves_incremental_reading_on_too(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server, incremental=INCREMENTAL)
        bench.sandbox.faults.next("400_refuse", methods=["POST"], reason="No more contacts")
        first = bench.run()
        refused = int(first.sync["problems"][0]["external_id"])
        assert first.exit == 3
        assert first.counts == {"created": 24, "failed": 1}, first.sync["problems"]
        everyone = people(25)
        server.records[:] = [each for each in everyone if each["id"] != refused][:1]
        server.seen.clear()
        second = bench.run()
        assert "updated_since" in server.seen[-1].query
        assert second.counts == {"unchanged": 1, "failed": 1}
        assert "No more contacts" in second.reasons("failed")[0]
        everyone[refused - 1]["name"]["last"] = "Changed"
        server.records[:] = [everyone[refused - 1]]
        third = bench.run()
        assert (third.exit, third.counts) == (0, {"created": 1})


def test_an_odd_cell_rejects_its_row_alone_and_its_contact_stays(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server, filter="contains(tags, 'vip')", deleted=None)
        for record in server.records:
            record["tags"] = ["vip"]
        assert bench.run().counts == {"created": 25}
        server.records[3]["name"]["last"] = {"error": "#ERROR!"}
        server.records[5]["tags"] = None
        server.records[7]["id"] = {"$oid": "abc"}
        odd = bench.run()
        assert odd.exit in (3, 4)
        assert odd.sync["counts"]["unchanged"] == 22
        assert odd.sync["counts"]["rejected"] == 3
        assert odd.sync["counts"]["deleted"] == 0
        assert len(bench.sandbox.contacts) == 25
        problems = {
            problem["external_id"]: problem for problem in odd.sync["problems"] if problem["kind"] == "rejected"
        }
        assert "finds an object with 'error'" in problems["4"]["reason"]
        assert problems["4"]["column"] == "last"
        assert "'filter' cannot be told" in problems["6"]["reason"]
        assert "finds an object with '$oid'" in problems[None]["reason"]


@pytest.mark.parametrize("columns", [{"mobile": "phonez[0].number"}, {"mobile": "mobil"}])
def test_a_column_that_no_record_has_is_exit_2_and_check_says_so(tmp_path: Path, columns: dict[str, str]) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server)
        bench.configure(max_updates="100%")
        assert bench.run().counts == {"created": 25}
        configure(
            bench,
            server,
            columns={"id": "id", "first": "name.first", "last": "name.last", "emails": "emails[].value", **columns},
        )
        for result in (bench.run(), bench.run("--dry-run")):
            assert result.exit == 2
            assert (
                f"column 'mobile' (syncs.customers.fields.phoneNumbers.mobile) looks for {columns['mobile']}"
                in result.error
            )
        check = checked(bench)
        assert check.exit == 2
        assert "which no record has" in check.document["syncs"][0]["problems"][0]
        phones = [contact["defaultFields"]["phoneNumbers"] for contact in bench.sandbox.contacts.values()]
        assert all(phones)


def test_check_asks_for_page_two(tmp_path: Path) -> None:
    with served(next_origin="http://crm.internal:8080") as server, workbench(tmp_path) as bench:
        configure(bench, server)
        check = checked(bench)
        assert check.exit == 1
        assert "keep_origin: true" in check.document["syncs"][0]["problems"][0]
        configure(bench, server, paging={"type": "next", "next": "links.next", "keep_origin": True})
        assert checked(bench).exit == 0
        assert bench.run().counts == {"created": 25}


def test_check_keeps_the_token_that_the_crm_gave(tmp_path: Path) -> None:
    number = [0]

    def grant(form: dict[str, str]) -> web.Response:
        if form["refresh_token"] != f"refresh-token-{number[0]}":
            return web.json_response({"error": "invalid_grant"}, status=400)
        number[0] += 1
        return web.json_response({"access_token": "access-token", "refresh_token": f"refresh-token-{number[0]}"})

    with served(token_answer=grant) as server, workbench(tmp_path) as bench:
        auth = {
            "type": "oauth2", "client_id": "me", "client_secret": "s3cr3t-value", "token_url": f"{server.url}/token",
            "refresh_token": "refresh-token-0",
        }  # fmt: skip
        configure(bench, server, auth=auth)
        del bench.syncs["customers"]["source"]["token"]
        bench.configure()
        assert checked(bench).exit == 0
        assert bench.run("--dry-run").exit == 0
        run = bench.run()
        assert (run.exit, run.counts) == (0, {"created": 25}), run.error
        assert number[0] == 3


def test_false_for_empty_is_nothing(tmp_path: Path) -> None:
    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server)
        server.records[0]["name"]["last"] = False
        server.records[1]["phones"][1]["number"] = False
        server.records[2]["emails"] = [{"value": False}]
        server.records[3]["id"] = False
        run = bench.run()
        assert run.counts == {"created": 24, "rejected": 1}
        assert run.reasons("rejected") == ["key is empty"]
        held = {contact["externalId"]: contact["defaultFields"] for contact in bench.sandbox.contacts.values()}
        assert not held["1"]["lastName"]
        assert held["2"]["phoneNumbers"] == []
        assert held["3"]["emails"] == []


class Odd(Exception):
    """What nobody foresaw."""


@pytest.mark.parametrize("where", ["__init__", "columns", "read", "read later", "summary"])
def test_whatever_a_connector_raises_is_exit_1_with_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async def read(self: CrmConnector, bookmark: str | None) -> AsyncIterator[Row]:
        if where == "read later":
            yield Row(None, {"id": "1", "first": "A", "last": "B", "mobile": None, "emails": None})
        raise Odd("7 is not a mapping")

    def fails(self: CrmConnector, *_: Any, **__: Any) -> Any:
        raise Odd("7 is not a mapping")

    with served() as server, workbench(tmp_path) as bench:
        configure(bench, server)
        monkeypatch.setattr(CrmConnector, where.split()[0], read if where.startswith("read") else fails)
        for options in ((), ("--dry-run",)):
            run = bench.run(*options)
            assert run.exit == 1
            assert "connector failed unexpectedly (Odd: 7 is not a mapping)" in run.error
            assert run.counts == {} or where == "read later"
        assert bench.sandbox.contacts == {}
        if where in ("__init__", "columns"):
            check = checked(bench)
            assert check.exit == 1
            assert "Odd: 7 is not a mapping" in json.dumps(check.document)
