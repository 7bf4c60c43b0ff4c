"""Mistakes in the configuration: one clear message and exit 2, whichever command meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from sync.cli.main import main
from tests.support.commands import command, in_json
from tests.support.workbench import Workbench, people, workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        made.write(people(3))
        yield made


Change = Callable[[dict[str, Any]], Any]
MISTAKES: dict[str, tuple[Change, str]] = {
    "no workspace": (lambda c: c.pop("openphone"), "openphone"),
    "no syncs": (lambda c: c.pop("syncs"), "syncs"),
    "empty syncs": (lambda c: c.update(syncs={}), "syncs"),
    "a misspelt key": (lambda c: c.update(sinks=1), "sinks"),
    "a misspelt option": (lambda c: c["syncs"]["customers"].update(max_delets=3), "max_deletes"),
    "an unknown source": (lambda c: c["syncs"]["customers"]["source"].update(type="cvs"), "csv"),
    "no source": (lambda c: c["syncs"]["customers"].pop("source"), "source"),
    "no key": (lambda c: c["syncs"]["customers"].pop("key"), "key"),
    "no first name": (lambda c: c["syncs"]["customers"]["fields"].pop("firstName"), "firstName"),
    "a limit of words": (lambda c: c["syncs"]["customers"].update(max_deletes="a few"), "a few"),
    "a negative limit": (lambda c: c["syncs"]["customers"].update(max_deletes=-1), "max_deletes"),
    "a reserved source": (lambda c: c["syncs"]["customers"].update(source_label="csv"), "source_label"),
    "an unknown region": (lambda c: c["syncs"]["customers"].update(region="XX"), "region"),
    "a wrong choice": (lambda c: c["syncs"]["customers"].update(on_missing="purge"), "purge"),
    "an address without a scheme": (lambda c: c["openphone"].update(base_url="api.openphone.com"), "base_url"),
    "no requests a second": (lambda c: c["openphone"].update(requests_per_second=0), "requests_per_second"),
    "a variable that is not set": (lambda c: c["openphone"].update(base_url="${NO_SUCH_VARIABLE}"), "NO_SUCH_VARIABLE"),
    "a template left open": (
        lambda c: c["syncs"]["customers"]["fields"].update(role={"template": "{title"}),
        "template",
    ),
    "a schedule that is none": (lambda c: c["syncs"]["customers"].update(schedule="hourly"), "hourly"),
    "a list instead of options": (lambda c: c["syncs"].update(customers=[1]), "customers"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("name", ["run", "check", "status"])
def test_a_mistake_is_one_clear_message_and_exit_2(bench: Workbench, mistake: str, name: str) -> None:
    change, said = MISTAKES[mistake]
    content = yaml.safe_load(bench.config.read_text())
    change(content)
    bench.config.write_text(yaml.safe_dump(content))
    result = command(bench, name)
    assert result.exit == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert str(bench.config) in result.stderr
    assert "Traceback" not in result.stderr
    assert in_json(bench, name).document["error"]
    assert bench.sandbox.requests == []


@pytest.mark.parametrize("text", ["", "openphone: [", "\t- x", "just words", "a: 1\na: 2"])
def test_what_is_no_configuration_is_exit_2(bench: Workbench, text: str) -> None:
    bench.config.write_text(text)
    result = command(bench, "run")
    assert result.exit == 2
    assert str(bench.config) in result.stderr


def test_a_sync_that_does_not_exist_is_named_with_those_that_do(bench: Workbench) -> None:
    for name in ("run", "check"):
        result = command(bench, name, "custmers")
        assert result.exit == 2
        assert "'custmers'" in result.stderr
        assert "customers" in result.stderr


def test_the_configuration_can_be_named_by_the_environment(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENPHONE_SYNC_CONFIG", str(bench.config))
    assert CliRunner(catch_exceptions=False).invoke(main, ["check"]).exit_code == 0
