"""What the daemon's part of config.yaml may say, and that its secrets are never shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.config.file import ConfigError, loads
from sync.config.model import LoadedConfig
from sync.daemon.metrics import Metrics
from tests.support.paths import ROOT

SECRET = "s3cr3t-of-the-daemon"
BASE = """\
openphone: {api_key: k}
syncs:
  customers: {source: {type: csv, path: a.csv}, key: id, fields: {firstName: name}}
"""


def read(text: str, **environ: str) -> LoadedConfig:
    return loads(BASE + text, Path("/nowhere/config.yaml"), environ)


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def test_the_daemon_needs_no_configuration_of_its_own() -> None:
    config = read("").config
    assert (config.server.token, config.server.names, config.timezone) == (None, (), None)
    assert (config.alerts.webhook, config.alerts.smtp, config.alerts.rejected_share) == (None, None, 0.1)


def test_an_empty_variable_is_no_secret() -> None:
    config = read("server: {token: '${T:-}'}\nalerts: {webhook: '${W:-}'}\n").config
    assert (config.server.token, config.alerts.webhook) == (None, None)


def test_everything_can_be_said() -> None:
    smtp = "{host: mail.example.com, port: 465, security: tls, sender: a@example.com, to: [b@example.com, c@d.org]}"
    text = f"timezone: Europe/Berlin\nserver: {{token: {SECRET}, names: Sync.example.com}}\n"
    config = read(f"{text}alerts: {{webhook: 'https://h.example/x', smtp: {smtp}, rejected_share: 2.5%}}\n").config
    assert (config.timezone, config.server.names) == ("Europe/Berlin", ("sync.example.com",))
    assert config.alerts.smtp is not None
    assert (config.alerts.smtp.to, config.alerts.rejected_share) == (("b@example.com", "c@d.org"), 0.025)
    assert SECRET not in repr(config)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server: {token: short}", "at least 12 characters"),
        ("server: {token: 123456789012}", "text (in quotes"),
        ("alerts: {webhook: hooks.example.com}", "begins with https://"),
        ("alerts: {rejected_share: 5}", "a share from 0% to 100%"),
        ("alerts: {rejected_share: 101%}", "a share from 0% to 100%"),
        ("alerts: {smtp: {host: m, sender: 'a b', to: c@d.e}}", "an e-mail address"),
        ("alerts: {smtp: {host: m, sender: a@b.c, to: []}}", "an e-mail address, or a list of them"),
        ("alerts: {smtp: {host: m, sender: a@b.c, to: c@d.e, security: ssl}}", "'starttls', 'tls' or 'none'"),
        ("timezone: Mars/Olympus", "a time zone's name such as Europe/Berlin"),
        ("timezone: ../../etc/passwd", "a time zone's name such as Europe/Berlin"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(text: str, expected: str) -> None:
    assert expected in refusal(text)


def test_jitter_is_an_interval() -> None:
    with pytest.raises(ConfigError, match="an interval such as '30s'"):
        loads(BASE.replace("key: id", "key: id, jitter: soon"), Path("/c.yaml"), {})
    assert loads(BASE.replace("key: id", "key: id, jitter: 5s"), Path("/c.yaml"), {}).config.syncs["customers"].jitter


@pytest.mark.parametrize(
    "text",
    [
        f"server: {{token: [{SECRET}]}}",
        f"server: {{tokens: {SECRET}}}",
        f"alerts: {{webhook: '{SECRET}'}}",
        f"alerts: {{webhook: 'ftp://{SECRET}'}}",
        f"alerts: {{smtp: {{password: [{SECRET}]}}}}",
    ],
)
def test_a_secret_is_never_shown(text: str) -> None:
    assert SECRET not in refusal(text)


def test_the_documentations_examples_load() -> None:
    text = (ROOT / "docs" / "daemon.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    variables = {"OPENPHONE_SYNC_TOKEN": SECRET, "ALERT_WEBHOOK": "https://hooks.example.com/x", "SMTP_PASSWORD": "p"}
    config = read("".join(blocks), **variables).config
    assert config.alerts.smtp is not None
    assert (config.timezone, config.server.names) == ("Europe/Berlin", ("sync.example.com",))


def test_the_documentation_names_every_metric() -> None:
    text = (ROOT / "docs" / "daemon.md").read_text(encoding="utf-8")
    metrics = Metrics()
    metrics.expect("customers")
    names = re.findall(r"^# TYPE (\S+)", metrics.text().decode(), re.MULTILINE)
    assert [name for name in names if f"`{name}`" not in text] == []
