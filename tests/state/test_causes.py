"""What is said when a state cannot be used: each cause its own advice, and no cause another's."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from sync.state.address import StateError, errors_named
from sync.state.store import State


def said(url: str, *, read_only: bool = False) -> str:
    with pytest.raises(StateError) as raised:
        State.open(url, read_only=read_only).close()
    text = str(raised.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert "s3cr3t" not in text
    return text


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("name,phone\n" * 300)
    text = said(f"sqlite:///{tmp_path / 'state.db'}")
    assert "it is no state: the file is something else" in text
    assert "Name another file" in text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), ("the disk is full", "Make room")),
        (OSError(errno.EROFS, "Read-only file system"), ("the file system is read-only", "Mount it writable")),
        (OSError(errno.EACCES, "Permission denied"), ("read-only for this user", "the right to write there")),
        (sqlite3.OperationalError("database or disk is full"), ("the disk is full", "Make room")),
        (sqlite3.OperationalError("attempt to write a readonly database"), ("read-only for this user",)),
        (sqlite3.OperationalError("unable to open database file"), ("cannot be opened", "its folder is there")),
        (sqlite3.DatabaseError("database disk image is malformed"), ("cannot be used", "restore a copy")),
    ],
)
def test_each_cause_has_its_advice(error: Exception, words: tuple[str, ...]) -> None:
    with pytest.raises(StateError) as raised, errors_named("state.db"):
        raise error
    for word in words:
        assert word in str(raised.value)
    assert ("restore a copy" in str(raised.value)) == ("restore a copy" in words)


def test_another_program_that_holds_it_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    State.open(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as other, closing(sqlite3.connect(path, timeout=0)) as mine:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StateError, match=r"another program has held it.*Run again"), errors_named(str(path)):
            mine.execute("SELECT * FROM runs")


def changed(url: str, **parts: object) -> str:
    return sa.make_url(url).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]


def test_each_refusal_of_a_server_has_its_advice(postgres: str) -> None:
    assert "nothing answers there" in said(changed(postgres, port=9))
    assert "Check that PostgreSQL runs" in said(changed(postgres, port=9))
    assert "the user or the password is wrong" in said(changed(postgres, password="wr0ng"))
    assert "the server has no such database" in said(changed(postgres, database="nowhere"))
    assert "there is no such host" in said(changed(postgres, host="nobody.invalid"))
    for text in (said(changed(postgres, port=9)), said(changed(postgres, database="nowhere"))):
        assert "move it away" not in text


def test_a_user_without_rights_is_told_which_to_ask_for(postgres_state: str) -> None:
    engine = sa.create_engine(changed(postgres_state, drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS guest")
        connection.exec_driver_sql("CREATE ROLE guest LOGIN PASSWORD 's3cr3t'")
        connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        text = said(changed(postgres_state, username="guest", password="s3cr3t"))
    engine.dispose()
    assert "this user may not do that there" in text
    assert "GRANT CREATE, USAGE ON SCHEMA public" in text
