"""Files are written whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sync.files import PRIVATE, write_whole


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_mode_is_the_one_given_or_the_old_files_or_that_of_new_files(tmp_path: Path) -> None:
    given, old, new, plain = (tmp_path / name for name in ("given", "old", "new", "plain"))
    old.touch()
    old.chmod(0o640)
    plain.touch()
    write_whole(given, "é", PRIVATE)
    write_whole(old, "é")
    write_whole(new, "é")

    assert [mode(path) for path in (given, old, new)] == [0o600, 0o640, mode(plain)]
    assert {path.read_text("utf-8") for path in (given, old, new)} == {"é"}


def test_a_link_is_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    write_whole(link, "text")

    assert link.is_symlink()
    assert target.read_text() == "text"


def test_what_cannot_be_written_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
