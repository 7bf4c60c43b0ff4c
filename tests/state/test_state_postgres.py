"""The state in PostgreSQL: the same runs, the same lock, for pods without a disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.state.lock import Locked, hold
from tests.support.commands import in_json
from tests.support.workbench import Workbench, people, person, workbench


@pytest.fixture
def url(postgres_state: str) -> str:
    return postgres_state


@pytest.fixture
def bench(tmp_path: Path, url: str) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        text = made.config.read_text()
        made.config.write_text(f"{text}\nstate: {url}\n")
        made.write(people(30))
        yield made


def test_a_whole_history_in_postgresql(bench: Workbench) -> None:
    assert bench.run("--dry-run").counts == {"created": 30}
    first = bench.run()
    assert (first.exit, first.counts) == (0, {"created": 30})
    assert bench.run().counts == {"unchanged": 30}
    bench.write([person(0, company="Moved"), *people(28, start=1), person(40), person(41, phone="12")])
    second = bench.run()
    assert second.counts == {"created": 1, "updated": 1, "deleted": 1, "unchanged": 28, "rejected": 1}
    assert bench.run("--dry-run").counts == {"unchanged": 30, "rejected": 1}
    assert not bench.state.exists()


def test_one_run_holds_a_sync_at_a_time(bench: Workbench, url: str) -> None:
    with hold(url, "customers"):
        assert bench.run().exit == 5
        with pytest.raises(Locked), hold(url, "customers"):
            pass
        with hold(url, "staff"):
            pass
    assert bench.run().exit == 0


def test_the_password_is_in_no_message(bench: Workbench, url: str) -> None:
    bench.config.write_text(bench.config.read_text().replace(url, url.replace("127.0.0.1:", "127.0.0.1:1")))
    result = bench.run()
    assert result.exit in (1, 2)
    assert "s3cr3t" not in result.stdout + result.stderr


def test_contacts_get_other_keys_and_their_sync_another_name(bench: Workbench) -> None:
    bench.run()
    written = bench.config.read_text().replace("  customers:\n", "  clients:\n")
    bench.config.write_text(written)
    assert bench.run().exit == 2
    assert in_json(bench, "state", "rename", "customers", "clients").document["renamed"]["contacts"] == 30
    assert bench.run().counts == {"unchanged": 30}
    bench.config.write_text(written.replace("key: id", "key: id\n    key_prefix: crm-"))
    assert bench.run().exit == 2
    assert in_json(bench, "state", "rekey", "clients").counts == {"updated": 30}
    assert bench.run().counts == {"unchanged": 30}
