"""The entry point in place of a container: able to run as an unprivileged user.

There is no container engine here. In its place ``contained`` runs the command in a root file system of its own, made of
read-only mounts at the paths that the image and the pods use: what the Dockerfile, compose.yaml and the manifests say
about user, folders and environment is read from them, and must be enough.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from sync.cli.main import COMMANDS
from sync.run import report
from sync.sandbox import SandboxThread
from tests.support.deploy_files import DEPLOY, REPOSITORY, absent, dockerfile

PEOPLE = "id,first_name,last_name,phone\nc1,Ana,Núñez,+14155550101\nc2,Bo,Ek,+14155550102\n"


@dataclass(frozen=True)
class Contained:
    """A root file system like the pods': everything read-only but /state and /tmp, and the image's user."""

    config: Path
    state: Path
    environment: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        """How the entry point is started in it."""
        stage = dockerfile()
        uid, gid = stage.last("USER").split(":")
        python = Path(sys.executable).parent
        environment = {**stage.environment, "PATH": f"{python}:/usr/bin:/bin", **self.environment}
        shown = [f"{name}={value}" for name, value in environment.items()]
        rights = ["--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "--inh-caps=-all",
                  "--bounding-set=-all"]  # fmt: skip
        root = self.config.parent / "root"
        root.mkdir(exist_ok=True)
        kept = ["/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/dev", sys.base_prefix, sys.prefix]
        kept += [str(REPOSITORY / package) for package in ("connectors", "sync")]  # installed to be edited, in tests
        script = f"""
            set -e
            umask 022
            mount -t tmpfs -o mode=755 tmpfs {root}
            mkdir {root}/tmp
            mount -t tmpfs -o mode=1777 tmpfs {root}/tmp
            keep() {{ mkdir -p "{root}$2"; mount --bind "$1" "{root}$2"; mount -o "remount,bind,$3" "{root}$2"; }}
            for folder in {shlex.join(kept)}; do [ ! -d "$folder" ] || keep "$folder" "$folder" ro; done
            keep {self.config} /config ro
            keep {self.state} /state rw
            mount -o remount,ro {root}
            cd {root}
            exec chroot . setpriv {shlex.join(rights)} env --ignore-environment --chdir=/config {shlex.join(shown)} "$@"
        """
        words = [*stage.json("ENTRYPOINT"), *arguments]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *words]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120)


@pytest.fixture
def sandbox() -> Iterator[SandboxThread]:
    with SandboxThread() as running:
        yield running


@pytest.fixture
def contained(tmp_path: Path, sandbox: SandboxThread) -> Contained:
    """The container's own example, with two rows."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        absent("only root, allowed to mount, can make a root file system")
    config, state = tmp_path / "config", tmp_path / "state"
    config.mkdir(mode=0o755)
    state.mkdir(mode=0o700)
    uid, gid = map(int, dockerfile().last("USER").split(":"))
    os.chown(state, uid, gid)
    shutil.copy(DEPLOY / "config.example.yaml", config / "config.yaml")
    (config / "customers.csv").write_text(PEOPLE, encoding="utf-8")
    return Contained(config, state, {"OPENPHONE_API_KEY": sandbox.key, "OPENPHONE_BASE_URL": sandbox.url})


def test_one_pass_as_an_unprivileged_user(contained: Contained, sandbox: SandboxThread) -> None:
    done = contained.run("run", "--output", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["syncs"][0]["counts"]["created"] == 2
    assert {contact["externalId"] for contact in sandbox.contacts.values()} == {"c1", "c2"}
    uid = int(dockerfile().last("USER").split(":")[0])
    files = list(contained.state.iterdir())
    assert "state.db" in [path.name for path in files]
    assert {(path.stat().st_mode & 0o777, path.stat().st_uid) for path in files} == {(0o600, uid)}
    assert {path.name for path in contained.config.iterdir()} == {"config.yaml", "customers.csv"}
    again = contained.run("run", "--output", "json")
    assert json.loads(again.stdout)["syncs"][0]["counts"]["unchanged"] == 2
    assert contained.run("status").returncode == 0


def test_a_state_that_cannot_be_written_is_said(contained: Contained, sandbox: SandboxThread) -> None:
    """As with a volume that belongs to someone else: exit 1 and the path, and nothing is sent."""
    os.chown(contained.state, 0, 0)
    done = contained.run("run")
    assert done.returncode == report.EXIT_FAILED
    assert "/state/state.db" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not sandbox.contacts


@pytest.mark.skipif("daemon" not in COMMANDS, reason="this version has no daemon yet")
def test_the_daemon_as_an_unprivileged_user(contained: Contained, sandbox: SandboxThread) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = contained.config / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("port: 8080", f"port: {port}"), encoding="utf-8")
    log = contained.config.parent / "log"
    with log.open("w", encoding="utf-8") as output:
        daemon = subprocess.Popen(contained.command("daemon"), stdout=output, stderr=output)
    try:
        assert _ready(daemon, port), log.read_text(encoding="utf-8")
        assert _status(port, "/healthz") == 200
        assert len(sandbox.contacts) == 2
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=10) == 0, log.read_text(encoding="utf-8")
    finally:
        daemon.kill()
        daemon.wait()


def _ready(daemon: subprocess.Popen[bytes], port: int) -> bool:
    until = monotonic() + 60
    while daemon.poll() is None and monotonic() < until:
        if _status(port, "/readyz") == 200:
            return True
        sleep(0.2)
    return False


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()
