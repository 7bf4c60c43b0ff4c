"""The manifests for Kubernetes: valid, without rights, and consistent with the image and the program."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sync.config import file as config_file
from sync.run import report
from tests.support.deploy_files import KUBERNETES, SECRETS, absent, dockerfile, documents, must_be_a_command

MANIFESTS = sorted(
    path
    for path in KUBERNETES.rglob("*.yaml")
    if path.name not in ("kustomization.yaml", "sync-config.yaml")  # no manifests; they have tests of their own
)
KUSTOMIZATIONS = sorted(KUBERNETES.rglob("kustomization.yaml"))
OVERLAYS = ("cronjob", "daemon")
OLDEST_KUBERNETES = "1.31"  # podFailurePolicy is stable there


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
    must_be_a_command(pod_of(workload(overlay))["containers"][0]["args"][0])
