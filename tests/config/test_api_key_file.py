"""openphone.api_key_file: the key from a file of its own, read with each load; never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.config.file import ConfigError, load

CONFIG = """\
openphone:
  {openphone}
syncs:
  a: {{source: {{type: csv, path: a.csv}}, key: id, fields: {{firstName: name}}}}
"""


def config(folder: Path, openphone: str = "api_key_file: key.txt") -> Path:
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(openphone=openphone))
    return path


@pytest.mark.parametrize("content", ["sk-123456789", "  sk-123456789\n", "\ufeffsk-123456789\r\n\r\n"])
def test_the_key_is_what_the_file_beside_the_configuration_holds(tmp_path: Path, content: str) -> None:
    (tmp_path / "key.txt").write_text(content, encoding="utf-8")
    loaded = load(config(tmp_path), {})
    assert loaded.config.openphone.api_key.get_secret_value() == "sk-123456789"
    assert "sk-123456789" not in loaded.redactor().clean("the key is sk-123456789")
    (tmp_path / "key.txt").write_text("sk-another-one")
    assert load(loaded.path, {}).config.openphone.api_key.get_secret_value() == "sk-another-one"


def test_the_path_may_come_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-123456789")
    loaded = load(config(tmp_path, "api_key_file: ${KEY_FILE}"), {"KEY_FILE": str(tmp_path / "key")})
    assert loaded.config.openphone.api_key.get_secret_value() == "sk-123456789"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "found no file"),
        (b"", "found nothing in"),
        (b" \n", "found nothing in"),
        (b"sk-1 sk-2", "on one line, and nothing else"),
        (b"KEY=1\nOTHER=2\n", "on one line, and nothing else"),
        (b"\xff\xfe\x00\x01", "on one line, and nothing else"),
        (b"x" * 20_000, "on one line, and nothing else"),
    ],
)
def test_a_file_without_a_key_is_a_mistake_on_its_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "key.txt").write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        load(config(tmp_path), {})
    (text,) = raised.value.messages
    assert text.startswith(f"{tmp_path / 'config.yaml'}:2: openphone.api_key_file: ")
    assert message in text
    assert "sk-" not in text
    assert load(config(tmp_path), {}, to_look_back=True).config.openphone.api_key_file == "key.txt"


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "key.txt").mkdir()
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load(config(tmp_path), {})


def test_both_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("sk-123456789")
    with pytest.raises(ConfigError, match="api_key_file: found beside api_key, expected one of the two"):
        load(config(tmp_path, "{api_key: k, api_key_file: key.txt}"), {})


def test_secrets_that_are_not_set_are_no_mistakes_to_who_looks_back(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        """\
openphone: {api_key: "${KEY}"}
state_key: ${STATE_KEY}
server: {token: "${TOKEN}"}
alerts: {webhook: "${WEBHOOK}"}
syncs:
  a: {source: {type: sql, url: "${DATABASE_URL}", query: select 1}, key: id, fields: {firstName: name}}
  b: {source: {type: csv, path: b.csv}, key: id, fields: {firstName: name}}
"""
    )
    loaded = load(path, {}, to_look_back=True)
    assert list(loaded.config.syncs) == ["a", "b"]
    assert list(loaded.sources) == ["b"]
    with pytest.raises(ConfigError) as raised:
        load(path, {})
    assert len(raised.value.messages) == 5


@pytest.mark.parametrize("line", ["state: ${WHERE}", "timezone: ${ZONE}"])
def test_what_is_no_secret_must_be_there(tmp_path: Path, line: str) -> None:
    path = config(tmp_path, "api_key: ${KEY}")
    path.write_text(f"{line}\n{path.read_text()}")
    with pytest.raises(ConfigError, match="which is not set") as raised:
        load(path, {}, to_look_back=True)
    assert len(raised.value.messages) == 1
