"""The units for systemd: valid, hardened, and consistent with the program."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from sync.cli.main import COMMANDS
from sync.config import file as config_file
from sync.run import report
from tests.support.deploy_files import SECRETS, SYSTEMD, must_be_a_command, program


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with a program that exists on this machine: where it is installed is for the README to say."""
    for path in SYSTEMD.glob("openphone-sync*.[st][ei][rm]*"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text))
    return sorted(tmp_path.iterdir())


def test_the_units_verify(units: list[Path]) -> None:
    assert [unit.name for unit in units] == [
        "openphone-sync-run.service",
        "openphone-sync-run.timer",
        "openphone-sync.service",
    ]
    command = [program("systemd-analyze"), "verify", "--man=no", *map(str, units)]
    done = subprocess.run(command, capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "openphone-sync" in line]
    assert (done.returncode, said) == (0, [])


def test_the_services_are_hardened(units: list[Path]) -> None:
    for unit in units:
        if unit.suffix == ".service":
            command = [program("systemd-analyze"), "security", "--offline=yes", "--threshold=20", "--no-pager"]
            done = subprocess.run([*command, str(unit)], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr


def service_lines(name: str) -> list[str]:
    """The lines of a unit's [Service] section."""
    text = (SYSTEMD / name).read_text(encoding="utf-8")
    section = text.split("[Service]\n", 1)[1].split("\n[Install]", 1)[0]
    return [line for line in section.splitlines() if line and not line.startswith("#")]


def test_both_services_have_the_same_rights() -> None:
    own = ("Type=", "Exec", "Restart", "Timeout", "SuccessExitStatus=")
    daemon, once = (
        [line for line in service_lines(name) if not line.startswith(own)]
        for name in ("openphone-sync.service", "openphone-sync-run.service")
    )
    assert daemon == once


def test_the_services_agree_with_the_example() -> None:
    settings = dict(line.split("=", 1) for line in service_lines("openphone-sync.service"))
    loaded = config_file.load(SYSTEMD / "config.example.yaml", SECRETS)
    assert loaded.state_url() == f"sqlite:////var/lib/{settings['StateDirectory']}/state.db"
    account = (SYSTEMD / "openphone-sync.sysusers.conf").read_text(encoding="utf-8")
    assert re.search(rf"(?m)^u {settings['User']} ", account)
    for name in ("openphone-sync.service", "openphone-sync-run.service"):
        (started,) = [line for line in service_lines(name) if line.startswith("ExecStart=")]
        if started.split()[1] in COMMANDS:
            must_be_a_command(started.split()[1])
    assert settings["RestartPreventExitStatus"] == str(report.EXIT_USAGE)
    assert f"SuccessExitStatus={report.EXIT_LOCKED}" in service_lines("openphone-sync-run.service")
