"""What a random history is played on: one sync, its source, by accident or not, runs, and what they must show."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import yaml
from click.testing import CliRunner
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from sync.cli.main import main
from sync.clock import Clock
from sync.sandbox import FaultKind
from tests.connectors.test_crm_run import served
from tests.support.accidents import COLUMNS_WRITTEN, Accident, Table
from tests.support.history_model import MAX_REWRITES, Model, row_of
from tests.support.workbench import SYNC, Result, hurried, workbench

KEYS = st.integers(1, 9)
MEANT = ("--max-deletes", "100%", "--max-rewrites", "100%")
PAGE = 3


class HistoryBench(RuleBasedStateMachine):
    """One sync with a handful of rows. Row 0 is always there: a source without rows deletes nothing.

    ``postgres``: gives the address of an empty database; without it every state is a file.
    """

    figures: ClassVar[dict[str, int]] = {}
    postgres: ClassVar[Any] = None

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.model = Model()
        self.accident: Accident | None = None
        self.met: list[int] = []
        self.refused = False
        self.offset = 0.0
        self.state_url: str | None = None
        self.other_state: Path | None = None
        self.name = "customers"
        self.slips = False
        self.forgot = False

    @initialize(
        doubles=st.booleans(),
        demanding=st.booleans(),
        lag=st.sampled_from([0.0, 0.1]),
        paged=st.booleans(),
        match=st.booleans(),
        shared=st.booleans(),
        first=st.sets(KEYS, min_size=3),
    )
    def open(
        self, doubles: bool, demanding: bool, lag: float, paged: bool, match: bool, shared: bool, first: set[int]
    ) -> None:
        self.folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.bench = self.stack.enter_context(
            workbench(self.folder, wait=0.15, accept_doubles=doubles, require_external_ids=demanding, list_lag=lag)
        )
        self.bench.hurry = 1 / 100
        self.bench.clock = Clock(now=lambda: time.time() + self.offset)
        self.match = match and not demanding  # where nobody without externalIds is listed, nobody is taken over
        self.crm = self.stack.enter_context(served(records=[], size=PAGE)) if paged else None
        if self.crm is not None:
            self.crm.rewrite = self.turn_the_page
        if shared and self.postgres is not None:
            self.state_url = self.postgres()
        self.bench.sandbox.seed([{"externalId": "theirs", "firstName": "Ann"}, {"firstName": "Bob"}])
        self.model.people |= {number: row_of(number) for number in first}
        self.configure()
        self.count("histories")

    def teardown(self) -> None:
        self.stack.close()

    def broken_run(self, kind: FaultKind, methods: set[str], every: int, after: int = 0) -> None:
        self.write()
        self.bench.sandbox.faults.every(every, kind, methods, times=6, after=after)
        result = self.bench.run()
        self.bench.sandbox.faults.clear()
        usual = {0, 1, 3, 4} | (self.accident.exits if self.accident else set())
        assert result.exit in usual, told(result)
        assert "Traceback" not in result.stderr
        met = sum(1 for request in self.bench.sandbox.requests if request.fault)
        self.refused = self.refused or (kind == "400_refuse" and bool(met))
        self.model.in_step = None
        self.count("faults", met)

    def settle(self, *options: str) -> None:
        """Runs until all is in step; what a limit stops is meant."""
        looks = (*options, *(["--verify"] if self.refused or self.model.drifted or not self.model.home else []))
        for _ in range(5):
            self.write()
            result = self.same_as_the_dry_run(*looks)
            if result.exit == 4:
                self.write()
                result = self.same_as_the_dry_run(*looks, *MEANT)
                self.count("limits passed")
            if result.exit == 0 and not result.counts.get("waiting"):
                break
        assert result.exit == 0, told(result)
        if looks:
            self.refused = False
            self.model.drifted.clear()
        wrong = self.wrong()
        assert wrong == [], (wrong, told(result))
        self.model.settled(self.bench.sandbox.contacts)

    def after_a_whole_run(self, result: Result) -> None:
        wrong = self.wrong()
        assert wrong == [], (wrong, told(result))
        self.in_step()
        if not self.model.drifted:
            self.model.settled(self.bench.sandbox.contacts)

    def in_step(self) -> None:
        """One more run has nothing to do and asks next to nothing."""
        self.bench.sandbox.forget_requests()
        result = self.bench.run()
        self.count("runs")
        assert (result.exit, result.counts) == (0, {"unchanged": len(self.model.people)}), told(result)
        assert self.bench.sandbox.writes() == []
        assert len(self.bench.sandbox.requests) <= 2

    def same_as_the_dry_run(self, *options: str) -> Result:
        """A run, and that it is what a dry run said."""
        dry = self.bench.run("--dry-run", *options)
        assert self.bench.sandbox.writes() == []
        result = self.bench.run(*options)
        self.count("dry runs")
        assert seen(dry) == seen(result), (told(dry), told(result))
        assert "Traceback" not in dry.stderr + result.stderr
        return result

    def rekey(self, faults: bool) -> None:
        self.other_state = None
        self.write()
        dry = self.command("state", "rekey", self.name, "--dry-run")
        if faults:
            self.bench.sandbox.faults.every(2, "drop_after", {"PATCH"}, times=4)
            self.command("state", "rekey", self.name)
            self.bench.sandbox.faults.clear()
        result = self.command("state", "rekey", self.name)
        assert (dry.exit, result.exit) == (0, 0), (told(dry), told(result))
        if not faults:
            assert seen(dry) == seen(result), (told(dry), told(result))
        assert self.wrong() == []
        self.model.settled(self.bench.sandbox.contacts)
        self.in_step()
        self.count("rekeys")

    def lists_settle(self) -> None:
        time.sleep(0.1)  # a lost state is no reason to look before the lists have settled

    def another_state(self) -> None:
        self.forgot = True
        self.model.drifted |= set(self.model.people)
        self.model.in_step = None
        self.model.home = {}
        self.refused = False

    def contacts_of(self, number: int) -> list[dict[str, Any]]:
        return self.bench.sandbox.by_external_id(self.model.key_of(number))

    def wrong(self) -> list[str]:
        return self.model.wrong(self.bench.sandbox.contacts)

    def unharmed(self) -> None:
        assert self.model.harm(self.bench.sandbox.contacts) == []

    def configure(self) -> None:
        source: dict[str, Any]
        if self.crm is not None:
            columns = {column: f'"{column}"' for column in COLUMNS_WRITTEN}
            paging = {"type": "next", "next": "links.next"}
            source = {"type": "crm", "url": f"{self.crm.url}/next", "records": "data", "paging": paging}
            source |= {"columns": columns, "requests_per_second": 1000, "retries": 0}
        else:
            source = {"type": "csv", "path": "customers.csv"}
        fields = dict(SYNC["fields"]) | {"phoneNumbers": {self.model.label: "phone"}}
        sync = dict(SYNC) | {"source": source, "fields": fields, "key": self.model.key, "key_prefix": self.model.prefix}
        sync |= {"max_rewrites": MAX_REWRITES}
        if self.match:
            sync |= {"match_on": ["phoneNumbers", "emails"]}
        state = {"state": self.state_url} if self.state_url else {}
        whole = {"openphone": self.bench.openphone, "syncs": {self.name: sync}, **state}
        self.bench.config.write_text(yaml.safe_dump(whole))

    def write(self) -> None:
        """The source as it is now, by accident or not."""
        self.model.note()
        rows = self.model.rows()
        table = Table(rows, COLUMNS_WRITTEN)
        if self.accident is not None:
            table = self.accident.happen(rows, self.model.key, self.met)
        if self.crm is not None:
            self.crm.records = [{name: row[name] for name in table.columns} for row in table.rows]
        else:
            self.bench.source.write_bytes(table.text())
        self.bench.sandbox.forget_requests()
        self.count("runs")

    def turn_the_page(self, page: int, body: dict[str, Any]) -> dict[str, Any]:
        """What the CRM answers; where pages slip, its records move once the first page is out."""
        if self.slips and self.crm is not None and page == 1:
            whole = self.model.rows()
            self.crm.records = [*whole[1:], whole[0]]
            body["data"] = whole[:PAGE]
        return body

    def cut_connections(self) -> None:
        import psycopg

        assert self.state_url is not None
        with psycopg.connect(self.state_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def command(self, *words: str) -> Result:
        around = hurried(self.bench.list_lag, self.bench.hurry)
        arguments = [*words, "-c", str(self.bench.config), "--output", "json"]
        done = CliRunner(catch_exceptions=False).invoke(main, arguments, obj=around)
        return Result(done.exit_code, done.stdout, done.stderr)

    def count(self, name: str, more: int = 1) -> None:
        self.figures[name] = self.figures.get(name, 0) + more


def seen(result: Result) -> dict[str, Any]:
    """What a run says that a dry run must say as well. Look-alikes are looked for more widely by a dry run."""
    report = result.sync
    changes = [
        {name: value for name, value in change.items() if name != "contact_id" or change["action"] != "create"}
        for change in report["changes"]
    ]
    warnings = [warning for warning in report["warnings"] if warning["kind"] != "look_alike"]
    told = {name: report[name] for name in ("name", "counts", "error")}
    lists = {"changes": changes, "problems": report["problems"], "warnings": warnings}
    in_order = {name: sorted(map(json.dumps, found)) for name, found in lists.items()}  # they come as they are done
    return {"exit": result.exit, **told, **in_order}


def told(result: Result) -> list[Any]:
    """What a failure of a history shows of a run."""
    if not result.stdout:
        return [result.exit, result.stderr]
    report = result.sync
    changes = [(change["action"], change["external_id"], change["fields"]) for change in report["changes"]]
    return [result.exit, report["error"], result.counts, changes, report["problems"], report["warnings"]]
