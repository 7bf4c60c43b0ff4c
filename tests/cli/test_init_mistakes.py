"""``openphone-sync init`` without a key, or with anything else amiss: one message, and nothing is written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.cli.init.files import store
from sync.config.file import environment
from sync.openphone.patience import Patience
from sync.sandbox import SandboxThread
from tests.support.init_bench import CTRL_C, Init, Typing, on_a_terminal, written


class TestApiKey:
    def test_is_asked_for_and_kept_in_a_private_file(
        self, init: Init, folder: Path, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENPHONE_API_KEY")
        (folder / ".env").write_text("OTHER=1\nOPENPHONE_API_KEY=\n")
        done = init(keys=f"\n\nwrong\n{sandbox.key}\n\n\n")
        assert done.exit_code == 0, done.output
        assert "refused the API key" in done.output
        assert sandbox.key not in done.output
        assert (folder / ".env").read_text() == f"OTHER=1\nOPENPHONE_API_KEY={sandbox.key}\n"
        assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
        assert sandbox.key not in (folder / "config.yaml").read_text()

    def test_in_the_env_file_is_used_as_it_is(
        self, init: Init, folder: Path, sandbox: SandboxThread, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("OPENPHONE_API_KEY")
        (folder / ".env").write_text(f"OPENPHONE_API_KEY={sandbox.key}  # mine\n")
        assert init("--yes").exit_code == 0
        assert (folder / ".env").read_text().endswith("# mine\n")

    @pytest.mark.parametrize(
        ("value", "says"), [(None, "there is no API key"), ("", "is set in the environment, but empty")]
    )
    def test_missing_is_usage(
        self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, says: str
    ) -> None:
        monkeypatch.delenv("OPENPHONE_API_KEY")
        if value is not None:
            monkeypatch.setenv("OPENPHONE_API_KEY", value)
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (2, set())
        assert says in done.stderr

    def test_refused_ends_with_1(self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENPHONE_API_KEY", "wrong")
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (1, set())
        assert "refused the API key" in done.stderr

    @given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
    def test_is_read_back_as_it_was_stored(self, tmp_path_factory: pytest.TempPathFactory, key: str) -> None:
        folder = tmp_path_factory.mktemp("env")
        store(folder / ".env", "OPENPHONE_API_KEY", key)
        assert environment(folder, {}) == {"OPENPHONE_API_KEY": key}


class TestErrors:
    def test_an_existing_config_is_never_overwritten_unasked(self, init: Init, folder: Path) -> None:
        (folder / "config.yaml").write_text("mine")
        for options, keys in ((["--yes"], None), ([], "n\n"), ([], "")):
            done = init(*options, keys=keys)
            assert done.exit_code == 2, done.output
            assert (folder / "config.yaml").read_text() == "mine"
        assert init("--yes", "--force").exit_code == 0
        (folder / "config.yaml").write_text("mine")
        assert init(keys="y\n\n\n\n\n").exit_code == 0
        assert (folder / "config.yaml").read_text() != "mine"

    def test_a_config_that_appears_meanwhile_is_kept(self, init: Init, folder: Path) -> None:
        keys = Typing("\n" * 9, before=lambda: (folder / "config.yaml").write_text("theirs"))
        assert init(keys=keys).exit_code == 2
        assert (folder / "config.yaml").read_text() == "theirs"

    def test_an_unreachable_workspace_ends_with_1(
        self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENPHONE_BASE_URL", "http://127.0.0.1:9")
        done = init("--yes", patience=Patience(attempts=1))
        assert (done.exit_code, written(folder)) == (1, set())
        assert "cannot connect" in done.stderr

    @pytest.mark.parametrize(
        ("options", "code", "says"),
        [
            (["--path", "none.csv"], 1, "none.csv does not exist"),
            (["--region", "UK"], 2, "GB"),
            (["--key", "nix"], 2, "there is no column 'nix': there are 'id'"),
            (["--map", "firstName"], 2, "expected FIELD=COLUMN"),
            (["--map", "nix=id"], 2, "there is no field 'nix': there are firstName"),
            (["--map", "firstName=-"], 2, "every contact must have a firstName"),
            (["--name", "a b"], 2, "a name of up to 64 letters"),
            (["--source", "fax"], 2, "'fax' is not one of"),
            (["-c", "none/config.yaml"], 2, "there is no such folder"),
            (["-c", "."], 2, "found a folder"),
        ],
    )
    def test_mistakes_are_one_message(self, init: Init, folder: Path, options: list[str], code: int, says: str) -> None:
        done = init("--yes", *options)
        assert (done.exit_code, written(folder)) == (code, set()), done.output
        assert says in done.stderr
        assert "Traceback" not in done.output

    @pytest.mark.parametrize("content", [b"", b"\n\n", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"])
    def test_a_file_without_a_header_ends_with_1(self, init: Init, folder: Path, content: bytes) -> None:
        (folder / "customers.csv").write_bytes(content)
        assert (init("--yes").exit_code, written(folder)) == (1, set())

    def test_an_address_that_is_none_is_usage(self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENPHONE_BASE_URL", "nowhere")
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (2, set())
        assert "OPENPHONE_BASE_URL is not an address" in done.stderr

    def test_without_a_terminal_it_says_how_to_answer(self, init: Init, folder: Path) -> None:
        done = init(keys="csv\n")
        assert (done.exit_code, written(folder)) == (2, set())
        assert "--yes" in done.stderr

    def test_a_folder_that_cannot_be_written_is_said(
        self, init: Init, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Path, target: Path) -> Path:
            raise PermissionError(13, "Permission denied", str(target))

        monkeypatch.setattr(Path, "replace", refuse)
        done = init("--yes")
        assert (done.exit_code, written(folder)) == (2, set())
        assert "config.yaml: cannot be written: Permission denied" in done.stderr

    @pytest.mark.parametrize("answers", [[], ["", ""], ["", "", ""]])
    def test_ctrl_c_writes_nothing(self, folder: Path, answers: list[str]) -> None:
        code, said = on_a_terminal(folder, [*answers, CTRL_C])
        assert "stopped: nothing was written" in said
        assert "Traceback" not in said
        assert (code, written(folder)) == (1, set())
