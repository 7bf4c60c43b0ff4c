"""What stands in deploy/: valid, consistent with the program, and able to run as an unprivileged user.

There is no container engine here. In its place ``contained`` runs the command in a root file system of its own, made of
read-only mounts at the paths that the image and the pods use: what the Dockerfile, compose.yaml and the manifests say
about user, folders and environment is read from them, and must be enough.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from sync.cli.main import COMMANDS
from sync.config import file as config_file
from sync.run import report
from sync.sandbox import SandboxThread

REPOSITORY = Path(__file__).parent.parent
DEPLOY = REPOSITORY / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
SYSTEMD = DEPLOY / "systemd"
MANIFESTS = sorted(
    path
    for path in KUBERNETES.rglob("*.yaml")
    if path.name not in ("kustomization.yaml", "sync-config.yaml")  # no manifests; they have tests of their own
)
KUSTOMIZATIONS = sorted(KUBERNETES.rglob("kustomization.yaml"))
OVERLAYS = ("cronjob", "daemon")
OLDEST_KUBERNETES = "1.31"  # podFailurePolicy is stable there
CI = bool(os.environ.get("CI"))
PEOPLE = "id,first_name,last_name,phone\nc1,Ana,Núñez,+14155550101\nc2,Bo,Ek,+14155550102\n"
SECRETS = {"OPENPHONE_API_KEY": "the-key"}


def absent(what: str) -> None:
    """Skip the test where a tool is missing; in CI it must be there."""
    if CI:
        pytest.fail(f"{what}: .ci/run installs it")
    pytest.skip(what)


def program(name: str) -> str:
    """A command's path: beside this Python, or on the machine."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        absent(f"there is no {name}")
    return str(found)


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


# The Dockerfile.


@dataclass(frozen=True)
class Stage:
    """The last stage of the Dockerfile, and what the build copies from the repository."""

    instructions: list[tuple[str, str]]
    copied: list[str]

    def last(self, instruction: str) -> str:
        return [text for name, text in self.instructions if name == instruction][-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = [word for name, text in self.instructions if name == "ENV" for word in shlex.split(text)]
        return dict(pair.split("=", 1) for pair in pairs)

    def json(self, instruction: str) -> list[str]:
        """What a CMD or ENTRYPOINT in its exec form says."""
        words: list[str] = json.loads(self.last(instruction))
        return words


def dockerfile() -> Stage:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text))
    instructions = [(line.split()[0], line.split(None, 1)[1].strip()) for line in joined.splitlines() if line.strip()]
    stages = [number for number, (name, _) in enumerate(instructions) if name == "FROM"]
    copies = [shlex.split(text) for name, text in instructions[: stages[-1]] if name == "COPY"]
    return Stage(instructions[stages[-1] :], [word for words in copies for word in words[:-1]])


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
    let_in = [line.removeprefix("!") for line in _lines(REPOSITORY / ".dockerignore") if line.startswith("!")]
    for name in copied:
        assert (REPOSITORY / name).exists(), name
        assert name in let_in, f"{name} is kept out by .dockerignore"
    assert _lines(REPOSITORY / ".dockerignore")[0] == "*"


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_every_dependency_has_its_exact_version_in_the_image() -> None:
    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    pins = dict(line.split("==") for line in _lines(DEPLOY / "constraints.txt"))
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


# Kubernetes.


@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, "latest"])
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_manifests_are_valid(path: Path, version: str) -> None:
    for document in documents(path):
        validate(document, version)


def validate(document: dict[str, Any], version: str) -> None:
    """Strictly: an unknown key is a mistake, as is a kind without a schema."""
    try:
        schemas: Any = importlib.import_module("kubernetes_validate")
    except ImportError:
        absent("there is no kubernetes-validate")
    wanted = schemas.latest_version() if version == "latest" else version
    schemas.validate(document, wanted, strict=True)


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_kustomizations_name_files_that_exist(path: Path) -> None:
    (kustomization,) = documents(path)
    folder = path.parent
    known = {"apiVersion", "kind", "namespace", "resources", "configMapGenerator", "images", "labels"}
    assert kustomization.keys() <= known
    named = {(folder / name).resolve() for name in kustomization["resources"]}
    for target in named:
        assert target.is_file() or (target / "kustomization.yaml").is_file(), target
    files = [name for maps in kustomization.get("configMapGenerator", []) for name in maps["files"]]
    generated = {(folder / name.partition("=")[2]).resolve() for name in files}
    assert all(target.is_file() for target in generated)
    beside = {other.resolve() for other in folder.glob("*.yaml")} - {path.resolve()}
    assert beside == {target for target in named | generated if target.is_file()}, "a file that nothing names"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kustomize_builds_what_is_valid(overlay: str) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl")  # in CI too: the references have tests of their own
    built = subprocess.run(
        ["kubectl", "kustomize", str(KUBERNETES / "overlays" / overlay)], capture_output=True, text=True
    )
    if "unknown command" in built.stderr:
        pytest.skip("a kubectl without kustomize")
    assert built.returncode == 0, built.stderr
    made = {document["kind"]: document for document in yaml.safe_load_all(built.stdout)}
    for document in made.values():
        validate(document, "latest")
    pod = pod_of(made["CronJob" if overlay == "cronjob" else "Deployment"])
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["config"]["configMap"]["name"] == made["ConfigMap"]["metadata"]["name"]
    assert made["ConfigMap"]["data"].keys() == {"config.yaml"}
    image = pod["containers"][0]["image"]
    assert image.startswith("registry.example.com/openphone-sync:")
    assert not image.endswith(":latest")


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    """A workload's pod specification."""
    spec = workload["spec"]["jobTemplate"]["spec"] if workload["kind"] == "CronJob" else workload["spec"]
    pod: dict[str, Any] = spec["template"]["spec"]
    return pod


