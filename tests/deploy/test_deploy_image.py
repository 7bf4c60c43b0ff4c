"""The Dockerfile and compose.yaml: valid, pinned, without rights, and enough to build and run from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest

from sync.config import file as config_file
from tests.support.deploy_files import CI, DEPLOY, REPOSITORY, SECRETS, dockerfile, documents, lines_of, program


def test_the_dockerfile_lints() -> None:
    command = [program("hadolint"), "--failure-threshold", "style", str(DEPLOY / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_base_image_is_pinned() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"(?m)^ARG PYTHON=python:3\.12\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?$", text)
    assert re.findall(r"(?m)^FROM (\S+)", text) == ["${PYTHON}", "${PYTHON}"]


def test_the_image_runs_as_nobody_in_particular() -> None:
    stage = dockerfile()
    assert stage.last("USER") == "10001:10001"
    made = " ".join(text for name, text in stage.instructions if name == "RUN")
    assert "-m 0700 -o 10001 -g 10001 /state" in made
    assert "apt-get" not in made
    assert stage.json("ENTRYPOINT") == ["openphone-sync"]


def test_what_the_build_copies_is_there_and_not_ignored() -> None:
    copied = dockerfile().copied
    assert copied
    let_in = [line.removeprefix("!") for line in lines_of(REPOSITORY / ".dockerignore") if line.startswith("!")]
    for name in copied:
        assert (REPOSITORY / name).exists(), name
        assert name in let_in, f"{name} is kept out by .dockerignore"
    assert lines_of(REPOSITORY / ".dockerignore")[0] == "*"


def test_every_dependency_has_its_exact_version_in_the_image() -> None:
    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    pins = dict(line.split("==") for line in lines_of(DEPLOY / "constraints.txt"))
    pinned = {plain(name) for name in pins}
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["postgres"]
    names = {plain(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in wanted}  # type: ignore[index]
    assert names <= pinned, f"not in deploy/constraints.txt: {names - pinned}; its first lines say how it is made"


@pytest.mark.skipif(not CI, reason="asks the package index; CI does")
def test_the_build_works_for_the_images_python(tmp_path: Path) -> None:
    """What the build copies is enough to build with, and nothing is compiled: the image has no compiler."""
    for name in dockerfile().copied:
        source, target = REPOSITORY / name, tmp_path / "src" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _done([*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(tmp_path / "src")])
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    tree = subprocess.run(["git", "ls-files", "sync", "connectors"], cwd=REPOSITORY, capture_output=True, text=True)
    assert set(tree.stdout.split()) <= packed
    for_image = ["--python-version", "3.12", "--only-binary", ":all:", "--target", str(tmp_path / "unused")]
    pins = ["--constraint", str(DEPLOY / "constraints.txt")]
    _done([*pip, "install", "--dry-run", *for_image, *pins, f"{wheel}[postgres]"])


def _done(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("status", "exit_code"), [(200, 0), (503, 1)])
def test_the_images_health_check(status: int, exit_code: int) -> None:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    command = json.loads(dockerfile().last("HEALTHCHECK").split(" CMD ", 1)[1])
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        code = command[2].replace("8080", str(server.server_port))
        done = subprocess.run([sys.executable, command[1], code], timeout=30)
        server.shutdown()
    assert (done.returncode, asked) == (exit_code, ["/healthz"])


# Compose.


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = documents(DEPLOY / "compose.yaml")[0]
    return loaded


def test_compose_agrees_with_the_dockerfile() -> None:
    service = compose()["services"]["openphone-sync"]
    stage = dockerfile()
    assert service["user"] == stage.last("USER")
    context = DEPLOY / service["build"]["context"]
    assert (context / service["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    mounts = {target: (source, mode) for source, target, *mode in (text.split(":") for text in service["volumes"])}
    assert mounts[str(Path(stage.environment["OPENPHONE_SYNC_CONFIG"]).parent)] == ("./config", ["ro"])
    assert mounts["/state"] == ("state", [])
    assert "state" in compose()["volumes"]
    address, _, port = service["ports"][0].rsplit(":", 2)
    assert (address, port) == ("127.0.0.1", stage.last("EXPOSE"))


def test_compose_gives_no_rights() -> None:
    service = compose()["services"]["openphone-sync"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["env_file"] == [".env"]
    assert "environment" not in service


def test_the_container_example_agrees_with_the_dockerfile() -> None:
    text = (DEPLOY / "config.example.yaml").read_text(encoding="utf-8")
    stage = dockerfile()
    loaded = config_file.loads(text, Path(stage.environment["OPENPHONE_SYNC_CONFIG"]), SECRETS)
    assert loaded.state_url() == "sqlite:////state/state.db"
    assert (loaded.config.server.host, str(loaded.config.server.port)) == ("0.0.0.0", stage.last("EXPOSE"))
