"""Text is what it was, in a whole run: encodings that are guessed, files that were cut, words that are no values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import command, in_json
from tests.support.init_bench import run_init, working_folder
from tests.support.workbench import Workbench, people, workbench

HEADER = "id,first,last,company,phone,email,notes\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with workbench(tmp_path) as made:
        yield made


def write(bench: Workbench, names: list[str], encoding: str = "utf-8", *, end: str = "\n") -> None:
    rows = [f"c{n},{name},Kern,,(415) 555-{n:04d},," for n, name in enumerate(names)]
    bench.source.write_bytes((HEADER + "\n".join(rows) + end).encode(encoding))


def firsts(bench: Workbench) -> dict[str, str]:
    return {c["externalId"]: c["defaultFields"]["firstName"] for c in bench.sandbox.contacts.values()}


# --- encodings


def test_one_line_in_another_encoding_stops_the_run_and_renames_nobody(bench: Workbench) -> None:
    write(bench, ["Zoë"] * 30)
    assert bench.run().exit == 0
    bench.source.write_bytes(bench.source.read_bytes() + "x1,José,Ode,,(415) 555-0999,,\n".encode("cp1252"))
    stopped = bench.run()
    assert stopped.exit == 1
    assert "row 32, column 'first'" in stopped.error
    assert set(firsts(bench).values()) == {"Zoë"}
    assert len(firsts(bench)) == 30


def test_windows_1252_goes_on_working_and_is_named(bench: Workbench) -> None:
    write(bench, ["Zoë", "José", "Jürgen"], "cp1252")
    done = bench.run()
    assert (done.exit, done.counts) == (0, {"created": 3})
    assert firsts(bench) == {"c0": "Zoë", "c1": "José", "c2": "Jürgen"}
    (warning,) = done.sync["warnings"]
    assert (warning["kind"], warning["row"]) == ("encoding", None)
    assert "windows-1252" in warning["text"]
    again = bench.run()
    assert (again.exit, again.counts, len(again.sync["warnings"])) == (0, {"unchanged": 3}, 1)


def test_check_names_a_guess(bench: Workbench) -> None:
    write(bench, ["Zoë"], "cp1252")
    assert "windows-1252" in command(bench, "check").stdout
    document = in_json(bench, "check").document["syncs"][0]
    assert (document["status"], document["problems"]) == ("ok", [])
    assert "windows-1252" in document["warnings"][0]
    write(bench, ["Zoë"])
    assert in_json(bench, "check").document["syncs"][0]["warnings"] == []


def test_init_names_a_guess(bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "init"
    folder.mkdir()
    working_folder(folder, bench.sandbox, monkeypatch)
    (folder / "customers.csv").write_bytes("id,first_name,phone\n1,Zoë,415-555-0101\n".encode("cp1252"))
    done = run_init("--yes", "--path", "customers.csv")
    assert done.exit_code == 0
    assert "windows-1252" in done.output


@pytest.mark.parametrize("dry", [True, False])
def test_a_guess_that_differs_from_the_last_run_s_sends_nothing(bench: Workbench, dry: bool) -> None:
    write(bench, ["José Núñez", "Zoë", "François"], "cp1252")
    assert bench.run().exit == 0
    write(bench, ["José Núñez", "Zoë", "François"], "mac-roman")
    stopped = bench.run(*(["--dry-run"] if dry else []))
    assert stopped.exit == 1
    assert "windows-1252" in stopped.error
    assert "'encoding'" in stopped.error
    assert sorted(firsts(bench).values()) == ["François", "José Núñez", "Zoë"]
    bench.configure(source={"type": "csv", "path": "customers.csv", "encoding": "macintosh"})
    assert bench.run().counts == {"unchanged": 3}


@pytest.mark.parametrize(("encoding", "exit"), [("cp1252", 0), ("cp1250", 1)])
def test_after_utf_8_only_windows_1252_is_believed_by_itself(bench: Workbench, encoding: str, exit: int) -> None:
    names = ["Šárka", "Tomáš", "Jiří"] if encoding == "cp1250" else ["Zoë", "José", "Núñez"]
    write(bench, names)
    assert bench.run().exit == 0
    write(bench, names, encoding)
    assert bench.run().exit == exit
    assert sorted(firsts(bench).values()) == sorted(names)
    write(bench, names)
    assert bench.run().counts == {"unchanged": 3}


# --- cut files


def test_a_file_cut_in_its_last_row_clears_nothing_and_deletes_nobody(bench: Workbench) -> None:
    names = [f"Ana{n}" for n in range(8)]
    write(bench, names)
    bench.run()
    whole = bench.source.read_text()
    bench.source.write_text(whole[: whole.index("c5,") + 12].replace("Ana1", "Eva"))
    cut = bench.run()
    assert cut.exit == 1
    assert "row 7" in cut.error
    assert "nothing was deleted" in cut.error
    assert cut.counts == {"updated": 1, "unchanged": 4}
    assert bench.run("--dry-run").exit == 1
    assert len(bench.sandbox.contacts) == 8
    assert all(contact["defaultFields"]["phoneNumbers"] for contact in bench.sandbox.contacts.values())


def test_a_file_without_a_last_line_end_is_whole(bench: Workbench) -> None:
    write(bench, ["Ana", "Bo"], end="")
    assert bench.run().counts == {"created": 2}
    write(bench, ["Ana"], end="")
    assert bench.run().counts == {"deleted": 1, "unchanged": 1}


# --- words that are no values


@pytest.mark.parametrize(
    "word", ["Loading...", "#NV", "#CALC!", "#N/A", "Wird geladen…", "Err:502", "#ВЫЧ", "#YOK", "#スピル!"]
)
def test_an_error_word_is_no_name(bench: Workbench, word: str) -> None:
    write(bench, ["Ana", "Bo"])
    bench.run()
    write(bench, [word, "Bo"])
    done = bench.run()
    assert (done.exit, done.counts) == (3, {"unchanged": 1, "rejected": 1})
    (problem,) = done.sync["problems"]
    assert (problem["row"], problem["column"], problem["value"]) == (2, "first", word)
    assert firsts(bench) == {"c0": "Ana", "c1": "Bo"}


@pytest.mark.parametrize("word", ["#NV", "#¡VALOR!", "Cargando…", "Fehler:504"])
def test_an_error_word_is_no_key_and_deletes_nobody(bench: Workbench, word: str) -> None:
    bench.write(people(8))
    bench.run()
    rows = people(8)
    rows[3] = rows[3] | {"id": word}
    bench.write(rows)
    done = bench.run()
    assert done.exit in (3, 4)
    assert done.counts["rejected"] == 1
    assert "created" not in done.counts
    assert "deleted" not in done.counts
    assert len(bench.sandbox.contacts) == 8


@pytest.mark.parametrize("column", ["last", "company", "phone", "email", "notes"])
def test_an_error_word_clears_and_renames_nothing_in_any_field(bench: Workbench, column: str) -> None:
    bench.write(people(2))
    bench.run()
    before = {key: dict(contact) for key, contact in bench.sandbox.contacts.items()}
    rows = people(2)
    rows[0] = rows[0] | {column: "#VERW!"}
    bench.write(rows)
    done = bench.run()
    assert (done.exit, done.sync["problems"][0]["column"]) == (3, column)
    assert {key: dict(contact) for key, contact in bench.sandbox.contacts.items()} == before


def test_a_map_may_say_what_an_error_word_stands_for(bench: Workbench) -> None:
    fields = bench.syncs["customers"]["fields"] | {"company": {"column": "company", "map": {"#N/A": "Unknown Ltd"}}}
    bench.configure(fields=fields)
    bench.write([row | {"company": "#N/A"} for row in people(1)])
    assert bench.run().counts == {"created": 1}
    (contact,) = bench.sandbox.contacts.values()
    assert contact["defaultFields"]["company"] == "Unknown Ltd"