def workload(overlay: str) -> dict[str, Any]:
    name = {"cronjob": "cronjob.yaml", "daemon": "deployment.yaml"}[overlay]
    loaded: dict[str, Any] = documents(KUBERNETES / "overlays" / overlay / name)[0]
    return loaded


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_meet_the_restricted_standard(overlay: str) -> None:
    pod = pod_of(workload(overlay))
    uid, gid = map(int, dockerfile().last("USER").split(":"))
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": uid,
        "runAsGroup": gid,
        "fsGroup": gid,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"].keys() == {"requests", "limits"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["terminationGracePeriodSeconds"] >= 20


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_have_what_the_configuration_names(overlay: str) -> None:
    pod = pod_of(workload(overlay))
    (container,) = pod["containers"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in mounts.values()} == volumes.keys()
    written = {path for path, mount in mounts.items() if not mount.get("readOnly")}
    assert written == {"/state", "/tmp"}
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] in _names("PersistentVolumeClaim")
    assert pod["serviceAccountName"] in _names("ServiceAccount")
    secret = documents(KUBERNETES / "secret.example.yaml")[0]
    references = [entry["valueFrom"]["secretKeyRef"] for entry in container["env"]]
    references += [{"name": volumes["secrets"]["secret"]["secretName"], "key": item["key"]}
                   for item in volumes["secrets"]["secret"]["items"]]  # fmt: skip
    assert {reference["name"] for reference in references} == {secret["metadata"]["name"]}
    assert {reference["key"] for reference in references} == secret["stringData"].keys()
    text = (KUBERNETES / "base" / "sync-config.yaml").read_text(encoding="utf-8")
    given = {entry["name"] for entry in container["env"]}
    assert set(re.findall(r"\$\{(\w+)", text)) <= given
    loaded = config_file.loads(text, Path(dockerfile().environment["OPENPHONE_SYNC_CONFIG"]), SECRETS)
    assert loaded.state_url() == "sqlite:////state/state.db"
    credentials = loaded.config.syncs["customers"].source["credentials"]
    assert str(Path(credentials).parent) in mounts


def _names(kind: str) -> set[str]:
    found = [document for path in MANIFESTS for document in documents(path) if document["kind"] == kind]
    return {document["metadata"]["name"] for document in found}


def test_the_cron_job_knows_our_exit_codes() -> None:
    spec = workload("cronjob")["spec"]
    job = spec["jobTemplate"]["spec"]
    assert (spec["concurrencyPolicy"], job["template"]["spec"]["restartPolicy"]) == ("Forbid", "Never")
    assert job["activeDeadlineSeconds"] < 3600
    policy = job["podFailurePolicy"]["rules"][0]
    assert policy["action"] == "FailJob"
    assert policy["onExitCodes"]["containerName"] == job["template"]["spec"]["containers"][0]["name"]
    known = {value for name, value in vars(report).items() if name.startswith("EXIT_")}
    tried_again = {report.EXIT_FAILED}
    assert set(policy["onExitCodes"]["values"]) == known - {report.EXIT_OK} - tried_again


def test_the_deployment_never_runs_twice_and_is_probed() -> None:
    deployment = workload("daemon")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    template = deployment["spec"]["template"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    (container,) = template["spec"]["containers"]
    paths = {probe: container[probe]["httpGet"]["path"] for probe in container if probe.endswith("Probe")}
    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    (port,) = container["ports"]
    loaded = config_file.load(KUBERNETES / "base" / "sync-config.yaml", SECRETS)
    assert (loaded.config.server.host, loaded.config.server.port) == ("0.0.0.0", port["containerPort"])
    (policy,) = documents(KUBERNETES / "overlays" / "daemon" / "networkpolicy.yaml")
    selected = policy["spec"]["podSelector"]["matchLabels"]
    assert selected.items() <= template["metadata"]["labels"].items()
    assert policy["spec"]["ingress"][0]["ports"][0]["port"] == port["containerPort"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_run_commands_that_exist(overlay: str) -> None:
    _exists(pod_of(workload(overlay))["containers"][0]["args"][0])


def _exists(command: str) -> None:
    if command == "daemon" and "daemon" not in COMMANDS:
        pytest.skip("this version has no daemon yet")
    assert command in COMMANDS


# systemd.


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
            _exists(started.split()[1])
    assert settings["RestartPreventExitStatus"] == str(report.EXIT_USAGE)
    assert f"SuccessExitStatus={report.EXIT_LOCKED}" in service_lines("openphone-sync-run.service")


# The README.


def test_the_readme_names_files_that_exist() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (DEPLOY / target).exists(), target
    for name in re.findall(r"\bdeploy/[\w./-]*\w", text):
        made_by_hand = name in ("deploy/config", "deploy/.env") or name.startswith("deploy/config/")
        assert made_by_hand or (REPOSITORY / name).exists(), name


def test_the_readmes_commands_are_well_formed() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^ *```bash\n(.*?)^ *```", text)
    assert len(blocks) > 8
    for block in blocks:
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), block


# The entry point, in place of a container.


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


def test_the_container_example_agrees_with_the_dockerfile() -> None:
    text = (DEPLOY / "config.example.yaml").read_text(encoding="utf-8")
    stage = dockerfile()
    loaded = config_file.loads(text, Path(stage.environment["OPENPHONE_SYNC_CONFIG"]), SECRETS)
    assert loaded.state_url() == "sqlite:////state/state.db"
    assert (loaded.config.server.host, str(loaded.config.server.port)) == ("0.0.0.0", stage.last("EXPOSE"))
