"""deploy/README.md: the files that it names exist, and its commands are well formed."""

from __future__ import annotations

import re
import subprocess

from tests.support.deploy_files import DEPLOY, REPOSITORY


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
